import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord, RecordedPacked } from '../model/record.ts';
import type { UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { isFromStorage } from '../model/staging.ts';
import { comparedIn, isReadForChecksum } from './dropped-checksum.ts';
import { newestVersion } from './dropped-object.ts';
import { beginAgain, removeLeftBehind } from './give-up-image.ts';
import { beginImport, hashMeanwhile } from './import-image.ts';
import type { Invocation, StreamUploadDependencies } from './ports.ts';
import { askForRetry, chunkNamedIn, existingRecord, isRedriven, recordNamedIn } from './record-message.ts';
import { stageChunk } from './stage-chunk.ts';
import { hashAgain, streamImage, wasReadWhole } from './stream-image.ts';
import { finishUpload, LEASE_SECONDS, underLease } from './under-lease.ts';
import { isThere, readDisk } from './unpacked-disk.ts';
import { lookLater, noteSeen, replaceIfLost } from './unseen-image.ts';
import { uploadFromStorage } from './upload-from-storage.ts';
import { comparableIn } from './verify.ts';
import { Work } from './work.ts';

/**
 * How long an image may stay in `saving` after an interrupted upload before it counts as abandoned: a server gives up an
 * incomplete body within seconds, but a killed worker of the server never does.
 */
const ABANDONED_AFTER_SECONDS = 60;

/** A server that has received everything may still write it: no store in use is slower than this, in bytes per second. */
const SLOWEST_STORE = 10 * 2 ** 20;

/** How long a created image is assumed to exist; it saves a request for each drop. */
const FRESH_SECONDS = 60;

/** Seconds until another look at an image that is still being saved from an earlier attempt. */
const LOOK_AGAIN_SECONDS = 30;

/** Moves the bytes of a created image from the bucket to its endpoint, then sends the record to record-status. */
export async function streamUpload(
  message: unknown,
  invocation: Invocation,
  deps: StreamUploadDependencies,
): Promise<void> {
  const key = recordNamedIn(message);
  const chunk = chunkNamedIn(message);
  const record = await existingRecord(key, deps.records);
  const work = new Work(key, record, invocation, deps);
  switch (record.status) {
    case 'received':
      // A late chunk needs nothing: the drop that begins again has a message of its own.
      if (chunk === undefined) await deps.ingestQueue.send(work.message);
      return;
    case 'unpacking':
      // The same: the drop that is unpacked again has a message of its own.
      return;
    case 'created':
    case 'uploading':
      if (chunk !== undefined && !(await stagesLastChunk(work, chunk, deps))) return;
      return underLease(work, ['created', 'uploading'], deps, (leased) => upload(leased, deps));
    default:
      // The message may be of a stalled invocation that requested a second image after the record had changed.
      if (record.plan?.route === 'fast-import' && invocation.receives > 1) await removeLeftBehind(work, deps);
      if (isRedriven(record, invocation)) return deps.ingestQueue.send(askForRetry(work));
      if (record.announcedAt === undefined) await deps.statusQueue.send(work.message);
  }
}

/** Stages a chunk, in parallel with others and without the lease. @returns whether it was the last one */
async function stagesLastChunk(work: Work, chunk: number, deps: StreamUploadDependencies): Promise<boolean> {
  // Until the first renewal, a killed function would hide its message for as long as the queue is configured.
  await work.invocation.holdMessage(LEASE_SECONDS);
  return stageChunk(work, chunk, deps);
}

/** Continues from the state of the image: an earlier attempt may have ended anywhere. */
async function upload(work: Work<UploadRecord>, deps: StreamUploadDependencies): Promise<void> {
  const { record } = work;
  if (record.status === 'created' && (await newestVersion(work, deps)) === undefined) return;
  if (await isReadForChecksum(work, deps)) return;
  const { packed } = record;
  if (packed !== undefined && !(await isThere(packed.object, deps))) return beginAgain(work, diskGone(packed), deps);
  await readDisk(record, () => uploadDisk(work, deps));
}

async function uploadDisk(work: Work<UploadRecord>, deps: StreamUploadDependencies): Promise<void> {
  const { record } = work;
  const endpoint = await work.endpoint();
  if (isFromStorage(record.plan.route)) return uploadFromStorage(work, endpoint, deps);
  const isStreamed = record.plan.route !== 'import';
  if (isStreamed && isFresh(record, deps.now())) return finish(work, await streamImage(work, endpoint, deps), deps);
  const image = record.image && (await endpoint.get(record.image.id));
  if (image !== undefined) await noteSeen(work);
  switch (image?.status) {
    case 'queued':
      if (isStreamed) return finish(work, await streamImage(work, endpoint, deps), deps);
      await beginImport(work, endpoint, deps);
      return finish(work, await hashMeanwhile(work, deps), deps);
    case 'active':
    case 'deactivated':
      // The function that waited for the answer has died, or another hash is needed: read the object for its hashes.
      return finish(work, await hashAgain(work, deps, comparableIn(image)), deps);
    case 'saving':
    case 'importing':
    case 'uploading':
      if (record.import === undefined) return waitForSave(work, image, deps);
      return finish(work, await hashMeanwhile(work, deps), deps);
    default:
      return replaceIfLost(work, image, deps);
  }
}

/** The drop has waited for longer than the work bucket keeps its disk. The next image begins with another unpacking. */
const diskGone = ({ object: { bucket, key } }: RecordedPacked): ImageDropError =>
  new ImageDropError('object-gone', `The unpacked disk s3://${bucket}/${key} is gone.`, { retryable: true });

/** Created a moment ago and not changed since: it waits for its bytes, and sending them shows any problem. */
function isFresh(record: UploadRecord, now: Date): boolean {
  const ageSeconds = (now.getTime() - changes.statusSince(record).getTime()) / 1000;
  return record.status === 'created' && record.attempts === 1 && ageSeconds < FRESH_SECONDS;
}

/** @param read undefined when the record has begun again */
async function finish(
  work: Work<UploadRecord>,
  read: Pick<DropRecord, 'hashes' | 'unread'> | undefined,
  deps: StreamUploadDependencies,
): Promise<void> {
  if (read === undefined) return;
  const { hashes, unread } = read;
  await finishUpload(work, deps, (stored) => ({
    ...(hashes !== undefined && { hashes, ...comparedIn(stored) }),
    ...(unread !== undefined && { unread }),
  }));
}

/**
 * The last upload was interrupted, and its image is still being saved: by a server that has everything and writes it, or
 * by none. A new message looks again, and the attempt does not count: only the time decides.
 */
async function waitForSave(work: Work<UploadRecord>, image: Image, deps: StreamUploadDependencies): Promise<void> {
  const { record } = work;
  const lastSign = record.progress === undefined ? changes.statusSince(record) : new Date(record.progress.at);
  const silentSeconds = (deps.now().getTime() - lastSign.getTime()) / 1000;
  const message = `Image ${image.id} is still in status ${image.status}, ${Math.round(silentSeconds)} s after its upload was interrupted.`;
  const error = new ImageDropError('upload-interrupted', message, { retryAfterSeconds: LOOK_AGAIN_SECONDS });
  if (silentSeconds < savesWithinSeconds(work)) return lookLater(work, error, deps);
  return beginAgain(work, new ImageDropError('upload-interrupted', message), deps);
}

function savesWithinSeconds({ record, target }: Work<UploadRecord>): number {
  if (!wasReadWhole(record)) return ABANDONED_AFTER_SECONDS;
  const writesWithin = ABANDONED_AFTER_SECONDS + record.plan.range.length / SLOWEST_STORE;
  return Math.min(writesWithin, Math.max(ABANDONED_AFTER_SECONDS, target.activeWithinSeconds));
}
