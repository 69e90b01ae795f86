/**
 * The checksum files of a publisher, and their signatures: a drop is looked up in those around it, and waits for them
 * where one is required.
 */

import { type Drop, dropId, recordKey } from '../model/drop.ts';
import { asImageDropError, type ErrorCode, ImageDropError, REFUSED_READS } from '../model/errors.ts';
import { type MetadataLayer, strictest } from '../model/metadata.ts';
import {
  baseName,
  checksumKeys,
  fits,
  folderOf,
  imageOfChecksum,
  isChecksumKey,
  maySpeakOf,
  signatureKeys,
  signedKey,
} from '../model/metadata-keys.ts';
import { type DropRecord, isWaitingForFile, type RecordedPublisher } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import { type ChecksumFile, checksumsIn, isClearsigned, MAX_CHECKSUM_FILE_BYTES } from '../publisher/checksum-file.ts';
import { checksumAndSignature } from '../publisher/signature.ts';
import { type CreateMetadataDependencies, MAX_DELAY_SECONDS } from './ports.ts';
import { askForRetry } from './record-message.ts';
import type { Work } from './work.ts';

type LookDependencies = Pick<CreateMetadataDependencies, 'objects' | 'folderKeys' | 'verifySignature'>;

/** Publishers have one file or two; someone who drops thousands must not stop the images beside them. */
const MAX_FILES = 20;

/** The checksum files around a drop that may speak of it, each with its signatures. */
export async function checksumFiles(
  { bucket, key }: Pick<Drop, 'bucket' | 'key'>,
  deps: LookDependencies,
): Promise<readonly ChecksumFile[]> {
  const folder = await deps.folderKeys(bucket, folderOf(key));
  const isThere = new Set(folder.keys);
  // A clearsigned list may have the name of a signature, and none may be without.
  const listed = folder.keys.map((each) => signedKey(each) ?? each).filter(isChecksumKey);
  const known = new Set([...(folder.isWhole ? [] : checksumKeys(key)), ...listed]);
  const speaking = [...known].filter((each) => maySpeakOf(each, key)).sort(ownFirst);
  const readWithSignatures = async (list: string) => {
    const file = await readFile(bucket, list, deps.objects);
    const isWanted = (each: string) => isThere.has(each) || (!folder.isWhole && file !== undefined);
    const signatures =
      deps.verifySignature === undefined && file !== undefined ? [] : signatureKeys(list).filter(isWanted);
    return [file, ...(await Promise.all(signatures.map((each) => readFile(bucket, each, deps.objects))))];
  };
  const found = (await Promise.all(speaking.slice(0, MAX_FILES).map(readWithSignatures))).flat();
  const others = speaking.slice(MAX_FILES, MAX_FILES + 1).map(passedOver);
  const ofImage = deps.verifySignature === undefined ? [] : signatureKeys(key).filter((each) => isThere.has(each));
  return [...found.filter((file) => file !== undefined), ...others, ...ofImage.map(notVerified)];
}

/** A file that S3 refuses to give says nothing of the images around it, and must not fail them. */
async function readFile(
  bucket: string,
  key: string,
  objects: LookDependencies['objects'],
): Promise<ChecksumFile | undefined> {
  try {
    const object = await objects.read(bucket, key, MAX_CHECKSUM_FILE_BYTES);
    return object && { name: key, ...object };
  } catch (thrown) {
    const { code, message } = asImageDropError(thrown);
    if (REFUSED_READS.includes(code)) return { name: key, size: 0, unread: message };
    throw thrown;
  }
}

const passedOver = (key: string): ChecksumFile => ({
  name: key,
  size: 0,
  unread: `${key} and those behind it were not read: the folder has more than ${MAX_FILES} checksum files that may name the image.`,
});

const notVerified = (key: string): ChecksumFile => ({
  name: key,
  size: 0,
  unread: `${key} is a signature of the image itself, and only signatures of checksum files are verified.`,
});

