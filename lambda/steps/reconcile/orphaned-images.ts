import type { ImageEndpoint, ImagePage } from '../../endpoints/endpoint.ts';
import type { Drop } from '../../model/drop.ts';
import { asImageDropError } from '../../model/errors.ts';
import { ID_PROPERTY, type Image } from '../../model/image.ts';
import { imageId, recordKeyOf } from '../../model/new-image.ts';
import type { DropRecord } from '../../model/record.ts';
import { isSettled, withRemoval } from '../../model/record-changes.ts';
import type { Target } from '../../model/target.ts';
import { recordsBeside } from '../duplicates.ts';
import { removeGivenUp } from '../give-up-image.ts';
import { RecordAtTarget } from '../work.ts';
import { type Found, type Look, lookAtEach } from './found.ts';
import type { ReconcileDependencies } from './ports.ts';

/** More images than any drop has begun, five for each retry: the marks show whose an image is. */
const MOST_GENERATIONS = 32;

/** A page of the images at a target: those that we have created and no record stands for. */
export async function orphanedImages(
  targetName: string,
  cursor: string | undefined,
  deps: ReconcileDependencies,
): Promise<Look> {
  const target = deps.targets.find(({ name }) => name === targetName);
  // The target has left the stack since the run that stopped at its images.
  if (target === undefined) return { listed: 0, found: [], leftOut: false };
  let listed: { readonly endpoint: ImageEndpoint; readonly page: ImagePage };
  try {
    const endpoint = await deps.endpoints.of(target);
    listed = { endpoint, page: await endpoint.list(cursor) };
  } catch (thrown) {
    // A cloud that is away must not keep the pass from its end; the next pass asks again.
    const { code, message } = asImageDropError(thrown);
    const finding = { kind: 'unreadable', subject: targetName, why: message, code } as const;
    return { listed: 0, found: [{ finding }], leftOut: false };
  }
  const keys = await recordKeysOf(listed.page.items, target, deps);
  return lookAtEach(
    listed.page,
    ({ id }) => `${target.name}: ${id}`,
    (image) => lookAt(image, keys(image), target, listed.endpoint, deps),
  );
}

async function lookAt(
  image: Image,
  key: string | undefined,
  target: Target,
  endpoint: ImageEndpoint,
  deps: ReconcileDependencies,
): Promise<readonly Found[]> {
  if (key === undefined) return [];
  const record = await readable(key, deps);
  if (record === 'unreadable' || !isOurs(image, key, record, target, deps) || isKnown(image, record)) return [];
  if (await hasDuplicate(image, key, deps)) return [];
  const { deleteOrphanedImages } = deps.settings;
  const state = record === undefined ? 'is not there' : `is ${record.status} with image ${record.image?.id ?? 'none'}`;
  return [
    {
      finding: {
        kind: deleteOrphanedImages ? 'orphaned-image-deleted' : 'orphaned-image',
        subject: `${target.name}: ${image.id}`,
        why: `It was created for the record ${key}, which ${state}.`,
      },
      ...(deleteOrphanedImages && { correct: () => deleteOrphan(image, key, endpoint, deps) }),
    },
  ];
}

/** Records of the same drop, later, may have the image: it stays while one of them is there. */
async function hasDuplicate({ id }: Image, key: string, { records }: ReconcileDependencies): Promise<boolean> {
  const beside = await recordsBeside(key, records);
  return beside?.some(({ record }) => record.duplicateOf === key && record.image?.id === id) ?? true;
}

/** The record gives the image up first, unless it names the image now; a record that is gone changes nothing. */
async function deleteOrphan(
  image: Image,
  key: string,
  endpoint: ImageEndpoint,
  deps: ReconcileDependencies,
): Promise<boolean> {
  const removal = { imageId: image.id, reason: 'orphaned', since: deps.now().toISOString() };
  const stored = await deps.records.change(key, (record) =>
    record === undefined || isKnown(image, record)
      ? undefined
      : withRemoval(record, { ...removal, generation: record.generation }),
  );
  if (stored === undefined) await endpoint.delete(image.id);
  else if (namedIn(stored, image).length === 0) return false;
  else await removeGivenUp(new RecordAtTarget(key, stored, deps), namedIn(stored, image));
  return true;
}

