import { buffer } from 'node:stream/consumers';
import type { ObjectPlace } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedStaging } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { bitmapKey, cutFor, missingChunks } from '../model/staging.ts';
import { resumingSource } from '../transfer/resuming-source.ts';
import type { Invocation, MessageQueue, StagedPart, Staging, StagingStore, StepDependencies } from './ports.ts';
import { whileHolding } from './under-lease.ts';
import { targetOf } from './work.ts';

export interface StagingDependencies extends StepDependencies {
  readonly staging: Staging;
  readonly uploadQueue: MessageQueue;
}

/** Messages that are sent at one time: a file of 1 TB has five thousand chunks, and each message takes some 20 ms. */
const MESSAGES_AT_A_TIME = 16;

/**
 * Sees to it, under the lease, that the file lies where its image service can read it. What object storage itself says
 * is stored decides what is left to do: chunks that are missing are asked for by messages of their own; when none is, the
 * multipart upload is completed.
 * @returns undefined while chunks are missing
 */
export async function stageImage(
  key: string,
  record: DropRecord,
  invocation: Invocation,
  deps: StagingDependencies,
): Promise<ObjectPlace | undefined> {
  const { drop } = record;
  const target = targetOf(record, deps.targets);
  if (deps.staging.holds(target, drop.bucket)) return { bucket: drop.bucket, key: drop.key };
  if (record.staging?.doubted)
    return stageImage(key, await withoutDoubted(key, record, invocation, deps), invocation, deps);
  const store = await deps.staging.of(target);
  const staging = await begun(key, record, store, invocation, deps);
  const place = { bucket: staging.bucket, key: staging.key };
  await stageBitmap(record, staging, store, deps);
  if ((await store.size(staging.key)) === drop.size) return place;
  const uploadId = await uploadFor(key, staging, store, invocation, deps);
  const parts = (await store.parts(staging.key, uploadId)) ?? [];
  const missing = missingIn(record, staging, parts);
  if (missing.length === 0) {
    await whileHolding(key, invocation, deps, () => complete(record, { ...staging, uploadId }, parts, store));
    return place;
  }
  await ask(key, missing, deps);
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return changes.giveBack(stored);
  });
  return undefined;
}

/** Removes a copy of which a bad image was made. @throws `staging-refused` where it cannot be removed */
async function withoutDoubted(
  key: string,
  record: DropRecord,
  invocation: Invocation,
  deps: StagingDependencies,
): Promise<DropRecord> {
  const cleared = await clearStaging(record, deps);
  if (cleared?.removedAt === undefined) throw new ImageDropError('staging-refused', cleared?.left ?? '');
  const changed = await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return changes.withoutStaging(stored);
  });
  return changed ?? record;
}

export function missingIn(
  record: DropRecord,
  staging: RecordedStaging,
  parts: readonly StagedPart[],
): readonly number[] {
  const file = { ...staging, bytes: record.drop.size };
  return missingChunks(file, new Set(parts.map(({ number }) => number)));
}

/** The record says where the copy will be before there is any: what it does not name could not be removed. */
async function begun(
  key: string,
  record: DropRecord,
  store: StagingStore,
  invocation: Invocation,
  deps: StepDependencies,
): Promise<RecordedStaging> {
  const planned = { bucket: store.bucket, key: stagedKey(record), ...cutFor(record.drop.size) };
  const changed = await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return { ...changes.beginUpload(stored, deps.now()), staging: stored.staging ?? planned };
  });
  return changed?.staging ?? planned;
}

/** The multipart upload that the record names, else one that an attempt before has left, else a new one; and no other. */
async function uploadFor(
  key: string,
  staging: RecordedStaging,
  store: StagingStore,
  invocation: Invocation,
  deps: StepDependencies,
): Promise<string> {
  const uploads = await store.uploads(staging.key);
  const known = uploads.find((id) => id === staging.uploadId) ?? uploads[0];
  const uploadId = known ?? (await store.begin(staging.key));
  for (const other of uploads.filter((id) => id !== uploadId)) await store.abort(staging.key, other);
  if (uploadId === staging.uploadId) return uploadId;
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return { ...stored, staging: { ...staging, uploadId } };
  });
  return uploadId;
}

async function ask(key: string, chunks: readonly number[], { uploadQueue }: StagingDependencies): Promise<void> {
  for (let first = 0; first < chunks.length; first += MESSAGES_AT_A_TIME) {
    const some = chunks.slice(first, first + MESSAGES_AT_A_TIME);
    await Promise.all(some.map((chunk) => uploadQueue.send({ record: key, chunk })));
  }
}

