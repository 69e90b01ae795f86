import { foundForTarget } from '../formats/for-target.ts';
import { inspect } from '../formats/inspect.ts';
import { conformed } from '../metadata/conformed.ts';
import { originsOf } from '../metadata/origins.ts';
import { settleMetadata } from '../metadata/settle.ts';
import { type Drop, goesTo, recordKey } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import { type Image, METADATA_PROPERTY } from '../model/image.ts';
import { imageId } from '../model/image-id.ts';
import { fingerprinted, newImage, unreleased } from '../model/new-image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { backfillNamedIn, type ObjectEvent, objectEvents } from '../model/s3-event.ts';
import { dropPlace, isPlaceholder, newestVersion, objectReader } from './dropped-object.ts';
import { foundDrop, requireChosen, targetsFor } from './find-drop.ts';
import { removeForsaken, removeGivenUp, removeLeftBehind } from './give-up-image.ts';
import { type MetadataFilesDependencies, metadataFiles, type ReadFile } from './metadata-files.ts';
import type { BeginningStore, Invocation, MessageQueue, ObjectHead, ObjectStore, RecordDraft } from './ports.ts';
import { askForRetry, existingRecord, isRedriven, recordNamedIn, retryNamedIn } from './record-message.ts';
import { type LeaseDependencies, underLease } from './under-lease.ts';
import { isFromStorage } from './upload-from-storage.ts';
import { targetOf } from './work.ts';

export interface CreateMetadataDependencies extends LeaseDependencies, MetadataFilesDependencies {
  readonly objects: ObjectStore;
  readonly beginnings: BeginningStore;
  readonly uploadQueue: MessageQueue;
}

/** Looks for the metadata files of a drop. */
type FindFiles = () => Promise<readonly ReadFile[]>;

/** What lies around a drop. */
interface Surroundings {
  /** What lies under its key, where that was seen just now. */
  readonly newest: ObjectHead | undefined;
  readonly findFiles: FindFiles;
}

/**
 * Takes up a drop: inspects the file, creates the image's metadata at each target and sends it on to the upload.
 * @param message an S3 event, or the record of a drop that begins again
 */
export async function createMetadata(
  message: unknown,
  invocation: Invocation,
  deps: CreateMetadataDependencies,
): Promise<void> {
  const events = objectEvents(message);
  if (events === undefined) return goOnOrRetry(message, invocation, deps);
  const backfill = backfillNamedIn(message);
  await allOf(events.map((event) => takeUp(event, backfill, invocation, deps)));
}

/** One record for each target that the drop goes to; from here each goes its own way. */
async function takeUp(
  event: ObjectEvent,
  backfill: string | undefined,
  invocation: Invocation,
  deps: CreateMetadataDependencies,
): Promise<void> {
  const { drop, newest } = await foundDrop(event, deps);
  let found: ReturnType<FindFiles> | undefined;
  // One look for all targets.
  const findFiles = () => (found ??= metadataFiles(drop, event.eventTime, deps));
  const targets =
    backfill === undefined
      ? await targetsFor(drop, arrivalOf(event, drop), deps)
      : [targetOf({ target: backfill }, deps.targets).name].filter((name) => goesTo(drop, name));
  await allOf(
    targets.map(async (name) => {
      const key = recordKey(drop, name);
      const received = await deps.records.change(key, (stored) =>
        stored ? undefined : changes.receive(drop, name, deps.now()),
      );
      if (received !== undefined) await goOn(key, received, invocation, deps, { newest, findFiles });
    }),
  );
}

/** The event of a multipart upload is later than its object, which is as old as the beginning of the upload. */
const arrivalOf = ({ eventTime }: ObjectEvent, { droppedAt }: Drop): Date =>
  new Date(Math.max(eventTime.getTime(), Date.parse(droppedAt)));

async function goOnOrRetry(message: unknown, invocation: Invocation, deps: CreateMetadataDependencies): Promise<void> {
  const key = recordNamedIn(message);
  const failedAt = retryNamedIn(message);
  if (failedAt !== undefined) {
    await deps.records.change(key, (stored) => stored && changes.retry(stored, failedAt, deps.now()));
  }
  return goOn(key, await existingRecord(key, deps.records), invocation, deps);
}

/** Does what the record's status asks for: a message that came twice or late only passes the record on. */
async function goOn(
  key: string,
  record: DropRecord,
  invocation: Invocation,
  deps: CreateMetadataDependencies,
  { newest, findFiles }: Partial<Surroundings> = {},
): Promise<void> {
  if (record.status !== 'received' && invocation.receives > 1) await removeLeftBehind(key, record, deps);
  switch (record.status) {
    case 'received':
      return underLease(key, record, ['received'], invocation, deps, (leased) =>
        createImage(key, leased, deps, {
          newest,
          findFiles: findFiles ?? (() => metadataFiles(leased.drop, changes.statusSince(leased), deps)),
        }),
      );
    case 'created':
    case 'uploading':
      return deps.uploadQueue.send({ record: key });
    default:
      if (isRedriven(record, invocation)) return goOnOrRetry(askForRetry(key, record), invocation, deps);
      if (record.announcedAt === undefined) await deps.statusQueue.send({ record: key });
  }
}