const ownFirst = (one: string, other: string): number =>
  Number(imageOfChecksum(other) !== undefined) - Number(imageOfChecksum(one) !== undefined);

/** A checksum file follows its image within minutes, by the same copy of a folder. */
const DEFAULT_WAIT_SECONDS = 900;

/**
 * Notes what the publisher says of a drop. Where a checksum or a signature is required and none is there yet, the drop is
 * put off: the event of the file wakes it, or the end of the wait.
 * @param files those that were seen just now
 * @returns undefined when it was put off
 * @throws an error of the publisher's files: `checksum-…`, `signature-…`
 */
export async function withPublisher(
  work: Work,
  { metadata }: MetadataLayer,
  files: readonly ChecksumFile[],
  deps: CreateMetadataDependencies,
): Promise<Work | undefined> {
  const { drop } = work.record;
  const require = strictest([work.target.require, metadata.require]);
  if (require === 'signature' && deps.verifySignature === undefined) throw withoutKeys(work.record);
  const inFiles = async (some: readonly ChecksumFile[]): Promise<RecordedPublisher> => ({
    ...(require !== undefined && require !== 'none' && { require }),
    ...(await checksumAndSignature(baseName(drop.key), metadata.checksum, some, deps.verifySignature)),
  });
  const look = async (some: readonly ChecksumFile[]) => {
    const publisher = await inFiles(some);
    return { publisher, isEnough: isEnough(work.record, publisher) };
  };
  const lookAgain = async () => look(await checksumFiles(drop, deps));
  // Of two files that belong together one may have come since, and its event found nothing that waits or has failed.
  const seen = await look(files).catch((thrown) => {
    if (BY_FILES.includes(asImageDropError(thrown).code)) return lookAgain();
    throw thrown;
  });
  if (seen.isEnough) return noted(work, seen.publisher);
  await work.change((stored) => waitsForFile(changes.withPublisher(stored, seen.publisher), deps.now()));
  // The file may have come since the look, and its event before the record showed that it waits.
  const again = await lookAgain();
  if (again.isEnough) return noted(work, again.publisher);
  await putOff(work, again.publisher, deps);
  return undefined;
}

/**
 * Whether what is required is there. A signature that does not count is not waited for: the event of another one brings
 * the drop back.
 * @throws `signature-key-unknown`, `signature-not-accepted`
 */
function isEnough({ drop, target }: DropRecord, publisher: RecordedPublisher): boolean {
  const { require, checksum, signature, unusable = [] } = publisher;
  if (require !== 'signature') return require === undefined || checksum !== undefined;
  if (signature !== undefined) return true;
  for (const { code, reason } of unusable) {
    if (code !== undefined) throw new ImageDropError(code, `${target} requires a signature for ${drop.key}. ${reason}`);
  }
  return false;
}

function withoutKeys({ drop, target }: DropRecord): ImageDropError {
  const message = `A signature is required for ${drop.key} at ${target}, and the stack has no keys of publishers: publisherKeys is not set.`;
  return new ImageDropError('signature-key-unknown', message);
}

/** Costs no write where nothing is known and nothing was. */
async function noted(work: Work, publisher: RecordedPublisher): Promise<Work> {
  const isNothing = Object.keys(publisher).length === 0;
  if (isNothing && work.record.publisher === undefined) return work;
  return work.with(await work.change((stored) => waitsNoMore(changes.withPublisher(stored, publisher))));
}

/** A pause of the target that follows has a reason of its own. */
function waitsNoMore({ waiting, ...record }: changes.RecordDraft): changes.RecordDraft {
  return waiting === undefined || isWaitingForFile({ waiting }) ? record : { ...record, waiting };
}

function waitsForFile(record: changes.RecordDraft, now: Date): changes.RecordDraft {
  const { waiting, publisher, drop } = record;
  const isSigned = publisher?.require === 'signature';
  const code = isSigned ? 'signature-missing' : 'checksum-missing';
  if (waiting?.code === code) return record;
  const what = isSigned ? 'No signed checksum file' : 'No checksum file';
  const message = `${what} in the folder names ${baseName(drop.key)} yet, and its publisher's ${publisher?.require} is required.`;
  return { ...record, waiting: { since: now.toISOString(), code, message } };
}

