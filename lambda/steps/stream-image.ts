import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm, MeasuredUpload } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { digest, type Reading, send } from '../transfer/transfer.ts';
import { dropPlace } from './dropped-object.ts';
import { type BeginAgainDependencies, beginAgain } from './give-up-image.ts';
import type { Invocation, Sent, StepDependencies } from './ports.ts';
import { heartbeat } from './under-lease.ts';

/** Progress is reported every ten seconds (transfer/progress.ts). */
const REPORTED_WITHIN_SECONDS = 10;

/**
 * Streams the object into its image. An upload that did not end within its time would not end the next time either:
 * where the target takes the image by another route at the rate that was measured, it begins anew on that one.
 * @returns undefined when the record begins anew
 * @throws `out-of-time` where there is no other route: then it is tried again, for links have better hours
 */
export async function streamImage(
  key: string,
  record: DropRecord,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: BeginAgainDependencies,
): Promise<Sent | undefined> {
  const beganAt = deps.now();
  try {
    return await moveBytes(key, record, endpoint, invocation, deps);
  } catch (thrown) {
    const error = asImageDropError(thrown);
    const measured = error.code === 'out-of-time' ? await measuredSince(beganAt, key, deps) : undefined;
    // What was sent whole is still being saved; the next attempt looks at that before anything is deleted.
    if (measured === undefined || !(await hasOtherRoute({ ...record, measured }, endpoint, deps))) throw error;
    await deps.records.change(key, (stored) => {
      changes.requireLease(stored, invocation.id);
      return { ...stored, measured };
    });
    await beginAgain(key, record, error, deps);
    return undefined;
  }
}

/** Whether everything may have gone out: what was missing at the last report takes less time than a lease lasts. */
export function wasReadWhole({ progress }: Pick<DropRecord, 'progress'>): boolean {
  if (progress === undefined) return false;
  return progress.totalBytes - progress.bytes <= progress.bytesPerSecond * REPORTED_WITHIN_SECONDS;
}

async function measuredSince(beganAt: Date, key: string, deps: StepDependencies): Promise<MeasuredUpload | undefined> {
  const progress = (await deps.records.load(key))?.progress;
  const seconds = (deps.now().getTime() - beganAt.getTime()) / 1000;
  // Without a report of its own this upload has measured nothing.
  if (progress === undefined || Date.parse(progress.at) < beganAt.getTime() || wasReadWhole({ progress }))
    return undefined;
  return { bytesPerSecond: progress.bytesPerSecond, seconds };
}

async function hasOtherRoute(record: DropRecord, endpoint: ImageEndpoint, deps: StepDependencies): Promise<boolean> {
  if (record.found === undefined) return false;
  try {
    const { route } = await endpoint.plan(record.found, record.drop.size, dropPlace(record, deps));
    return route !== 'stream';
  } catch (error) {
    if (!(error instanceof ImageDropError)) throw error;
    deps.log.info('the target takes the image by no other route', {
      target: record.target,
      dropId: record.drop.id,
      error,
    });
    return false;
  }
}

/** Streams the object into its image, keeping the record's progress and lease up to date. */
export async function moveBytes(
  key: string,
  record: DropRecord,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: StepDependencies,
): Promise<Sent> {
  const imageId = record.image?.id;
  if (imageId === undefined) throw incomplete(key, 'image');
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return changes.beginUpload(stored, deps.now());
  });
  const source = sourceOf(key, record, invocation, deps);
  const sent = await send({
    ...source,
    sink: (body, length, signal) => endpoint.upload(imageId, body, length, signal),
  });
  deps.meter.countMoved({ record: key, target: record.target, ...sent });
  return sent;
}

/** Reads the object without sending it, for the hashes that are asked for; by default those of the plan. */
export function hashAgain(
  key: string,
  record: DropRecord,
  invocation: Invocation,
  deps: StepDependencies,
  algorithms: readonly HashAlgorithm[] = [],
): Promise<Sent> {
  const source = sourceOf(key, record, invocation, deps);
  return digest(algorithms.length === 0 ? source : { ...source, algorithms });
}

function sourceOf(key: string, record: DropRecord, invocation: Invocation, deps: StepDependencies): Reading {
  if (record.plan === undefined) throw incomplete(key, 'plan');
  return {
    open: (range, signal) => deps.objects.open(record.drop, range, signal),
    range: record.plan.range,
    algorithms: record.plan.algorithms,
    signal: invocation.signal,
    onProgress: (progress) => heartbeat(key, progress, invocation, deps),
    onSkippedProgress: (error) => deps.log.warn('a progress report was skipped', { record: key, error }),
  };
}

function incomplete(key: string, field: string): ImageDropError {
  return new ImageDropError('bad-record', `The record ${key} has the status of an upload, but no ${field}.`);
}
