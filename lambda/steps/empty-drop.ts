import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { MAX_DELAY_SECONDS, type MessageQueue, type ObjectHead, type StepDependencies } from './ports.ts';

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
 * Puts an empty drop off for as long as it may be the placeholder of a file that is still to come. The file is another
 * version, which supersedes it; an object that stays empty fails as `empty` afterwards.
 * @returns whether it was put off
 */
export async function isPlaceholder(
  key: string,
  record: DropRecord,
  object: ObjectHead,
  deps: StepDependencies & { readonly ownQueue: MessageQueue },
): Promise<boolean> {
  if (object.size > 0) return false;
  const waitsSeconds = FILE_TIME in object.userMetadata ? OPEN_FILE_SECONDS : PLACEHOLDER_SECONDS;
  const now = deps.now();
  const leftSeconds = waitsSeconds - (now.getTime() - object.lastModified.getTime()) / 1000;
  if (leftSeconds <= 0) return false;
  const message = 'The object has no bytes yet; it may be the placeholder of a file that is still being written.';
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, record.lease?.holder);
    const waiting = stored.waiting ?? { since: now.toISOString(), code: 'empty' as const, message };
    return { ...changes.giveBack(stored), waiting, attempts: Math.max(0, stored.attempts - 1) };
  });
  await deps.ownQueue.send({ record: key }, Math.min(Math.ceil(leftSeconds), MAX_DELAY_SECONDS));
  return true;
}
