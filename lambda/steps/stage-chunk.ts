import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedStaging } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { partsOfChunk, rangeOfPart } from '../model/staging.ts';
import { type DiskObject, diskObject, rangeIn } from '../model/unpacking.ts';
import { bytesPerSecond, repeatUntilStopped } from '../transfer/progress.ts';
import { readRange } from '../transfer/transfer.ts';
import { failDrop } from './give-up-image.ts';
import type { Invocation, StagedPart, StagingStore, StepDependencies, StreamUploadDependencies } from './ports.ts';
import { missingIn } from './stage-image.ts';
import { attemptsExhausted, LEASE_SECONDS, MAX_ATTEMPTS } from './under-lease.ts';
import type { Work } from './work.ts';

/** Bytes that are read but not stored yet: they are held in memory. */
const BYTES_AT_A_TIME = 64 * 2 ** 20;

/** Seconds between two notes of progress: hundreds of functions may work on one record. */
const PROGRESS_SECONDS = 5;

/** One multipart upload of a file to object storage. */
interface Copy {
  readonly staging: RecordedStaging & { readonly uploadId: string };
  /** Bytes of the file. */
  readonly bytes: number;
  readonly store: StagingStore;
}

/**
 * Copies one chunk of a file into object storage, without the lease: any number of chunks are copied in parallel, and a
 * repeated message finds the parts stored.
 * @returns whether nothing is missing any more, so that the record must be processed further
 */
export async function stageChunk(work: Work, chunk: number, deps: StreamUploadDependencies): Promise<boolean> {
  const { record, invocation } = work;
  const { staging } = record;
  // The upload has begun again meanwhile, with messages of its own.
  if (record.status !== 'uploading' || staging?.uploadId === undefined) return false;
  const { uploadId } = staging;
  try {
    if (invocation.receives > MAX_ATTEMPTS) throw attemptsExhausted(gaveUp(chunk), record.error);
    const store = await deps.staging.of(work.target);
    const copy = { staging: { ...staging, uploadId }, bytes: diskObject(record).size, store };
    await copyMissing(work, copy, chunk, deps);
    return await isComplete(work, copy, deps);
  } catch (thrown) {
    await endChunkAttempt(work, chunk, asImageDropError(thrown), deps);
    return false;
  }
}

async function copyMissing(work: Work, copy: Copy, chunk: number, deps: StepDependencies): Promise<void> {
  const { staging, store } = copy;
  const wanted = partsOfChunk({ ...staging, bytes: copy.bytes }, chunk);
  const some = { after: (wanted[0] ?? 1) - 1, most: wanted.length };
  const stored = wanted.length > 0 && (await store.parts(staging.key, staging.uploadId, some));
  // Without its upload, the file is complete already, or begins again.
  if (!stored) return;
  const missing = wanted.filter((number) => !stored.some((part) => part.number === number));
  if (missing.length === 0) return;
  const beganAt = deps.now().getTime();
  await copyParts(missing, work, copy, deps);
  const bytes = missing.reduce((sum, number) => sum + rangeOf(number, copy).length, 0);
  const rate = bytesPerSecond(bytes, beganAt, deps.now().getTime());
  deps.meter.countMoved({ record: work.key, target: work.record.target, bytes, bytesPerSecond: rate });
}

const rangeOf = (part: number, { staging, bytes }: Copy) => rangeOfPart({ ...staging, bytes }, part);

/** Copies several parts at a time, as many as memory allows, and keeps the message invisible meanwhile. */
async function copyParts(parts: readonly number[], work: Work, copy: Copy, deps: StepDependencies): Promise<void> {
  const disk = diskObject(work.record);
  const { invocation } = work;
  const holding = repeatUntilStopped(() => invocation.holdMessage(LEASE_SECONDS), {
    clock: () => deps.now().getTime(),
  });
  const failed = new AbortController();
  const signal = AbortSignal.any([invocation.signal, holding.signal, failed.signal]);
  const waiting = [...parts];
  const worker = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      await copyPart(part, disk, copy, signal, deps);
    }
  };
  const workers = Math.max(1, Math.floor(BYTES_AT_A_TIME / copy.staging.partBytes));
  const running = Array.from({ length: Math.min(workers, parts.length) }, () =>
    worker().catch((error) => {
      failed.abort(error);
      throw error;
    }),
  );
  try {
    await Promise.all(running);
  } finally {
    // No part may be in transit when the message becomes visible.
    await Promise.allSettled(running);
    await holding.stop();
  }
}

