import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedStaging } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { partsOfChunk, rangeOfPart } from '../model/staging.ts';
import { bytesPerSecond, reportProgress } from '../transfer/progress.ts';
import { readRange } from '../transfer/read-range.ts';
import { type FailDependencies, failDrop } from './give-up-image.ts';
import type { Invocation, StagedPart, StagingStore } from './ports.ts';
import { missingIn, type StagingDependencies } from './stage-image.ts';
import { LEASE_SECONDS, MAX_ATTEMPTS } from './under-lease.ts';
import { targetOf } from './work.ts';

/** Bytes that are on their way at one time, read but not yet stored: they are held in memory. */
const BYTES_AT_A_TIME = 64 * 2 ** 20;

/** Seconds between two notes of progress: hundreds of functions may work on one record. */
const PROGRESS_SECONDS = 5;

/**
 * Copies one chunk of a file into object storage, without the lease: any number of them go on at one time, and one that
 * comes twice finds its parts stored.
 * @returns whether nothing is missing any more, so that somebody has to go on with the record
 */
export async function stageChunk(
  key: string,
  record: DropRecord,
  chunk: number,
  invocation: Invocation,
  deps: FailDependencies & StagingDependencies,
): Promise<boolean> {
  const { staging } = record;
  // Begun anew meanwhile: whoever begins the upload sends messages of its own.
  if (record.status !== 'uploading' || staging?.uploadId === undefined) return false;
  try {
    if (invocation.receives > MAX_ATTEMPTS) throw exhausted(chunk, record.error?.code, record.error?.message);
    const store = await deps.staging.of(targetOf(record, deps.targets));
    await copyMissing(key, record, staging, chunk, store, invocation, deps);
    return await isWhole(key, record, staging, store, deps);
  } catch (thrown) {
    await decide(key, record, chunk, asImageDropError(thrown), invocation, deps);
    return false;
  }
}

async function copyMissing(
  key: string,
  record: DropRecord,
  staging: RecordedStaging,
  chunk: number,
  store: StagingStore,
  invocation: Invocation,
  deps: FailDependencies,
): Promise<void> {
  const wanted = partsOfChunk({ ...staging, bytes: record.drop.size }, chunk);
  const some = { after: (wanted[0] ?? 1) - 1, most: wanted.length };
  const stored = wanted.length > 0 && (await store.parts(staging.key, staging.uploadId ?? '', some));
  // Without its upload the file is whole already, or begins anew.
  if (!stored) return;
  const missing = wanted.filter((number) => !stored.some((part) => part.number === number));
  if (missing.length === 0) return;
  const beganAt = deps.now().getTime();
  await copyParts(missing, record, staging, store, invocation, deps);
  const bytes = missing.reduce((sum, number) => sum + lengthOf(number, record, staging), 0);
  const rate = bytesPerSecond(bytes, beganAt, deps.now().getTime());
  deps.meter.countMoved({ record: key, target: record.target, bytes, bytesPerSecond: rate });
}

const lengthOf = (number: number, { drop }: DropRecord, staging: RecordedStaging): number =>
  rangeOfPart({ ...staging, bytes: drop.size }, number).length;

/** Several at a time, as many as memory allows; the message is held meanwhile. */
async function copyParts(
  numbers: readonly number[],
  record: DropRecord,
  staging: RecordedStaging,
  store: StagingStore,
  invocation: Invocation,
  deps: FailDependencies,
): Promise<void> {
  const { signal: heldSignal, stop } = reportProgress({
    bytes: () => 0,
    totalBytes: 0,
    clock: () => deps.now().getTime(),
    onProgress: () => invocation.holdMessage(LEASE_SECONDS),
  });
  const failed = new AbortController();
  const signal = AbortSignal.any([invocation.signal, heldSignal, failed.signal]);
  const waiting = [...numbers];
  const worker = async (): Promise<void> => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      await copyPart(number, record, staging, store, signal, deps);
    }
  };
  const workers = Math.max(1, Math.floor(BYTES_AT_A_TIME / staging.partBytes));
  const work = Array.from({ length: Math.min(workers, numbers.length) }, () =>
    worker().catch((error) => {
      failed.abort(error);
      throw error;
    }),
  );
  try {
    await Promise.all(work);
  } finally {
    // No part may be on its way when the message is let go.
    await Promise.allSettled(work);
    await stop();
  }
}