/** An upload that is gone was completed by an attempt before, or it is made anew by the next. */
async function complete(
  record: DropRecord,
  { key, uploadId = '', bucket }: RecordedStaging,
  parts: readonly StagedPart[],
  store: StagingStore,
): Promise<void> {
  await store.complete(key, uploadId, parts);
  const bytes = await store.size(key);
  if (bytes === record.drop.size) return;
  const found = bytes === undefined ? 'is not there' : `has ${bytes} bytes`;
  const message = `The copy ${bucket}:${key} ${found} after its upload; the file has ${record.drop.size} bytes.`;
  throw new ImageDropError('staging-unavailable', message);
}

/** One bit for each 4 KiB of 1 TB are 30 MB. What is much more is another file, and would not fit into memory. */
const MAX_BITMAP_BYTES = 256 * 2 ** 20;

/**
 * Puts the bitmap file of a raw image beside its copy, where a fast import looks for it. It comes before the image: when
 * the copy is whole, nothing is missing.
 */
export async function stageBitmap(
  { drop, plan, found }: DropRecord,
  staging: RecordedStaging,
  store: StagingStore,
  deps: StepDependencies,
): Promise<void> {
  const to = bitmapKey(staging.key);
  if (plan?.route !== 'fast-import' || found?.format !== 'raw' || (await store.size(to)) !== undefined) return;
  const from = bitmapKey(drop.key);
  const object = await deps.objects.head(drop.bucket, from);
  if (object === undefined) throw new ImageDropError('object-gone', `The bitmap file ${from} of ${drop.key} is gone.`);
  if (object.size > MAX_BITMAP_BYTES) {
    const message = `${from} has ${object.size} bytes, which is too much for the bitmap file of ${drop.key}.`;
    throw new ImageDropError('too-large', message, {
      nextStep: `Drop the right bitmap file as ${from}, then the image.`,
    });
  }
  const range = { offset: 0, length: object.size };
  const open = resumingSource((part, signal) => deps.objects.open(object, part, signal), range);
  await store.put(to, await buffer(open));
}

/** All of ours lie under one prefix, so that a rule of the bucket can concern them alone. */
const PREFIX = 'imagedrop';

/**
 * A key without spaces, which image services refuse, that no other drop has. It does not change with the generation: an
 * image that is made anew is made of the same copy.
 */
export function stagedKey({ staging, sent, found, drop }: DropRecord): string {
  if (staging !== undefined) return staging.key;
  if (sent !== undefined && found !== undefined) return `${PREFIX}/${sent.id}.${found.format}`;
  throw new ImageDropError('bad-record', `The record of ${drop.key} has the status of an upload, but nothing is sent.`);
}

export interface ClearingDependencies extends StepDependencies {
  readonly staging: Staging;
}

/** A part that was on its way when its upload was aborted may bring the upload back (Amazon S3, AbortMultipartUpload). */
const ROUNDS = 5;

/**
 * Removes the copy in object storage and what is there of an unfinished one.
 * @returns what the record says of it from now on: where we may not remove it, why it is left
 * @throws `staging-unavailable`
 */
export async function clearStaging(
  record: DropRecord,
  deps: ClearingDependencies,
): Promise<RecordedStaging | undefined> {
  const { staging } = record;
  if (staging === undefined || staging.removedAt !== undefined) return staging;
  try {
    await removeAll(staging, await deps.staging.of(targetOf(record, deps.targets)));
    const { left: _, ...rest } = staging;
    return { ...rest, removedAt: deps.now().toISOString() };
  } catch (thrown) {
    const obstacle = asImageDropError(thrown);
    if (obstacle.retryable) throw obstacle;
    deps.log.warn('the copy in object storage is left there', {
      key: staging.key,
      dropId: record.drop.id,
      error: obstacle,
    });
    return { ...staging, left: obstacle.message };
  }
}

async function removeAll({ bucket, key }: RecordedStaging, store: StagingStore): Promise<void> {
  let uploads = await store.uploads(key);
  for (let round = 0; uploads.length > 0; round += 1) {
    if (round === ROUNDS) {
      const message = `The unfinished upload of ${bucket}:${key} is still there after it was aborted ${ROUNDS} times.`;
      throw new ImageDropError('staging-unavailable', message);
    }
    for (const uploadId of uploads) await store.abort(key, uploadId);
    uploads = await store.uploads(key);
  }
  await store.delete(key);
  await store.delete(bitmapKey(key));
}