async function putOff(work: Work, publisher: RecordedPublisher, deps: CreateMetadataDependencies): Promise<void> {
  const waitSeconds = work.target.checksumWithinSeconds ?? DEFAULT_WAIT_SECONDS;
  const stored = await work.change((present) => changes.withPublisher(present, publisher));
  const since = Date.parse(stored.waiting?.since ?? deps.now().toISOString());
  const leftSeconds = Math.ceil(waitSeconds - (deps.now().getTime() - since) / 1000);
  if (leftSeconds <= 0) throw missing(stored, waitSeconds);
  await work.change((present) => changes.withoutLease(changes.withoutAttempt(present)));
  await deps.ownQueue.send(work.message, Math.min(leftSeconds, MAX_DELAY_SECONDS));
}

function missing({ drop, target, publisher }: DropRecord, seconds: number): ImageDropError {
  const unusable = publisher?.unusable?.map(({ reason }) => ` ${reason}`).join('') ?? '';
  const what = publisher?.require === 'signature' ? 'signed checksum' : 'checksum';
  const message = `A ${what} of the publisher is required for ${drop.key} at ${target}, and none came within ${seconds} seconds.${unusable}`;
  return new ImageDropError(what === 'checksum' ? 'checksum-missing' : 'signature-missing', message);
}

/** What a newer checksum file or signature may put right. */
const BY_FILES: readonly (ErrorCode | undefined)[] = [
  'checksum-missing',
  'checksum-mismatch',
  'checksum-conflict',
  'signature-missing',
  'signature-key-unknown',
  'signature-not-accepted',
  'signature-invalid',
];

/** A larger list names images of other folders, too. */
const MAX_NAMES = 1000;

/**
 * Wakes the drops that a checksum file names which has just come, or its signature: those that wait for it, and those
 * that failed by an earlier one. An image and its files that are replaced each night come one after the other.
 */
export async function wakeWaiting({ bucket, key }: ObjectEvent, deps: CreateMetadataDependencies): Promise<void> {
  const list = signedKey(key) ?? key;
  const own = await readFile(bucket, key, deps.objects);
  const file = list === key || isClearsigned(own?.bytes) ? own : await readFile(bucket, list, deps.objects);
  const named = new Set(file === undefined ? [] : namesIn(file, deps));
  const { keys, isWhole } = await deps.folderKeys(bucket, folderOf(key));
  const images = [...named].map((name) => folderOf(key) + name);
  const isThere = new Set(keys);
  const present = images.filter((each) => (!isWhole || isThere.has(each)) && fits(each) && maySpeakOf(list, each));
  await Promise.all(present.slice(0, MAX_NAMES).map((image) => wakeImage(bucket, image, deps)));
}

function namesIn(file: ChecksumFile, { log }: CreateMetadataDependencies): readonly string[] {
  try {
    return checksumsIn(file).map(({ name }) => name);
  } catch (thrown) {
    log.warn('a checksum file cannot be read', { key: file.name, error: asImageDropError(thrown) });
    return [];
  }
}

async function wakeImage(bucket: string, key: string, deps: CreateMetadataDependencies): Promise<void> {
  const object = await deps.objects.head(bucket, key);
  if (object === undefined) return;
  const drop = { key, id: dropId(object) };
  await Promise.all(
    deps.targets.map(async ({ name }) => {
      const record = recordKey(drop, name);
      const stored = await deps.records.load(record);
      if (stored?.status === 'received' && isWaitingForFile(stored)) await deps.ingestQueue.send({ record });
      if (stored?.status === 'failed' && BY_FILES.includes(stored.error?.code)) {
        await deps.ingestQueue.send(askForRetry({ key: record, record: stored }));
      }
    }),
  );
}
