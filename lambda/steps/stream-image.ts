import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm, MeasuredUpload } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import type { UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { diskObject } from '../model/unpacking.ts';
import { digest, type Reading, send } from '../transfer/transfer.ts';
import { comparingWhileRead } from './dropped-checksum.ts';
import { dropPlace } from './dropped-object.ts';
import { beginAgain } from './give-up-image.ts';
import type { Sent, StepDependencies } from './ports.ts';
import { renewLease } from './under-lease.ts';
import type { Work } from './work.ts';

/** Progress is reported every ten seconds (transfer/progress.ts). */
const REPORTED_WITHIN_SECONDS = 10;

/**
 * Streams the object into its image. An upload that did not end within its time would not end the next time either: when
 * the target takes the image by another route at the measured rate, the record begins again with that route.
 * @returns undefined when the record begins again
 * @throws `out-of-time` when there is no other route: a retry may get a faster link
 */
export async function streamImage(
  work: Work<UploadRecord>,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<Sent | undefined> {
  const beganAt = deps.now();
  try {
    return await moveBytes(work, endpoint, deps);
  } catch (thrown) {
    const error = asImageDropError(thrown);
    const measured = error.code === 'out-of-time' ? await measuredSince(beganAt, work, deps) : undefined;
    // A file that was sent whole is still being saved; the next attempt looks at its image before anything is deleted.
    if (measured === undefined || !(await hasOtherRoute(work, measured, endpoint, deps))) throw error;
    await work.change((stored) => ({ ...stored, measured }));
    await beginAgain(work, error, deps);
    return undefined;
  }
}

/** Streams the bytes, and keeps the record's progress and lease up to date. */
async function moveBytes(work: Work<UploadRecord>, endpoint: ImageEndpoint, deps: StepDependencies): Promise<Sent> {
  const { key, record, imageId } = work;
  await work.change((stored) => changes.beginUpload(stored, deps.now()));
  const source = sourceOf(work, deps);
  const sent = await send({
    ...source,
    ...(await comparingWhileRead(work, source)),
    sink: (body, length, signal) => endpoint.upload(imageId, body, length, signal),
  });
  deps.meter.countMoved({ record: key, target: record.target, ...sent });
  return sent;
}

/** Reads the object without sending it, for some hashes; by default those of the plan. */
export async function hashAgain(
  work: Work<UploadRecord>,
  deps: StepDependencies,
  algorithms: readonly HashAlgorithm[] = [],
): Promise<Sent> {
  const source = { ...sourceOf(work, deps), ...(algorithms.length > 0 && { algorithms }) };
  return digest({ ...source, ...(await comparingWhileRead(work, source)) });
}

function sourceOf(work: Work<UploadRecord>, deps: StepDependencies): Reading {
  const { plan } = work.record;
  const disk = diskObject(work.record);
  return {
    open: (range, signal) => deps.objects.open(disk, range, signal),
    range: plan.range,
    algorithms: plan.algorithms,
    signal: work.invocation.signal,
    onProgress: (progress) => renewLease(work, deps, progress),
    onSkippedProgress: (error) => deps.log.warn('a progress report was skipped', { record: work.key, error }),
  };
}

/** Whether everything may have been sent: what was missing at the last report takes less time than a lease lasts. */
export function wasReadWhole({ progress }: Pick<DropRecord, 'progress'>): boolean {
  if (progress === undefined) return false;
  return progress.totalBytes - progress.bytes <= progress.bytesPerSecond * REPORTED_WITHIN_SECONDS;
}

async function measuredSince(
  beganAt: Date,
  { key }: Work,
  deps: StepDependencies,
): Promise<MeasuredUpload | undefined> {
  const progress = (await deps.records.load(key))?.progress;
  // Without a report of its own, this upload has measured nothing.
  if (progress === undefined || Date.parse(progress.at) < beganAt.getTime() || wasReadWhole({ progress }))
    return undefined;
  const seconds = (deps.now().getTime() - beganAt.getTime()) / 1000;
  return { bytesPerSecond: progress.bytesPerSecond, seconds };
}

async function hasOtherRoute(
  work: Work<UploadRecord>,
  measured: MeasuredUpload,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<boolean> {
  const { found, drop, target } = work.record;
  const { size } = diskObject(work.record);
  try {
    const { route } = await endpoint.plan(found, size, { ...dropPlace(work, deps), measured });
    return route !== 'stream';
  } catch (error) {
    if (!(error instanceof ImageDropError)) throw error;
    deps.log.info('the target takes the image by no other route', { target, dropId: drop.id, error });
    return false;
  }
}
