import { buffer } from 'node:stream/consumers';
import type { ObjectPlace } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedStaging } from '../model/record.ts';
import type { UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { bitmapKey, copyKey, cutFor, missingChunks } from '../model/staging.ts';
import { diskObject } from '../model/unpacking.ts';
import { resumingSource } from '../transfer/resuming-source.ts';
import type {
  MessageQueue,
  StagedPart,
  Staging,
  StagingStore,
  StepDependencies,
  StreamUploadDependencies,
} from './ports.ts';
import { whileHolding } from './under-lease.ts';
import type { Work } from './work.ts';

/** Messages that are sent in parallel: a file of 1 TB has five thousand chunks, and each message takes some 20 ms. */
const MESSAGES_AT_A_TIME = 16;

/**
 * Makes sure, under the lease, that the file is where its image service can read it. The parts that object storage lists
 * decide what is left to do: each missing chunk gets a message; when none is missing, the multipart upload is completed.
 * @returns undefined while chunks are missing
 */
export async function stageImage(
  work: Work<UploadRecord>,
  deps: StreamUploadDependencies,
): Promise<ObjectPlace | undefined> {
  const disk = diskObject(work.record);
  const { target } = work;
  if (disk.offset === undefined && deps.staging.holds(target, disk.bucket))
    return { bucket: disk.bucket, key: disk.key };
  const { record } = await withoutDoubted(work, deps);
  const store = await deps.staging.of(target);
  const staging = await plannedCopy(work, record, store, deps);
  const place = { bucket: staging.bucket, key: staging.key };
  await stageBitmap(record, staging, store, deps);
  if ((await store.size(staging.key)) === disk.size) return place;
  const uploadId = await uploadFor(work, staging, store);
  const parts = (await store.parts(staging.key, uploadId)) ?? [];
  const missing = missingIn(record, staging, parts);
  if (missing.length === 0) {
    await whileHolding(work, deps, () => complete(record, { ...staging, uploadId }, parts, store));
    return place;
  }
  await askForChunks(work.key, missing, deps.uploadQueue);
  await work.change(changes.withoutLease);
  return undefined;
}

/** Removes a copy that made a bad image. @throws `staging-refused` when it cannot be removed */
async function withoutDoubted(
  work: Work<UploadRecord>,
  deps: StreamUploadDependencies,
): Promise<{ readonly record: UploadRecord }> {
  const { record } = work;
  if (!record.staging?.doubted) return work;
  const cleared = await clearStaging(work, deps);
  if (cleared?.removedAt === undefined) throw new ImageDropError('staging-refused', cleared?.left ?? 'The copy stays.');
  await work.change(changes.withoutStaging);
  const { staging: _, ...rest } = record;
  return { record: rest };
}

export function missingIn(
  record: DropRecord,
  staging: RecordedStaging,
  parts: readonly StagedPart[],
): readonly number[] {
  const file = { ...staging, bytes: diskObject(record).size };
  return missingChunks(file, new Set(parts.map(({ number }) => number)));
}

/** The record names the copy before it exists: a copy that no record names could not be removed. */
async function plannedCopy(
  work: Work,
  record: UploadRecord,
  store: StagingStore,
  deps: StepDependencies,
): Promise<RecordedStaging> {
  const planned = { bucket: store.bucket, key: stagedKey(record), ...cutFor(diskObject(record).size) };
  const changed = await work.change((stored) => ({
    ...changes.beginUpload(stored, deps.now()),
    staging: stored.staging ?? planned,
  }));
  return changed.staging ?? planned;
}

/** It does not change with the generation: the next image is made of the same copy. */
const stagedKey = ({ staging, sent, found }: UploadRecord): string => staging?.key ?? copyKey(sent.id, found.format);

/** The multipart upload that the record names, else one that an earlier attempt has left, else a new one. Others are aborted. */
async function uploadFor(work: Work, staging: RecordedStaging, store: StagingStore): Promise<string> {
  const uploads = await store.uploads(staging.key);
  const known = uploads.find((id) => id === staging.uploadId) ?? uploads[0];
  const uploadId = known ?? (await store.begin(staging.key));
  for (const other of uploads.filter((id) => id !== uploadId)) await store.abort(staging.key, other);
  if (uploadId !== staging.uploadId) await work.change((stored) => ({ ...stored, staging: { ...staging, uploadId } }));
  return uploadId;
}

async function askForChunks(record: string, chunks: readonly number[], uploadQueue: MessageQueue): Promise<void> {
  for (let first = 0; first < chunks.length; first += MESSAGES_AT_A_TIME) {
    const some = chunks.slice(first, first + MESSAGES_AT_A_TIME);
    await Promise.all(some.map((chunk) => uploadQueue.send({ record, chunk })));
  }
}

/** An upload that no longer exists was completed by an earlier attempt; otherwise the next attempt makes it again. */
async function complete(
  record: DropRecord,
  { key, uploadId, bucket }: RecordedStaging & { readonly uploadId: string },
  parts: readonly StagedPart[],
  store: StagingStore,
): Promise<void> {
  await store.complete(key, uploadId, parts);
  const bytes = await store.size(key);
  const { size } = diskObject(record);
  if (bytes === size) return;
  const found = bytes === undefined ? 'does not exist' : `has ${bytes} bytes`;
  const message = `The copy ${bucket}:${key} ${found} after its upload; the file has ${size} bytes.`;
  throw new ImageDropError('staging-unavailable', message);
}

/** One bit for each 4 KiB of 1 TB makes 30 MB. A much larger file is not a bitmap, and would not fit into memory. */
const MAX_BITMAP_BYTES = 256 * 2 ** 20;

/**
 * Puts the bitmap file of a raw image beside its copy, where a fast import looks for it. It is stored before the image:
 * when the copy is complete, nothing is missing.
 */
async function stageBitmap(
  { drop, plan, found }: UploadRecord,
  staging: RecordedStaging,
  store: StagingStore,
  deps: StepDependencies,
): Promise<void> {
  const to = bitmapKey(staging.key);
  if (plan.route !== 'fast-import' || found.format !== 'raw' || (await store.size(to)) !== undefined) return;
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

/** A part that was in transit when its upload was aborted may bring the upload back (Amazon S3, AbortMultipartUpload). */
const ABORT_ROUNDS = 5;

/**
 * Removes the copy in object storage, complete or not.
 * @returns what the record says about it from now on: if we may not remove it, why it is left
 * @throws `staging-unavailable`
 */
export async function clearStaging(
  work: Work,
  deps: StepDependencies & { readonly staging: Staging },
): Promise<RecordedStaging | undefined> {
  const { staging, drop } = work.record;
  if (staging === undefined || staging.removedAt !== undefined) return staging;
  try {
    await removeAll(staging, await deps.staging.of(work.target));
    const { left: _, ...rest } = staging;
    return { ...rest, removedAt: deps.now().toISOString() };
  } catch (thrown) {
    const error = asImageDropError(thrown);
    if (error.retryable) throw error;
    deps.log.warn('the copy in object storage is left there', { key: staging.key, dropId: drop.id, error });
    return { ...staging, left: error.message };
  }
}

async function removeAll({ key }: RecordedStaging, store: StagingStore): Promise<void> {
  await removeObject(key, store);
  await store.delete(bitmapKey(key));
}

/** Removes an object and its unfinished uploads. @throws `staging-unavailable` */
export async function removeObject(key: string, store: StagingStore): Promise<void> {
  let uploads = await store.uploads(key);
  for (let round = 0; uploads.length > 0; round += 1) {
    if (round === ABORT_ROUNDS) {
      const message = `The unfinished upload of ${store.bucket}:${key} is still there after it was aborted ${ABORT_ROUNDS} times.`;
      throw new ImageDropError('staging-unavailable', message);
    }
    for (const uploadId of uploads) await store.abort(key, uploadId);
    uploads = await store.uploads(key);
  }
  await store.delete(key);
}
