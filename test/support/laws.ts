import { type InspectOptions, inspect } from '../../lambda/formats/inspect.ts';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';
import { type ErrorCode, ImageDropError } from '../../lambda/model/errors.ts';
import type { FoundImage } from '../../lambda/model/image.ts';
import { dangerIn } from './dangers.ts';

/** The suite `laws` looks at everything; other suites take a sample of what is many times the same. */
export const IS_THOROUGH = process.env.IMAGEDROP_THOROUGH === '1';

/** How often fast-check tries a law. */
export const runs = (thorough: number) => ({ numRuns: IS_THOROUGH ? thorough : Math.ceil(thorough / 10) });

/** What docs/formats.md promises, head and tail among them. */
const MAX_READS = 8;
const MAX_READ_BYTES = 1024 * 1024;
/** Of the processor, so that a busy machine breaks no law; a thousand times what it takes. */
const MAX_MILLISECONDS = 1000;

/** What holds for every file, however damaged, did not. */
export class BrokenLaw extends Error {
  override readonly name = 'BrokenLaw';
}

export interface Judgement {
  readonly verdict: ErrorCode | 'accepted';
  /** What an accepted file is. */
  readonly found?: FoundImage;
  /** Of the processor. */
  readonly milliseconds: number;
}

export type Inspect = typeof inspect;

/**
 * Inspects the file and holds it to the laws: an end within a second of the processor by a verdict or an ImageDropError, few and bounded
 * reads, and nothing accepted that is plainly unsafe.
 * @param inspectWith what is held to the laws; the project's own inspection by default
 * @throws BrokenLaw
 */
export async function judged(
  file: RangeReader,
  options: InspectOptions = {},
  inspectWith: Inspect = inspect,
): Promise<Judgement> {
  const reads = new CountedReads(file);
  const start = process.threadCpuUsage();
  const outcome = await inspectWith(reads, options).catch(refusalIn);
  const { user, system } = process.threadCpuUsage(start);
  const milliseconds = (user + system) / 1000;
  if (milliseconds > MAX_MILLISECONDS) throw new BrokenLaw(`It took ${Math.round(milliseconds)} ms.`);
  if (reads.count > MAX_READS) throw new BrokenLaw(`It read ${reads.count} times.`);
  if (reads.bytes > MAX_READ_BYTES) throw new BrokenLaw(`It read ${reads.bytes} bytes.`);
  if (outcome instanceof ImageDropError) return { verdict: outcome.code, milliseconds };
  const danger = await dangerIn(file, outcome, options);
  if (danger !== undefined) throw new BrokenLaw(`It was accepted as ${outcome.format}, but ${danger}.`);
  return { verdict: 'accepted', found: outcome, milliseconds };
}

function refusalIn(thrown: unknown): ImageDropError {
  if (thrown instanceof ImageDropError) return thrown;
  throw new BrokenLaw(`It threw ${thrown}.`, { cause: thrown });
}

class CountedReads implements RangeReader {
  readonly size: number;
  readonly #file: RangeReader;
  count = 0;
  bytes = 0;

  constructor(file: RangeReader) {
    this.#file = file;
    this.size = file.size;
  }

  read(offset: number, length: number): Promise<Buffer> {
    this.count += 1;
    this.bytes += length;
    return this.#file.read(offset, length);
  }
}