async function copyPart(
  number: number,
  disk: DiskObject,
  copy: Copy,
  signal: AbortSignal,
  deps: StepDependencies,
): Promise<void> {
  const { bytes, md5 } = await readRange(
    (range, opening) => deps.objects.open(disk, range, opening),
    rangeIn(disk, rangeOf(number, copy)),
    signal,
  );
  await copy.store.storePart(copy.staging, { number, bytes, md5 }, signal);
}

/** Object storage knows what is stored; the record gets the progress. */
async function isComplete(work: Work, { staging, store }: Copy, deps: StepDependencies): Promise<boolean> {
  const parts = await store.parts(staging.key, staging.uploadId);
  if (parts === undefined) return true;
  await noteProgress(work, parts, deps);
  return missingIn(work.record, staging, parts).length === 0;
}

/** A note that fails is skipped: the next chunk makes another. */
async function noteProgress(work: Work, parts: readonly StagedPart[], deps: StepDependencies): Promise<void> {
  const { key, record } = work;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const now = deps.now();
  const rate = bytesPerSecond(bytes, changes.statusSince(record).getTime(), now.getTime());
  const progress = { bytes, totalBytes: diskObject(record).size, bytesPerSecond: rate, at: now.toISOString() };
  try {
    await work.update((stored) => {
      if (!isOfSameUpload(record, stored)) return undefined;
      const before = stored.progress;
      const isDue = before === undefined || now.getTime() - Date.parse(before.at) >= PROGRESS_SECONDS * 1000;
      return isDue && bytes > (before?.bytes ?? -1) ? { ...stored, progress } : undefined;
    });
  } catch (error) {
    deps.log.warn('a progress report was skipped', { record: key, error: asImageDropError(error) });
  }
}

/** A chunk may come late: the record may have another image, or another upload of the file. */
const isOfSameUpload = (read: DropRecord, stored: DropRecord): boolean =>
  stored.status === 'uploading' &&
  stored.generation === read.generation &&
  stored.staging?.uploadId === read.staging?.uploadId;

/**
 * As at the end of an attempt under the lease, but the queue counts the attempts of a chunk, and a chunk settles nothing
 * while another invocation holds the lease.
 */
async function endChunkAttempt(
  work: Work,
  chunk: number,
  error: ImageDropError,
  deps: StepDependencies,
): Promise<void> {
  const { record } = work;
  const failure = finalErrorOf(chunk, error, work.invocation);
  if (failure !== undefined) {
    const { lease: _, ...unleased } = record;
    await failDrop(work.with(unleased), failure, deps);
  }
  const stored = await work.update((present) =>
    isOfSameUpload(record, present) ? { ...present, error: changes.recordedError(error, deps.now()) } : undefined,
  );
  if (stored === undefined || !isOfSameUpload(record, stored)) return;
  throw failure === undefined ? error : heldByAnother(stored);
}

function heldByAnother({ lease }: DropRecord): ImageDropError {
  const message = `The drop has failed, but another invocation (${lease?.holder}) works on it until ${lease?.until}.`;
  return new ImageDropError('lease-held', message);
}

/** The error that settles the drop; undefined when the chunk is to be retried. */
function finalErrorOf(chunk: number, error: ImageDropError, { receives }: Invocation): ImageDropError | undefined {
  if (!error.retryable) return error;
  return receives >= MAX_ATTEMPTS ? attemptsExhausted(gaveUp(chunk), error) : undefined;
}

const gaveUp = (chunk: number): string => `Gave up chunk ${chunk} of the file`;
