import { buffer } from 'node:stream/consumers';
import type { DropPlace } from '../endpoints/endpoint.ts';
import type { RangeReader } from '../formats/reading/reader.ts';
import { dropId } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import * as changes from '../model/record-changes.ts';
import { type DiskObject, diskObject, rangeIn } from '../model/unpacking.ts';
import { type OpenRange, resumingSource } from '../transfer/resuming-source.ts';
import { supersede } from './give-up-image.ts';
import {
  MAX_DELAY_SECONDS,
  type ObjectHead,
  type ObjectStore,
  type QueueStepDependencies,
  type StepDependencies,
} from './ports.ts';
import type { Work } from './work.ts';

/**
 * The object of the drop, if it is still the newest version of its key.
 * @param seen what was found under the key just now
 * @returns undefined when the key was written again: the record is settled as superseded
 * @throws `object-gone` when the key was deleted
 */
export async function newestVersion(
  work: Work,
  deps: StepDependencies,
  seen?: ObjectHead,
): Promise<ObjectHead | undefined> {
  const { drop } = work.record;
  const newest = seen ?? (await deps.objects.head(drop.bucket, drop.key));
  if (newest === undefined) {
    throw new ImageDropError('object-gone', `s3://${drop.bucket}/${drop.key} was deleted before its upload began.`);
  }
  if (dropId(newest) === drop.id) return newest;
  await supersede(work, dropId(newest), deps);
  return undefined;
}

/** A program that creates an object before it writes it does so within seconds. */
const PLACEHOLDER_SECONDS = 30;

/**
 * File systems on S3 (s3fs, rclone mount) create an empty object when a file is opened, and write the file when it is
 * closed: six hours are 1 TB at 50 MB/s.
 */
const OPEN_FILE_SECONDS = 6 * 3600;

/** User metadata that s3fs and rclone write on what they create: the time of the file. */
const FILE_TIME = 'mtime';

/**
 * Puts an empty drop off while it may be the placeholder of a file that is still being written. The file is another
 * version, which supersedes it; an object that stays empty fails as `empty` afterwards.
 * @returns whether it was put off
 */
export async function isPlaceholder(work: Work, object: ObjectHead, deps: QueueStepDependencies): Promise<boolean> {
  if (object.size > 0) return false;
  const waitsSeconds = FILE_TIME in object.userMetadata ? OPEN_FILE_SECONDS : PLACEHOLDER_SECONDS;
  const now = deps.now();
  const leftSeconds = waitsSeconds - (now.getTime() - object.lastModified.getTime()) / 1000;
  if (leftSeconds <= 0) return false;
  const message = 'The object has no bytes yet; it may be the placeholder of a file that is still being written.';
  await work.change((stored) => {
    const waiting = stored.waiting ?? { since: now.toISOString(), code: 'empty' as const, message };
    return { ...changes.withoutLease(changes.withoutAttempt(stored)), waiting };
  });
  await deps.ownQueue.send(work.message, Math.min(Math.ceil(leftSeconds), MAX_DELAY_SECONDS));
  return true;
}

/** What an endpoint needs to know about a drop to plan its route. */
export function dropPlace(
  { record, target }: Pick<Work, 'record' | 'target'>,
  deps: StepDependencies,
): DropPlace & { readonly isStaging: boolean } {
  const { key } = record.drop;
  const { bucket, offset } = diskObject(record);
  return {
    key,
    // The service reads whole objects only.
    isStaging: offset === undefined && deps.staging.holds(target, bucket),
    // A disk inside the drop has no companion files: they would lie beside it.
    has: async (other) => isDropItself(record) && (await deps.objects.head(bucket, other)) !== undefined,
    ...(record.measured && { measured: record.measured }),
  };
}

const isDropItself = ({ packed, member }: Pick<Work['record'], 'packed' | 'member'>): boolean =>
  packed === undefined && member === undefined;

/**
 * Random access to the disk in an object; each read is pinned to its version and etag.
 * Fails with `object-gone` or `object-changed`, and with `source-unreadable` when reads fail repeatedly.
 */
export function objectReader(objects: ObjectStore, object: DiskObject): RangeReader {
  const open: OpenRange = (range, signal) => objects.open(object, range, signal);
  return {
    size: object.size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > object.size) {
        throw new RangeError(`${length} bytes from ${offset} are not inside ${object.size} bytes`);
      }
      return buffer(resumingSource(open, rangeIn(object, { offset, length })));
    },
  };
}