async function copyPart(
  number: number,
  record: DropRecord,
  staging: RecordedStaging,
  store: StagingStore,
  signal: AbortSignal,
  deps: FailDependencies,
): Promise<void> {
  const range = rangeOfPart({ ...staging, bytes: record.drop.size }, number);
  const { bytes, md5 } = await readRange(
    (part, opening) => deps.objects.open(record.drop, part, opening),
    range,
    signal,
  );
  const upload = { key: staging.key, uploadId: staging.uploadId ?? '' };
  await store.storePart(upload, { number, bytes, md5 }, signal);
}

/** What object storage lists is the truth; the record is told how far it is. */
async function isWhole(
  key: string,
  record: DropRecord,
  staging: RecordedStaging,
  store: StagingStore,
  deps: FailDependencies,
): Promise<boolean> {
  const parts = await store.parts(staging.key, staging.uploadId ?? '');
  if (parts === undefined) return true;
  await noteProgress(key, record, parts, deps);
  return missingIn(record, staging, parts).length === 0;
}

/** A note that fails costs nothing but itself: the next chunk makes another. */
async function noteProgress(
  key: string,
  record: DropRecord,
  parts: readonly StagedPart[],
  deps: FailDependencies,
): Promise<void> {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const now = deps.now();
  const rate = bytesPerSecond(bytes, changes.statusSince(record).getTime(), now.getTime());
  const progress = { bytes, totalBytes: record.drop.size, bytesPerSecond: rate, at: now.toISOString() };
  try {
    await deps.records.change(key, (stored) => {
      if (stored === undefined || !isOfSameUpload(record, stored)) return undefined;
      const before = stored.progress;
      const isDue = before === undefined || now.getTime() - Date.parse(before.at) >= PROGRESS_SECONDS * 1000;
      return isDue && bytes > (before?.bytes ?? -1) ? { ...stored, progress } : undefined;
    });
  } catch (error) {
    deps.log.warn('a progress report was skipped', { record: key, error: asImageDropError(error) });
  }
}

/** A chunk may come late: the record may be at another image, or at another upload of the file. */
const isOfSameUpload = (read: DropRecord, stored: DropRecord): boolean =>
  stored.status === 'uploading' &&
  stored.generation === read.generation &&
  stored.staging?.uploadId === read.staging?.uploadId;

/**
 * As steps/under-lease.ts decides, but that the attempts of a chunk are counted by its queue. A chunk has no lease: it
 * decides nothing while another invocation holds one.
 */
async function decide(
  key: string,
  record: DropRecord,
  chunk: number,
  error: ImageDropError,
  invocation: Invocation,
  deps: FailDependencies,
): Promise<void> {
  const verdict = verdictOn(chunk, error, invocation);
  if (verdict !== undefined) await failDrop(key, changes.giveBack(record), verdict, deps);
  const stored = await deps.records.change(key, (present) =>
    present !== undefined && isOfSameUpload(record, present)
      ? { ...present, error: changes.recordedError(error, deps.now()) }
      : undefined,
  );
  if (stored === undefined || !isOfSameUpload(record, stored)) return;
  throw verdict === undefined ? error : heldBy(stored);
}

function heldBy({ lease }: DropRecord): ImageDropError {
  const message = `The drop has failed, but another invocation (${lease?.holder}) works on it until ${lease?.until}.`;
  return new ImageDropError('lease-held', message);
}

function verdictOn(chunk: number, error: ImageDropError, { receives }: Invocation): ImageDropError | undefined {
  if (!error.retryable) return error;
  return receives >= MAX_ATTEMPTS ? exhausted(chunk, error.code, error.message, error) : undefined;
}

function exhausted(
  chunk: number,
  code = 'internal',
  message = 'the function was ended from outside each time',
  cause?: Error,
) {
  const text = `Gave up chunk ${chunk} of the file after ${MAX_ATTEMPTS} attempts; the last one: ${code}: ${message}`;
  return new ImageDropError('retries-exhausted', text, { cause });
}
