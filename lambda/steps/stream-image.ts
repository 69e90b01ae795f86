import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm, MeasuredUpload } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import type { UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { diskObject } from '../model/unpacking.ts';
import { requireDigest } from '../packed/manifest.ts';
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
 * @throws `out-of-time` when there is no other route: one retry may get a faster link, a second slow run fails the drop
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
    if (measured === undefined) throw error;
    if (!(await hasOtherRoute(work, measured, endpoint, deps))) throw await countedSlow(work, measured, error);
    await work.change((stored) => ({ ...stored, measured }));
    await beginAgain(work, error, deps);
    return undefined;
  }
}

/** Streams the bytes, and keeps the record's progress and lease up to date. */
async function moveBytes(work: Work<UploadRecord>, endpoint: ImageEndpoint, deps: StepDependencies): Promise<Sent> {
  const { key, record, imageId } = work;
  await work.change((stored) => changes.beginUpload(stored, deps.now()));
  const source = sourceOf(work, deps, record.plan.algorithms);
  const sent = await send({
    ...source,
    ...(await comparingWhileRead(work, source)),
    sink: (body, length, signal) => endpoint.upload(imageId, body, length, signal),
  });
  deps.meter.countMoved({ record: key, target: record.target, ...sent });
  requireManifest(record, sent);
  return sent;
}

/** Reads the object without sending it, for some hashes; by default those of the plan. */
export async function hashAgain(
  work: Work<UploadRecord>,
  deps: StepDependencies,
  algorithms: readonly HashAlgorithm[] = [],
): Promise<Sent> {
  const wanted = algorithms.length === 0 ? work.record.plan.algorithms : algorithms;
  const source = sourceOf(work, deps, wanted);
  const read = await digest({ ...source, ...(await comparingWhileRead(work, source)) });
  requireManifest(work.record, read);
  return read;
}

/** @throws `manifest-mismatch` */
function requireManifest({ member }: UploadRecord, { hashes }: Sent): void {
  if (member?.manifest !== undefined) requireDigest(member.manifest, member.name, hashes[member.manifest.algorithm]);
}

function sourceOf(work: Work<UploadRecord>, deps: StepDependencies, wanted: readonly HashAlgorithm[]): Reading {
  const { plan, member } = work.record;
  const stated = member?.manifest?.algorithm;
  const disk = diskObject(work.record);
  return {
    open: (range, signal) => deps.objects.open(disk, range, signal),
    range: plan.range,
    algorithms: stated === undefined ? wanted : [...wanted, stated],
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

/** A second run like the first shows the link, and not a bad quarter of an hour: ten more would cost the same in vain. */
const SLOW_RUNS = 2;

/** AWS Lambda developer guide, "Lambda Managed Instances": an invocation takes 90 minutes at most. */
const MANAGED_SECONDS = 5400;

/** @returns `error`, or why no other run can succeed */
async function countedSlow(
  work: Work<UploadRecord>,
  measured: MeasuredUpload,
  error: ImageDropError,
): Promise<ImageDropError> {
  const { length } = work.record.plan.range;
  const fits = Math.floor(measured.bytesPerSecond * measured.seconds);
  if (fits >= length) return error;
  const slowRuns = (work.record.slowRuns ?? 0) + 1;
  await work.change((stored) => ({ ...stored, slowRuns }));
  if (slowRuns < SLOW_RUNS) return error;
  const rate = Math.round(measured.bytesPerSecond);
  const message = `The image has ${length} bytes. Two uploads were measured, the last with ${rate} bytes per second: in the ${Math.round(measured.seconds)} s of the function that is ${fits} bytes.`;
  const nextStep = `To upload it, ${waysFor(work, measured).join(', or ')}. Then run \`imagedrop retry\` for the drop.`;
  return new ImageDropError('out-of-time', message, { cause: error, retryable: false, nextStep });
}

/** What takes the image where streaming cannot. docs/routes.md explains each. */
function waysFor({ target, record }: Work<UploadRecord>, { bytesPerSecond, seconds }: MeasuredUpload): string[] {
  const { length } = record.plan.range;
  const byManaged = seconds < MANAGED_SECONDS && length <= bytesPerSecond * MANAGED_SECONDS;
  return [
    ...(target.route === 'stream' ? [`set \`route\` of the target ${target.name} to \`auto\``] : []),
    target.kind === 'ims'
      ? 'give the target `staging`, so that the service reads the image from object storage'
      : 'have the cloud enable `web-download`, so that it fetches the image itself',
    ...(byManaged ? ['set `managedInstances`, which give an upload 90 minutes'] : []),
    'give the function a faster link',
  ];
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
