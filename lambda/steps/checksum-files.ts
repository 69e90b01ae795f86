/** The checksum files of a publisher: a drop is looked up in those around it, and waits for them where one is required. */

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
} from '../model/metadata-keys.ts';
import type { DropRecord, RecordedPublisher } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import { type ChecksumFile, checksumsIn, MAX_CHECKSUM_FILE_BYTES } from '../publisher/checksum-file.ts';
import { expectedChecksum } from '../publisher/expected-checksum.ts';
import { type CreateMetadataDependencies, MAX_DELAY_SECONDS } from './ports.ts';
import { askForRetry } from './record-message.ts';
import type { Work } from './work.ts';

type LookDependencies = Pick<CreateMetadataDependencies, 'objects' | 'folderKeys'>;

/** Publishers have one file or two; someone who drops thousands must not stop the images beside them. */
const MAX_FILES = 20;

/** The checksum files around a drop that may speak of it. */
export async function checksumFiles(
  { bucket, key }: Pick<Drop, 'bucket' | 'key'>,
  { objects, folderKeys }: LookDependencies,
): Promise<readonly ChecksumFile[]> {
  const { keys, isWhole } = await folderKeys(bucket, folderOf(key));
  const known = new Set([...(isWhole ? [] : checksumKeys(key)), ...keys.filter(isChecksumKey)]);
  const speaking = [...known].filter((each) => maySpeakOf(each, key)).sort(ownFirst);
  const found = await Promise.all(speaking.slice(0, MAX_FILES).map((each) => readFile(bucket, each, objects)));
  const others = speaking.slice(MAX_FILES, MAX_FILES + 1).map(passedOver);
  return [...found.filter((file) => file !== undefined), ...others];
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

const ownFirst = (one: string, other: string): number =>
  Number(imageOfChecksum(other) !== undefined) - Number(imageOfChecksum(one) !== undefined);

/** The code of the wait, by which the event of a checksum file finds those who wait. */
const MISSING = 'checksum-missing';

/** A checksum file follows its image within minutes, by the same copy of a folder. */
const DEFAULT_WAIT_SECONDS = 900;

/**
 * Notes what the publisher says of a drop. Where a checksum is required and none is there yet, the drop is put off: the
 * event of the file wakes it, or the end of the wait.
 * @param files those that were seen just now
 * @returns undefined when it was put off
 * @throws `checksum-missing`, `checksum-conflict`
 */
export async function withPublisher(
  work: Work,
  { metadata }: MetadataLayer,
  files: readonly ChecksumFile[],
  deps: CreateMetadataDependencies,
): Promise<Work | undefined> {
  const { drop } = work.record;
  const require = strictest([work.target.require, metadata.require]);
  const inFiles = (some: readonly ChecksumFile[]): RecordedPublisher => ({
    ...(require === 'checksum' && { require }),
    ...expectedChecksum(baseName(drop.key), metadata.checksum, some),
  });
  const seen = inFiles(files);
  if (require !== 'checksum' || seen.checksum !== undefined) return noted(work, seen);
  await work.change((stored) => waitsForFile(changes.withPublisher(stored, seen), deps.now()));
  // The file may have come since the look, and its event before the record showed that it waits.
  const again = inFiles(await checksumFiles(drop, deps));
  if (again.checksum !== undefined) return noted(work, again);
  await putOff(work, again, deps);
  return undefined;
}

/** Costs no write where nothing is known and nothing was. */
async function noted(work: Work, publisher: RecordedPublisher): Promise<Work> {
  const isNothing = Object.keys(publisher).length === 0;
  if (isNothing && work.record.publisher === undefined) return work;
  return work.with(await work.change((stored) => waitsNoMore(changes.withPublisher(stored, publisher))));
}

/** A pause of the target that follows has a reason of its own. */
function waitsNoMore({ waiting, ...record }: changes.RecordDraft): changes.RecordDraft {
  return waiting === undefined || waiting.code === MISSING ? record : { ...record, waiting };
}

function waitsForFile(record: changes.RecordDraft, now: Date): changes.RecordDraft {
  if (record.waiting?.code === MISSING) return record;
  const message = `No checksum file in the folder names ${baseName(record.drop.key)} yet, and its publisher's checksum is required.`;
  return { ...record, waiting: { since: now.toISOString(), code: MISSING, message } };
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
  const message = `A checksum of the publisher is required for ${drop.key} at ${target}, and none came within ${seconds} seconds.${unusable}`;
  return new ImageDropError(MISSING, message);
}

/** What a newer checksum file may put right. */
const BY_CHECKSUM: readonly (ErrorCode | undefined)[] = [MISSING, 'checksum-mismatch', 'checksum-conflict'];

/** A larger list names images of other folders, too. */
const MAX_NAMES = 1000;

/**
 * Wakes the drops that a checksum file names which has just come: those that wait for it, and those that failed by an
 * earlier one. An image and its file that are replaced each night come one after the other.
 */
export async function wakeWaiting({ bucket, key }: ObjectEvent, deps: CreateMetadataDependencies): Promise<void> {
  const file = await readFile(bucket, key, deps.objects);
  const named = new Set(file === undefined ? [] : namesIn(file, deps));
  const { keys, isWhole } = await deps.folderKeys(bucket, folderOf(key));
  const images = [...named].map((name) => folderOf(key) + name);
  const isThere = new Set(keys);
  const present = images.filter((each) => (!isWhole || isThere.has(each)) && fits(each) && maySpeakOf(key, each));
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
      if (stored?.status === 'received' && stored.waiting?.code === MISSING) await deps.ingestQueue.send({ record });
      if (stored?.status === 'failed' && BY_CHECKSUM.includes(stored.error?.code)) {
        await deps.ingestQueue.send(askForRetry({ key: record, record: stored }));
      }
    }),
  );
}
