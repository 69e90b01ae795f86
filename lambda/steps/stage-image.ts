import type { ObjectPlace } from '../endpoints/endpoint.ts';
import { ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedStaging } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { cutFor, missingChunks } from '../model/staging.ts';
import { clearStaging } from './clear-staging.ts';
import { whileHolding } from './hold.ts';
import type { Invocation, MessageQueue, StagedPart, Staging, StagingStore, StepDependencies } from './ports.ts';
import { stageBitmap } from './stage-bitmap.ts';
import { stagedKey } from './staged-key.ts';
import { targetOf } from './target-of.ts';

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
