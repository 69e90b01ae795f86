/** Compares the bytes of a drop with the checksum that its publisher gives for them. */
import { createHash } from 'node:crypto';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import { baseName } from '../model/metadata-keys.ts';
import type { DropRecord, RecordedChecksum } from '../model/record.ts';
import type { UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { isFromStorage } from '../model/staging.ts';
import { checksumMismatch } from '../publisher/expected-checksum.ts';
import { digest, type Reading } from '../transfer/transfer.ts';
import type { StepDependencies, StreamUploadDependencies } from './ports.ts';
import { renewLease } from './under-lease.ts';
import type { Work } from './work.ts';

/** The checksum that the drop still has to be compared with. A mismatch that an earlier attempt noted is found again. */
const toCompare = ({ publisher }: DropRecord): RecordedChecksum | undefined => {
  const checksum = publisher?.checksum;
  return checksum?.agrees === true || checksum?.agrees === 'unknown' ? undefined : checksum;
};

/** @throws `checksum-mismatch`, which the record notes first */
async function requireAgreement(work: Work, checksum: RecordedChecksum, actual: string | undefined): Promise<void> {
  if (actual === checksum.value) return;
  await work.change((stored) => changes.withComparison(stored, false));
  throw checksumMismatch(baseName(work.record.drop.key), checksum, actual ?? 'of no bytes');
}

/**
 * Compares a packed drop with what was hashed while it was unpacked. Where that was not in order, the upload compares.
 * @throws `checksum-mismatch`
 */
export async function comparePacked(work: Work): Promise<void> {
  const checksum = toCompare(work.record);
  const actual = checksum && work.record.packed?.hashes?.[checksum.algorithm];
  if (checksum === undefined || actual === undefined) return;
  await requireAgreement(work, checksum, actual);
  await work.change((stored) => changes.withComparison(stored, true));
}

type Comparing = Pick<Reading, 'algorithms' | 'alongside' | 'beforeEnd'>;

/**
 * What a pass over the bytes that are sent needs to compare the whole drop: the last bytes are sent only where it agrees.
 * @param source of the bytes that are sent
 */
export async function comparingWhileRead(work: Work<UploadRecord>, source: Reading): Promise<Comparing> {
  const { packed, drop } = work.record;
  const checksum = packed === undefined ? toCompare(work.record) : undefined;
  if (checksum === undefined) return { algorithms: source.algorithms };
  const { range } = source;
  const { algorithm } = checksum;
  if (range.length === drop.size) {
    const algorithms = [...new Set([...source.algorithms, algorithm])];
    return { algorithms, beforeEnd: (hashes) => requireAgreement(work, checksum, hashes[algorithm]) };
  }
  // The bytes around the range were published, too.
  const alongside = createHash(algorithm);
  const readOutside = (from: number, to: number) =>
    to > from && digest({ ...source, range: { offset: from, length: to - from }, algorithms: [], alongside });
  await readOutside(0, range.offset);
  const beforeEnd = async () => {
    await readOutside(range.offset + range.length, drop.size);
    await requireAgreement(work, checksum, alongside.digest('hex'));
  };
  return { algorithms: source.algorithms, alongside, beforeEnd };
}

/** What the record says once a pass that compares is over. */
export const comparedIn = (record: DropRecord): Pick<DropRecord, 'publisher'> => {
  const { publisher } = toCompare(record) === undefined ? record : changes.withComparison(record, true);
  return publisher === undefined ? {} : { publisher };
};

/**
 * Reads a drop for its checksum alone where no function reads its bytes in order otherwise: it is read from object
 * storage, or its archive is not read as a whole. A new message continues, with the whole time of a function.
 * @returns whether it was put off
 * @throws `checksum-mismatch`, `checksum-not-compared`
 */
export async function isReadForChecksum(work: Work<UploadRecord>, deps: StreamUploadDependencies): Promise<boolean> {
  const { record } = work;
  const checksum = toCompare(record);
  const isArchive = record.packed !== undefined || record.member !== undefined;
  if (checksum === undefined || !(isArchive || isFromStorage(record.plan.route))) return false;
  const unknown = await whyUnread(work, checksum, deps);
  if (unknown !== undefined) requireComparable(record, unknown);
  await work.change((stored) => {
    const compared = changes.withComparison(stored, unknown === undefined ? true : 'unknown', unknown);
    return changes.withoutLease(changes.withoutAttempt(compared));
  });
  await deps.ownQueue.send(work.message);
  return true;
}

/** @returns why it could not be read; undefined where it agrees */
async function whyUnread(
  work: Work<UploadRecord>,
  checksum: RecordedChecksum,
  deps: StepDependencies,
): Promise<string | undefined> {
  const { drop } = work.record;
  const { maxStreamBytes } = work.target;
  if (drop.size > maxStreamBytes) {
    return `The file has ${drop.size} bytes, and ${maxStreamBytes} can be read within the time of a function.`;
  }
  try {
    const { hashes } = await digest({
      open: (range, signal) => deps.objects.open(drop, range, signal),
      range: { offset: 0, length: drop.size },
      algorithms: [checksum.algorithm],
      signal: work.invocation.signal,
      onProgress: () => renewLease(work, deps),
    });
    await requireAgreement(work, checksum, hashes[checksum.algorithm]);
    return undefined;
  } catch (thrown) {
    const error = asImageDropError(thrown);
    if (error.code !== 'out-of-time') throw error;
    return `The file could not be read within the time of a function: ${error.message}`;
  }
}

/** @throws `checksum-not-compared` where the drop must be compared */
function requireComparable({ publisher, drop, target }: DropRecord, why: string): void {
  if (publisher?.require === undefined) return;
  const message = `${target} requires a checksum, and ${drop.key} could not be compared with it. ${why}`;
  throw new ImageDropError('checksum-not-compared', message);
}

/**
 * The last look before an image is released. A file that no function could read as a whole is compared with what the
 * cloud computed, if that is the same algorithm.
 * @throws `checksum-mismatch`, `checksum-not-compared`
 */
export async function compareWithCloud(work: Work, image: Image): Promise<void> {
  const { record } = work;
  const checksum = toCompare(record);
  if (checksum === undefined) return;
  const isWhole = record.packed === undefined && record.plan?.range.length === record.drop.size;
  const isAsSent = isWhole && image.diskFormat === record.sent?.diskFormat;
  const reported = isAsSent ? image.hashes[checksum.algorithm] : undefined;
  const why = `${record.unread ?? 'No function has read the file as a whole.'} ${record.target} reports no ${checksum.algorithm} of it.`;
  const agrees = reported === undefined ? 'unknown' : reported === checksum.value;
  if (reported === undefined) requireComparable(record, why);
  await work.updateIfUndecided((stored) =>
    changes.withComparison(stored, agrees, reported === undefined ? why : undefined),
  );
  if (agrees === false) throw checksumMismatch(baseName(record.drop.key), checksum, reported ?? '');
}
