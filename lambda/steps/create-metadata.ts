import { inspect } from '../formats/inspect.ts';
import { conformed } from '../metadata/conformed.ts';
import { originsOf } from '../metadata/origins.ts';
import { settleMetadata } from '../metadata/settle.ts';
import { type Drop, goesTo, recordKey } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import { type Image, METADATA_PROPERTY } from '../model/image.ts';
import { newImage } from '../model/new-image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { backfillNamedIn, type ObjectEvent, objectEvents } from '../model/s3-event.ts';
import { allOf } from './all-of.ts';
import { targetsFor } from './begun-targets.ts';
import { foundDrop } from './drop-of.ts';
import { dropPlace } from './drop-place.ts';
import { removeForsaken, removeGivenUp, removeLeftBehind } from './give-up-image.ts';
import { type MetadataFilesDependencies, metadataFiles, type ReadFile } from './metadata-files.ts';
import { newestVersion } from './newest-version.ts';
import { objectReader } from './object-reader.ts';
import type { BeginningStore, Invocation, MessageQueue, ObjectHead, ObjectStore, RecordDraft } from './ports.ts';
import { existingRecord, recordNamedIn, retryNamedIn } from './record-message.ts';
import { askForRetry, isRedriven } from './redriven.ts';
import { targetOf } from './target-of.ts';
import { requireChosen } from './targets-of-drop.ts';
import { type LeaseDependencies, underLease } from './under-lease.ts';
import { isFromStorage } from './upload-from-storage.ts';

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
  if (object === undefined) return;
  await removeGivenUp(key, record, deps);
  const wanted = await describe(record, object, await findFiles(), deps);
  // A fast import creates the image itself.
  const image = wanted.plan.route === 'fast-import' ? undefined : await create(key, record, wanted, deps);
  try {
    await deps.records.change(key, (stored) => {
      changes.requireLease(stored, record.lease?.holder);
      const created = { ...stored, ...wanted, ...(image !== undefined && { image: { id: image.id } }) };
      return changes.moveTo(created, 'created', deps.now());
    });
  } catch (error) {
    if (image !== undefined) await removeForsaken(image.id, key, record, error, deps);
    throw error;
  }
  await deps.uploadQueue.send({ record: key });
}

type Wanted = Required<Pick<RecordDraft, 'found' | 'plan' | 'sent' | 'metadata'>>;

/** What to ask of the endpoint, from what is in the file and what people said of it. */
async function describe(
  record: DropRecord,
  object: ObjectHead,
  files: readonly ReadFile[],
  deps: CreateMetadataDependencies,
): Promise<Wanted> {
  const target = targetOf(record, deps.targets);
  requireChosen(record, object, deps);
  const said = settleMetadata({ target, files, userMetadata: object.userMetadata });
  const { diskFormat } = said.metadata;
  const found = await inspect(objectReader(deps.objects, object), {
    fileName: object.key,
    ...(diskFormat !== undefined && { claimedFormat: diskFormat }),
  });
  const endpoint = await deps.endpoints.of(target);
  const place = dropPlace(record, deps);
  const plan = await endpoint.plan(found, object.size, place);
  // Whether there are keys for it is better known before anything is created.
  if (isFromStorage(plan.route) && !place.isStaging) await deps.staging.requireKeys(target);
  const refs = files.map(({ ref }) => ref);
  const wanted = newImage({ ...record, found, plan, metadata: said.metadata, files: refs });
  const sent = conformed((image) => endpoint.conform(image), wanted, said);
  const origins = originsOf(wanted, sent, { found, plan }, said);
  return { found, plan, sent, metadata: { files: refs, origins } };
}

/** Creates the image; an id that a deleted image has used up is left behind, for the next try to take the next one. */
async function create(
  key: string,
  record: DropRecord,
  wanted: Wanted,
  deps: CreateMetadataDependencies,
): Promise<Image> {
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  try {
    const image = await endpoint.create(wanted.sent);
    if (isMadeAs(image, wanted)) return image;
    throw await replaced(image, key, record, deps);
  } catch (error) {
    if (error instanceof ImageDropError && error.code === 'image-id-taken') {
      await deps.records.change(key, (stored) => {
        changes.requireLease(stored, record.lease?.holder);
        return { ...stored, generation: record.generation + 1 };
      });
    }
    throw error;
  }
}

/** People change metadata files at any time, and an earlier try may have created the image by what they said then. */
const isMadeAs = (image: Image, { sent }: Wanted): boolean =>
  image.properties[METADATA_PROPERTY] === sent.properties[METADATA_PROPERTY];

/** What the record says was sent must be what the image has: the next try creates another. */
async function replaced(
  image: Image,
  key: string,
  record: DropRecord,
  deps: CreateMetadataDependencies,
): Promise<ImageDropError> {
  const { generation } = record;
  const removal = { generation, imageId: image.id, reason: 'replaced', since: deps.now().toISOString() };
  await deps.records.change(key, (stored) => {
    // A stalled invocation must not give up an image that another one uses.
    changes.requireLease(stored, record.lease?.holder);
    return changes.withRemoval(stored, removal);
  });
  const message = `An earlier try had created image ${image.id} by metadata files that have been changed since.`;
  return new ImageDropError('image-id-taken', `${message} The next try deletes it and creates another.`);
}
