import type { DropRecord } from '../../lambda/model/record.ts';
import { MAX_ATTEMPTS } from '../../lambda/steps/under-lease.ts';
import { OTHER_KINDS } from './kinds.ts';
import type { Injected } from './ledger.ts';

/** Faults that no attempt ends by: it is slower, or begins once more. */
const HARMLESS = /slow$|^message /;

/**
 * The faults that break an image, by the code with which the record gives it up. A record needs one of them for each of
 * its images that ended with the code.
 */
const BREAKS: Readonly<Record<string, RegExp>> = {
  'hash-mismatch': /^(upload|staging): one byte changed$/,
  'content-refused': /^(upload|staging): one byte changed$/,
  'image-killed': /^(image: killed|(upload|staging): one byte changed)/,
  'image-lost': /forgotten$|deleted by others$|^upload|^image: (409|410|killed)/,
  'upload-interrupted': /^upload|^image: saving|^function|^image: deleted by others$/,
  'import-failed': /^(S3|staging|image): /,
  'never-active': /^image: saving for ever$/,
  'object-denied': /^S3: 403 on a drop$/,
};

/**
 * Whether the faults of a sound drop really force it to fail as it did: one fault for each image that broke, or one for
 * each attempt that ended. Any other failure is a loss.
 * @param faults those that concerned the drop, at this target or before it came to any
 */
export function explained(record: DropRecord, faults: readonly Injected[]): boolean {
  const { error, deadLetter } = record;
  // A dead letter settles its drop as exhausted, however often it was tried before.
  if (deadLetter !== undefined && faults.some(({ kind }) => kind === OTHER_KINDS.buried)) return true;
  if (error?.code === 'retries-exhausted') return attemptsEnded(faults) >= MAX_ATTEMPTS;
  const broken = brokenBy(record);
  return broken.has(error?.code ?? '') && [...broken].every(([code, times]) => breaks(code, faults) >= times);
}

/** Invocations that had a fault which may end one. */
function attemptsEnded(faults: readonly Injected[]): number {
  const ending = faults.filter(({ kind, attempt }) => attempt !== undefined && !HARMLESS.test(kind));
  return new Set(ending.map(({ attempt }) => attempt)).size;
}

/** How many images of the record ended with each code. */
function brokenBy({ history, error }: DropRecord): ReadonlyMap<string, number> {
  const notes = history.filter(({ status }) => status === 'received').map(({ note }) => note);
  const times = new Map<string, number>();
  for (const code of [...notes, error?.code]) {
    if (code !== undefined && code in BREAKS) times.set(code, (times.get(code) ?? 0) + 1);
  }
  return times;
}

const breaks = (code: string, faults: readonly Injected[]): number =>
  faults.filter(({ kind }) => BREAKS[code]?.test(kind)).length;
