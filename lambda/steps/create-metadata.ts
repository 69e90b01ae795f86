import { type Drop, goesTo, recordKey } from '../model/drop.ts';
import * as changes from '../model/record-changes.ts';
import { backfillNamedIn, checksumEvents, type ObjectEvent, objectEvents, restoredObjects } from '../model/s3-event.ts';
import { checksumFiles, wakeWaiting } from './checksum-files.ts';
import { createImage, type Surroundings } from './create-image.ts';
import { dropOf, foundDrop, targetsFor } from './find-drop.ts';
import { removeLeftBehind } from './give-up-image.ts';
import { metadataFiles } from './metadata-files.ts';
import type { CreateMetadataDependencies, Invocation } from './ports.ts';
import { askForRetry, existingRecord, isRedriven, recordNamedIn, retryNamedIn } from './record-message.ts';
import { underLease } from './under-lease.ts';
import { targetNamed, Work } from './work.ts';

/**
 * Receives a drop: inspects the file, creates the image's metadata at each target and sends it on to the upload.
 * @param message an S3 event, or the record of a drop that begins again
 */
export async function createMetadata(
  message: unknown,
  invocation: Invocation,
  deps: CreateMetadataDependencies,
): Promise<void> {
  const events = objectEvents(message);
  if (events === undefined) return resumeOrRetry(message, invocation, deps);
  const backfill = backfillNamedIn(message);
  await allOf([
    ...ofDropBucket(events, deps).map((event) => receiveDrop(event, backfill, invocation, deps)),
    ...ofDropBucket(checksumEvents(message), deps).map((event) => wakeWaiting(event, deps)),
    ...ofDropBucket(restoredObjects(message), deps).map((event) => continueRestored(event, invocation, deps)),
  ]);
}

/** A topic may carry the events of several buckets. */
function ofDropBucket<E extends { readonly bucket: string }>(
  events: readonly E[],
  { dropBucket, log }: CreateMetadataDependencies,
): readonly E[] {
  const others = events.flatMap(({ bucket }) => (bucket === dropBucket ? [] : [bucket]));
  if (others.length > 0) log.info('ignores events of other buckets', { buckets: others });
  return events.filter(({ bucket }) => bucket === dropBucket);
}

/** Creates one record for each target that the drop goes to. From here on, the targets are independent. */
async function receiveDrop(
  event: ObjectEvent,
  backfill: string | undefined,
  invocation: Invocation,
  deps: CreateMetadataDependencies,
): Promise<void> {
  const { drop, newest } = await foundDrop(event, deps);
  // One look for all targets.
  const findFiles = once(() => metadataFiles(drop, event.eventTime, deps));
  const findChecksums = once(() => checksumFiles(drop, deps));
  const targets =
    backfill === undefined
      ? await targetsFor(drop, arrivalOf(event, drop), deps)
      : [targetNamed(backfill, deps.targets).name].filter((name) => goesTo(drop, name));
  await allOf(
    targets.map(async (name) => {
      const key = recordKey(drop, name);
      const received = await deps.records.change(key, (stored) =>
        stored ? undefined : changes.receive(drop, name, deps.now()),
      );
      if (received === undefined) return;
      await resume(new Work(key, received, invocation, deps), deps, { newest, findFiles, findChecksums });
    }),
  );
}

function once<T>(look: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= look());
}

/** The event of a multipart upload is later than its object, which is as old as the beginning of the upload. */
const arrivalOf = ({ eventTime }: ObjectEvent, { droppedAt }: Drop): Date =>
  new Date(Math.max(eventTime.getTime(), Date.parse(droppedAt)));

/** Begins a drop again that failed because its object was archived, and can be read now. */
async function continueRestored(
  event: ObjectEvent,
  invocation: Invocation,
  deps: CreateMetadataDependencies,
): Promise<void> {
  const drop = await dropOf(event, deps);
  await allOf(
    deps.targets.map(async ({ name }) => {
      const key = recordKey(drop, name);
      const record = await deps.records.change(key, (stored) => stored && changes.retryRestored(stored, deps.now()));
      if (record !== undefined && !changes.isSettled(record))
        await resume(new Work(key, record, invocation, deps), deps);
    }),
  );
}

async function resumeOrRetry(
  message: unknown,
  invocation: Invocation,
  deps: CreateMetadataDependencies,
): Promise<void> {
  const key = recordNamedIn(message);
  const failedAt = retryNamedIn(message);
  if (failedAt !== undefined) {
    await deps.records.change(key, (stored) => stored && changes.retry(stored, failedAt, deps.now()));
  }
  return resume(new Work(key, await existingRecord(key, deps.records), invocation, deps), deps);
}

/** Does what the record's status requires: a message that comes twice or late only sends the record to its queue. */
async function resume(
  work: Work,
  deps: CreateMetadataDependencies,
  { newest, findFiles, findChecksums }: Partial<Surroundings> = {},
): Promise<void> {
  const { record, invocation } = work;
  if (record.status !== 'received' && invocation.receives > 1) await removeLeftBehind(work, deps);
  switch (record.status) {
    case 'received':
      return underLease(work, ['received'], deps, (leased) =>
        createImage(leased, deps, {
          newest,
          findFiles: findFiles ?? (() => metadataFiles(leased.record.drop, changes.statusSince(leased.record), deps)),
          findChecksums: findChecksums ?? (() => checksumFiles(leased.record.drop, deps)),
        }),
      );
    case 'unpacking':
      return deps.unpackQueue.send(work.message);
    case 'created':
    case 'uploading':
      return deps.uploadQueue.send(work.message);
    default:
      if (isRedriven(record, invocation)) return resumeOrRetry(askForRetry(work), invocation, deps);
      if (!changes.isOver(record)) await deps.statusQueue.send(work.message);
  }
}

/** Waits for all, then throws the error of the first that failed: a failure does not interrupt the others. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