const namedIn = ({ removing = [] }: DropRecord, { id }: Image) =>
  removing.filter(({ imageId: doomed }) => doomed === id);

/**
 * Names the record of each image. A fast import takes no property of ours but a mark, which leads to no record: then all
 * records of the target are asked whose mark it is.
 */
async function recordKeysOf(
  images: readonly Image[],
  target: Target,
  deps: ReconcileDependencies,
): Promise<(image: Image) => string | undefined> {
  const marks = images
    .filter((image) => recordKeyOf(image) === undefined)
    .flatMap(({ properties }) => properties[ID_PROPERTY] ?? []);
  const found = marks.length === 0 ? new Map<string, string>() : await keysByMark(new Set(marks), target, deps);
  return (image) => recordKeyOf(image) ?? found.get(image.properties[ID_PROPERTY] ?? '');
}

async function keysByMark(
  marks: ReadonlySet<string>,
  target: Target,
  deps: ReconcileDependencies,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let cursor: string | undefined;
  do {
    const page = await deps.listing.records(cursor);
    for (const { key } of page.items) {
      const drop = dropNamedIn(key, target.name, deps.settings.dropBucket);
      for (const mark of drop === undefined ? [] : marksOf(drop, target)) if (marks.has(mark)) found.set(mark, key);
    }
    cursor = page.next;
  } while (cursor !== undefined && found.size < marks.size);
  return found;
}

/** The marks of all images that a drop can have begun at a target. */
const marksOf = (drop: Pick<Drop, 'bucket' | 'key' | 'id'>, { name }: Target): readonly string[] =>
  Array.from({ length: MOST_GENERATIONS }, (_, index) => imageId(drop, name, index + 1));

/** A record that cannot be read says nothing against its image; the look at the records names it. */
async function readable(key: string, deps: ReconcileDependencies): Promise<DropRecord | undefined | 'unreadable'> {
  try {
    return await deps.records.load(key);
  } catch (thrown) {
    if (asImageDropError(thrown).retryable) throw thrown;
    return 'unreadable';
  }
}

/** The record names the image, or may still do so: it is creating it now. */
function isKnown(image: Image, record: DropRecord | undefined): boolean {
  if (record === undefined) return false;
  // Its own steps delete it, before they announce the outcome or create the next.
  if (namedIn(record, image).some(({ obstacle }) => obstacle === undefined)) return true;
  if (record.image?.id === image.id) return record.status !== 'failed' && record.status !== 'superseded';
  return !isSettled(record) && image.properties[ID_PROPERTY] === idOf(record, record.generation);
}

/**
 * Other stacks may fill the same project. Ours has an id that only a drop of our bucket gets; no other
 * property can say that.
 */
function isOurs(
  image: Image,
  key: string,
  record: DropRecord | undefined,
  target: Target,
  deps: ReconcileDependencies,
): boolean {
  const drop = record?.drop ?? dropNamedIn(key, target.name, deps.settings.dropBucket);
  if (drop === undefined) return false;
  return marksOf(drop, target).includes(image.properties[ID_PROPERTY] ?? '');
}

const idOf = (record: DropRecord, generation: number): string => imageId(record.drop, record.target, generation);

/** `<drop key>/<drop id>/<target>.json`, read backwards; a key that was shortened leads to no drop of ours. */
function dropNamedIn(recordKey: string, target: string, bucket: string) {
  const [, key, id, name] = /^(.+)\/([^/]+)\/([^/]+)\.json$/s.exec(recordKey) ?? [];
  if (key === undefined || id === undefined || name !== target) return undefined;
  return { bucket, key, id };
}