async function createImage(
  key: string,
  record: DropRecord,
  deps: CreateMetadataDependencies,
  { newest, findFiles }: Surroundings,
): Promise<void> {
  const object = await newestVersion(key, record, deps, newest);
  if (object === undefined || (await isPlaceholder(key, record, object, deps))) return;
  await removeGivenUp(key, record, deps);
  const made = await describeAndCreate(key, record, { object, files: await findFiles() }, deps);
  const { image, wanted } = made;
  try {
    await deps.records.change(key, (stored) => {
      changes.requireLease(stored, record.lease?.holder);
      const created = { ...stored, ...wanted, ...(image !== undefined && { image: { id: image.id } }) };
      return changes.moveTo(created, 'created', deps.now());
    });
  } catch (error) {
    if (image !== undefined) await removeForsaken(image.id, key, made.record, error, deps);
    throw error;
  }
  await deps.uploadQueue.send({ record: key });
}

type Wanted = Required<Pick<RecordDraft, 'found' | 'plan' | 'sent' | 'metadata'>>;

/** The drop's object and the metadata files that speak of it. */
interface Seen {
  readonly object: ObjectHead;
  readonly files: readonly ReadFile[];
}

interface Made {
  /** With the generation that the image has. */
  readonly record: DropRecord;
  readonly wanted: Wanted;
  /** Absent by fast import, which creates the image itself. */
  readonly image?: Image;
}

/**
 * Creates the image as it is wanted now. An image that an earlier try has created, and whose answer was lost, is used
 * where it was created as wanted; otherwise it is removed, and the next generation is created.
 */
async function describeAndCreate(
  key: string,
  record: DropRecord,
  seen: Seen,
  deps: CreateMetadataDependencies,
): Promise<Made> {
  const wanted = await describe(record, seen, deps).catch(async (error) => {
    if (await isOwnQuota(key, record, error, deps)) return undefined;
    throw error;
  });
  if (wanted?.plan.route === 'fast-import') return { record, wanted };
  const image = wanted && (await create(key, record, wanted, deps));
  if (image !== undefined && wanted !== undefined && isMadeAs(image, wanted)) return { record, wanted, image };
  if (image !== undefined) await removeEarlier([image], key, record, deps);
  return describeAndCreate(key, await nextGeneration(key, record, deps), seen, deps);
}

/** Whether the image that uses up the quota is this drop's own, which is then removed. */
async function isOwnQuota(
  key: string,
  record: DropRecord,
  error: unknown,
  deps: CreateMetadataDependencies,
): Promise<boolean> {
  const isFirstTry = record.attempts <= 1 && record.error === undefined;
  if (isFirstTry || !(error instanceof ImageDropError && error.code === 'quota-exceeded')) return false;
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  const own = await endpoint.createdFor(imageId(record.drop, record.target, record.generation));
  await removeEarlier(own, key, record, deps);
  return own.length > 0;
}

async function removeEarlier(
  images: readonly Image[],
  key: string,
  record: DropRecord,
  deps: CreateMetadataDependencies,
): Promise<void> {
  if (images.length === 0) return;
  const { generation } = record;
  const since = deps.now().toISOString();
  const removals = images.map(({ id }) => ({ generation, imageId: id, reason: 'replaced', since }));
  const stored = await deps.records.change(key, (present) => {
    // A stalled invocation must not give up an image that another one uses.
    changes.requireLease(present, record.lease?.holder);
    return removals.reduce<RecordDraft>(changes.withRemoval, present);
  });
  if (stored !== undefined) await removeGivenUp(key, stored, deps, removals);
}

async function nextGeneration(key: string, record: DropRecord, deps: CreateMetadataDependencies): Promise<DropRecord> {
  const next = { ...record, generation: record.generation + 1 };
  const stored = await deps.records.change(key, (present) => {
    changes.requireLease(present, record.lease?.holder);
    return { ...present, generation: next.generation };
  });
  return stored ?? next;
}

/** What to ask of the endpoint, from what is in the file and what people said of it. */
async function describe(
  record: DropRecord,
  { object, files }: Seen,
  deps: CreateMetadataDependencies,
): Promise<Wanted> {
  const target = targetOf(record, deps.targets);
  requireChosen(record, object, deps);
  const said = settleMetadata({ target, files, userMetadata: object.userMetadata });
  const { diskFormat } = said.metadata;
  const inspected = await inspect(objectReader(deps.objects, object), {
    fileName: object.key,
    ...(diskFormat !== undefined && { claimedFormat: diskFormat }),
  });
  const found = foundForTarget(inspected, target);
  const endpoint = await deps.endpoints.of(target);
  const place = dropPlace(record, deps);
  const plan = await endpoint.plan(found, object.size, place);
  // Whether there are keys for it is better known before anything is created.
  if (isFromStorage(plan.route) && !place.isStaging) await deps.staging.requireKeys(target);
  const refs = files.map(({ ref }) => ref);
  const wanted = newImage({ ...record, found, plan, metadata: said.metadata });
  const sent = fingerprinted(conformed((image) => endpoint.conform(image), wanted, said));
  const origins = originsOf(wanted, sent, { found, plan }, said);
  return { found, plan, sent, metadata: { files: refs, origins } };
}

/** Creates the image; an id that a deleted image has used up is left behind, for the next try to take the next one. */
async function create(
  key: string,
  record: DropRecord,
  { sent }: Wanted,
  deps: CreateMetadataDependencies,
): Promise<Image> {
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  try {
    return await endpoint.create(unreleased(sent));
  } catch (error) {
    if (error instanceof ImageDropError && error.code === 'image-id-taken') await nextGeneration(key, record, deps);
    throw error;
  }
}

/**
 * What the record says was sent must be what the image has, though people change metadata files and settings of targets
 * between two tries. A cloud that does not show the property is believed.
 */
function isMadeAs({ properties }: Image, { sent }: Wanted): boolean {
  const made = properties[METADATA_PROPERTY];
  return made === undefined || made === sent.properties[METADATA_PROPERTY];
}

/** Lets each go its own way to the end, then throws the first that failed: the others are not held up by it. */
export async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
