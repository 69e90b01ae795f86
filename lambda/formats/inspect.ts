import type { ImageDropError } from '../model/errors.ts';
import type { FoundImage, ImageFormat } from '../model/image.ts';
import { Examiner, type InspectOptions } from './examiner.ts';
import type { Check } from './reading/check.ts';
import type { RangeReader } from './reading/reader.ts';
import { Refusal } from './reading/rule.ts';

export type { InspectOptions } from './examiner.ts';
export type { Check } from './reading/check.ts';

/** The verdict on a file, and all that it rests on. */
export interface Examination {
  readonly verdict: 'accept' | 'refuse';
  /** Whose signature the file bears, also when it is refused; `raw` only when it is accepted as that. */
  readonly format?: ImageFormat;
  /** What the file is; absent when it is refused. */
  readonly found?: FoundImage;
  /** Why it is refused. */
  readonly error?: ImageDropError;
  /** In the order in which they were made; those that were not made come last. */
  readonly checks: readonly Check[];
}

/**
 * Finds out what disk image a file is, how large the disk inside is and how it is divided, by at most 8 reads of
 * together 1 MiB. Accepts only what is whole, safe and the format that it is said to be; docs/formats.md lists the
 * checks.
 * @throws whatever the reader throws: that is no verdict
 */
export async function examine(reader: RangeReader, options: InspectOptions = {}): Promise<Examination> {
  const examiner = new Examiner(reader, options);
  try {
    const found = await examiner.find();
    return { verdict: 'accept', format: found.format, found, checks: examiner.checks() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { format } = examiner;
    return { verdict: 'refuse', ...(format !== undefined && { format }), error, checks: examiner.checks(error) };
  }
}

/**
 * What `examine` finds in a file that it accepts.
 * @throws ImageDropError with the reason for which the file is refused, and whatever the reader throws
 */
export function inspect(reader: RangeReader, options: InspectOptions = {}): Promise<FoundImage> {
  return new Examiner(reader, options).find();
}
