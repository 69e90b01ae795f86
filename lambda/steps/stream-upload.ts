import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { newestVersion } from './dropped-object.ts';
import { beginAgain, removeLeftBehind } from './give-up-image.ts';
import { beginImport, hashMeanwhile, type ImportDependencies } from './import-image.ts';
import type { Invocation } from './ports.ts';
import { askForRetry, chunkNamedIn, existingRecord, isRedriven, recordNamedIn } from './record-message.ts';
import { stageChunk } from './stage-chunk.ts';
import { hashAgain, streamImage, wasReadWhole } from './stream-image.ts';
import { LEASE_SECONDS, type LeaseDependencies, underLease } from './under-lease.ts';
import { askAgain, isLost, lookLater, lostImage, noteSeen } from './unseen-image.ts';
import { isFromStorage, type StorageDependencies, uploadFromStorage } from './upload-from-storage.ts';
import { comparableIn } from './verify.ts';
import { targetOf } from './work.ts';

export type StreamUploadDependencies = LeaseDependencies & ImportDependencies & StorageDependencies;

/**
 * How long an image may stay in `saving` after an upload that broke off before it counts as abandoned: a server gives up
 * a body that has no end within seconds, one whose worker was killed never does.
 */
const ABANDONED_AFTER_SECONDS = 60;

/** A server that has received everything may still write it: no store in use is slower than this, in bytes per second. */
const SLOWEST_STORE = 10 * 2 ** 20;

/** How long the answer that an image was made stands for one that it is there; it saves a request for each drop. */
const FRESH_SECONDS = 60;

/** Seconds until another look at an image that is still being saved from an attempt before. */
const LOOK_AGAIN_SECONDS = 30;

/** Moves the bytes of a created image from the bucket to its endpoint and sends the record on to be checked. */
export async function streamUpload(
  message: unknown,
  invocation: Invocation,
  deps: StreamUploadDependencies,
): Promise<void> {
  const key = recordNamedIn(message);
  const chunk = chunkNamedIn(message);
  const record = await existingRecord(key, deps.records);
  switch (record.status) {
    case 'received':
      // A chunk that comes late: the drop that begins again has a message of its own.
      if (chunk === undefined) await deps.ingestQueue.send({ record: key });
      return;
    case 'created':
    case 'uploading':
      if (chunk !== undefined && !(await stagesLastOne(key, record, chunk, invocation, deps))) return;
      return underLease(key, record, ['created', 'uploading'], invocation, deps, (leased) =>
        upload(key, leased, invocation, deps),
      );
    default:
      // This message may be of an invocation that stalled, and asked for a second image after others had moved on.
      if (record.plan?.route === 'fast-import' && invocation.receives > 1) await removeLeftBehind(key, record, deps);
      if (isRedriven(record, invocation)) return deps.ingestQueue.send(askForRetry(key, record));
      if (record.announcedAt === undefined) await deps.statusQueue.send({ record: key });
  }
}

/** Chunks are staged side by side, without the lease. @returns whether nothing but the rest of the way is left to do */
async function stagesLastOne(
  key: string,
  record: DropRecord,
  chunk: number,
  invocation: Invocation,
  deps: StreamUploadDependencies,
): Promise<boolean> {
  // Until the first report of progress a killed function would keep its message for as long as the queue says.
  await invocation.holdMessage(LEASE_SECONDS);
  return stageChunk(key, record, chunk, invocation, deps);
}

/** What became of the image decides: an attempt before this one may have got anywhere. */
async function upload(
  key: string,
  record: DropRecord,
  invocation: Invocation,
  deps: StreamUploadDependencies,
): Promise<void> {
  if (record.status === 'created' && (await newestVersion(key, record, deps)) === undefined) return;
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  if (isFromStorage(record.plan?.route)) return uploadFromStorage(key, record, endpoint, invocation, deps);
  const isStreamed = record.plan?.route !== 'import';
  if (isStreamed && isFresh(record, deps.now())) return stream(key, record, endpoint, invocation, deps);
  const image = record.image && (await endpoint.get(record.image.id));
  if (image !== undefined) await noteSeen(key, record, deps);
  switch (image?.status) {
    case 'queued':
      if (isStreamed) return stream(key, record, endpoint, invocation, deps);
      await beginImport(key, record, endpoint, invocation, deps);
      return pass(key, record, await hashMeanwhile(key, record, invocation, deps), deps);
    case 'active':
      // The function that waited for the answer has died, or another hash is needed: read the object for its hashes.
      return pass(key, record, await hashAgain(key, record, invocation, deps, comparableIn(image)), deps);
    case 'saving':
    case 'importing':
    case 'uploading':
      if (record.import === undefined) return waitForSave(key, record, image, deps);
      return pass(key, record, await hashMeanwhile(key, record, invocation, deps), deps);
    default: {
      const lost = lostImage(record, image);
      if (!(await isLost(key, record, image, deps))) return lookLater(key, record, askAgain(lost), deps);
      return beginAgain(key, record, lost, deps);
    }
  }
}

/** Made a moment ago and not touched since: it waits for its bytes, and what is wrong with it shows when they are sent. */
function isFresh(record: DropRecord, now: Date): boolean {
  const ageSeconds = (now.getTime() - changes.statusSince(record).getTime()) / 1000;
  return record.status === 'created' && record.attempts === 1 && ageSeconds < FRESH_SECONDS;
}

async function stream(
  key: string,
  record: DropRecord,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: StreamUploadDependencies,
): Promise<void> {
  const sent = await streamImage(key, record, endpoint, invocation, deps);
  if (sent !== undefined) await pass(key, record, sent, deps);
}

/** Hands the record on to record-status. */
async function pass(
  key: string,
  record: DropRecord,
  { hashes, unread }: Pick<DropRecord, 'hashes' | 'unread'>,
  deps: StreamUploadDependencies,
): Promise<void> {
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, record.lease?.holder);
    const read = { ...(hashes && { hashes }), ...(unread !== undefined && { unread }) };
    return { ...changes.moveTo(stored, 'processing', deps.now()), ...read };
  });
  await deps.statusQueue.send({ record: key });
}

/**
 * An upload before was interrupted, and its image is still being saved: by a server that has everything and writes it, or
 * by none. It is looked at again by a new message, and no attempt is counted: only the time decides.
 */
async function waitForSave(
  key: string,
  record: DropRecord,
  image: Image,
  deps: StreamUploadDependencies,
): Promise<void> {
  const lastSign = record.progress === undefined ? changes.statusSince(record) : new Date(record.progress.at);
  const silentSeconds = (deps.now().getTime() - lastSign.getTime()) / 1000;
  const message = `Image ${image.id} is still in status ${image.status}, ${Math.round(silentSeconds)} s after the upload before was interrupted.`;
  const error = new ImageDropError('upload-interrupted', message, { retryAfterSeconds: LOOK_AGAIN_SECONDS });
  if (silentSeconds < savesWithinSeconds(record, deps)) return lookLater(key, record, error, deps);
  return beginAgain(key, record, new ImageDropError('upload-interrupted', message), deps);
}

function savesWithinSeconds(record: DropRecord, deps: StreamUploadDependencies): number {
  if (!wasReadWhole(record)) return ABANDONED_AFTER_SECONDS;
  const writesWithin = ABANDONED_AFTER_SECONDS + (record.plan?.range.length ?? 0) / SLOWEST_STORE;
  return Math.min(writesWithin, Math.max(ABANDONED_AFTER_SECONDS, targetOf(record, deps.targets).activeWithinSeconds));
}
