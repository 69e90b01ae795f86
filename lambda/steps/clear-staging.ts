import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord, RecordedStaging } from '../model/record.ts';
import { bitmapKey } from '../model/staging.ts';
import type { Staging, StagingStore, StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

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
