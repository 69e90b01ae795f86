import { foundForTarget, inspect, withCompanions } from '../formats/inspect.ts';
import { asksForOwnImage } from '../metadata/chosen-targets.ts';
import { conformToEndpoint, originsOf } from '../metadata/origins.ts';
import { resolveMetadata } from '../metadata/resolve.ts';
import { ImageDropError } from '../model/errors.ts';
import { type Image, METADATA_PROPERTY } from '../model/image.ts';
import type { MetadataLayer } from '../model/metadata.ts';
import { fingerprinted, imageId, newImage, unreleased, withoutPackedEnding } from '../model/new-image.ts';
import type { DropRecord, KeyedRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { isFromStorage } from '../model/staging.ts';
import { diskObject, rangeIn } from '../model/unpacking.ts';
import type { ChecksumFile } from '../publisher/checksum-file.ts';
import { withPublisher } from './checksum-files.ts';
import { comparePacked } from './dropped-checksum.ts';
import { dropPlace, isPlaceholder, newestVersion, objectReader } from './dropped-object.ts';
import { originalOf } from './duplicates.ts';
import { requireChosen } from './find-drop.ts';
import { removeForsaken, removeGivenUp } from './give-up-image.ts';
import type { ReadFile } from './metadata-files.ts';
import type { CreateMetadataDependencies, ObjectHead, RecordDraft } from './ports.ts';
import { type DiskPlace, type FoundDisk, findDisk, isReadInPlace, readDisk } from './unpacked-disk.ts';
import type { Work } from './work.ts';

/** What was found around a drop. */
export interface Surroundings {
  /** What is under its key, if that was seen just now. */
  readonly newest: ObjectHead | undefined;
  /** Looks for the metadata files of the drop. */
  readonly findFiles: () => Promise<readonly ReadFile[]>;
  /** Looks for the checksum files beside it. */
  readonly findChecksums: () => Promise<readonly ChecksumFile[]>;
}

/**
 * Inspects the disk of a drop, creates the metadata of its image, and sends the record on to its upload. A packed disk is
 * unpacked first, and a required checksum is waited for.
 */
export async function createImage(
  leased: Work,
  deps: CreateMetadataDependencies,
  { newest, findFiles, findChecksums }: Surroundings,
): Promise<void> {
  const object = await newestVersion(leased, deps, newest);
  if (object === undefined || (await isPlaceholder(leased, object, deps))) return;
  await removeGivenUp(leased);
  const metadata = await readMetadata(leased, object, await findFiles(), deps);
  const work = await withPublisher(leased, metadata.settled, await findChecksums(), deps);
  if (work === undefined) return;
  const { member } = metadata.settled.metadata;
  const disk = await findDisk(work.record, object, member, deps);
  if (disk === undefined) return sendToUnpack(work, { member }, deps);
  await comparePacked(work);
  const created = await readDisk(work.record, () => describeAndCreate(work, { object, disk, ...metadata }, deps));
  if (created === undefined) return sendToUnpack(work, { member, place: disk.place }, deps);
  if (created.original !== undefined) return settleDuplicate(created, created.original, deps);
  const { image, description } = created;
  try {
    await work.change((stored) => {
      const described = { ...stored, ...description, ...(image !== undefined && { image: { id: image.id } }) };
      return changes.moveTo(described, 'created', deps.now());
    });
  } catch (error) {
    if (image !== undefined) await removeForsaken(image.id, created.work, error, deps);
    throw error;
  }
  await deps.uploadQueue.send(work.message);
}

async function settleDuplicate(
  { work, description }: CreatedImage,
  { key, record }: KeyedRecord,
  deps: CreateMetadataDependencies,
): Promise<void> {
  await work.change((stored) => changes.settleDuplicate({ ...stored, ...description }, key, record, deps.now()));
  await deps.statusQueue.send(work.message);
}

/** What the record says of an image from its creation on. */
type Description = Required<Pick<RecordDraft, 'found' | 'plan' | 'sent' | 'metadata'>> & DiskPlace;

/** The metadata of a drop, and the files that it comes from. */
interface ReadMetadata {
  readonly files: readonly ReadFile[];
  readonly settled: MetadataLayer;
}

/** Reads the metadata first: an invalid value must not cost an unpacking. */
async function readMetadata(
  { record, target }: Work,
  object: ObjectHead,
  files: readonly ReadFile[],
  deps: CreateMetadataDependencies,
): Promise<ReadMetadata> {
  requireChosen(record, object, deps);
  return { files, settled: resolveMetadata({ target, files, userMetadata: object.userMetadata }) };
}

interface ToUnpack {
  /** The file in an archive that the metadata name. */
  readonly member: string | undefined;
  /** Where the disk was read so far: an earlier attempt may have created an image of it. */
  readonly place?: DiskPlace;
}

async function sendToUnpack(work: Work, { member, place }: ToUnpack, deps: CreateMetadataDependencies): Promise<void> {
  await work.change((stored) => changes.beginUnpacking({ ...stored, ...place }, deps.now(), member));
  await deps.unpackQueue.send(work.message);
}

/** The drop, where its disk is, and its metadata. */
interface Sources extends ReadMetadata {
  readonly object: ObjectHead;
  readonly disk: FoundDisk;
}

interface CreatedImage {
  /** With the generation that the image has. */
  readonly work: Work;
  readonly description: Description;
  /** Absent by fast import, which creates the image itself, and of a duplicate. */
  readonly image?: Image;
  /** Who owns the image that the same drop has already. */
  readonly original?: KeyedRecord;
}

/**
 * Creates the image as it is described now. An image that an earlier attempt has created, and whose answer was lost, is
 * used if its description is the same; otherwise it is removed, and the next generation is created.
 * @returns undefined where the disk has to be unpacked for the route of the target
 */
async function describeAndCreate(
  work: Work,
  sources: Sources,
  deps: CreateMetadataDependencies,
): Promise<CreatedImage | undefined> {
  const description = await describe(work, sources, deps).catch(async (error) => {
    if (await isOwnQuota(work, error, deps)) return undefined;
    throw error;
  });
  if (description !== undefined && mustUnpack(description, work, deps)) return undefined;
  const original = description && (await earlierDrop(work, description, sources, deps));
  if (description !== undefined && original !== undefined) return { work, description, original };
  if (description?.plan.route === 'fast-import') return { work, description };
  const image = description && (await create(work, description));
  if (image !== undefined && description !== undefined && isCreatedAs(image, description)) {
    return { work, description, image };
  }
  if (image !== undefined) await removeEarlier([image], work, deps);
  return describeAndCreate(await nextGeneration(work), sources, deps);
}

async function earlierDrop(
  work: Work,
  description: Description,
  { object }: Sources,
  deps: CreateMetadataDependencies,
): Promise<KeyedRecord | undefined> {
  if (asksForOwnImage(object.userMetadata)) return undefined;
  return originalOf(work, { ...work.record, ...description }, deps);
}

/** Whether the image that uses up the quota is this drop's own, which is then removed. */
async function isOwnQuota(work: Work, error: unknown, deps: CreateMetadataDependencies): Promise<boolean> {
  const { record } = work;
  const isFirstAttempt = record.attempts <= 1 && record.error === undefined;
  if (isFirstAttempt || !(error instanceof ImageDropError && error.code === 'quota-exceeded')) return false;
  const endpoint = await work.endpoint();
  const own = await endpoint.createdFor(imageId(record.drop, record.target, record.generation));
  await removeEarlier(own, work, deps);
  return own.length > 0;
}

async function removeEarlier(images: readonly Image[], work: Work, deps: CreateMetadataDependencies): Promise<void> {
  if (images.length === 0) return;
  const { generation } = work.record;
  const since = deps.now().toISOString();
  const removals = images.map(({ id }) => ({ generation, imageId: id, reason: 'replaced', since }));
  // Under the lease: a stalled invocation must not give up an image that another invocation uses.
  const stored = await work.change((present) => removals.reduce<RecordDraft>(changes.withRemoval, present));
  await removeGivenUp(work.with(stored), removals);
}

async function nextGeneration(work: Work): Promise<Work> {
  const generation = work.record.generation + 1;
  return work.with(await work.change((present) => ({ ...present, generation })));
}

const mustUnpack = (described: Description, { record, target }: Work, deps: CreateMetadataDependencies): boolean =>
  described.member !== undefined && !isReadInPlace(described, record, target, deps);

/** What to ask of the endpoint: from the content of the file and from its metadata. */
async function describe(
  work: Work,
  { object, disk: { place, companions }, files, settled }: Sources,
  deps: CreateMetadataDependencies,
): Promise<Description> {
  const { target } = work;
  const { diskFormat } = settled.metadata;
  const record = { ...work.record, ...place };
  const disk = diskObject({ drop: object, ...place });
  const inspected = await inspect(objectReader(deps.objects, disk), {
    fileName: diskName(record),
    ...(diskFormat !== undefined && { claimedFormat: diskFormat }),
  });
  const found = foundForTarget(withCompanions(inspected, companions), target);
  const endpoint = await work.endpoint();
  const from = dropPlace({ record, target }, deps);
  const planned = await endpoint.plan(found, disk.size, from);
  const plan = { ...planned, range: rangeIn(disk, planned.range) };
  // Missing keys must be reported before anything is created.
  if (isFromStorage(plan.route) && !from.isStaging) await deps.staging.requireKeys(target);
  const refs = files.map(({ ref }) => ref);
  const wanted = newImage({
    ...record,
    found,
    plan,
    metadata: settled.metadata,
    hasVersions: target.versions !== undefined,
  });
  const sent = fingerprinted(conformToEndpoint((image) => endpoint.conform(image), wanted, settled));
  const origins = originsOf(wanted, sent, { found, plan }, settled);
  return { ...place, found, plan, sent, metadata: { files: refs, origins } };
}

/** The name of the disk, whose ending may say what it is. */
const diskName = ({ drop, packed, member }: DropRecord): string =>
  member?.name ?? (packed === undefined ? drop.key : (packed.member ?? withoutPackedEnding(drop.key)));

/** Creates the image. When a deleted image has used up the id, the next attempt uses the id of the next generation. */
async function create(work: Work, { sent }: Description): Promise<Image> {
  const endpoint = await work.endpoint();
  try {
    return await endpoint.create(unreleased(sent));
  } catch (error) {
    if (error instanceof ImageDropError && error.code === 'image-id-taken') await nextGeneration(work);
    throw error;
  }
}

/**
 * The image must have what the record says was sent, though metadata files and settings of targets may change between
 * two attempts. A cloud that does not show the property is trusted.
 */
function isCreatedAs({ properties }: Image, { sent }: Description): boolean {
  const fingerprint = properties[METADATA_PROPERTY];
  return fingerprint === undefined || fingerprint === sent.properties[METADATA_PROPERTY];
}
