import type { ImageEndpoint, ImagePage } from '../../endpoints/endpoint.ts';
import { asImageDropError } from '../../model/errors.ts';
import { ID_PROPERTY, type Image, RECORD_PROPERTY } from '../../model/image.ts';
import { imageId } from '../../model/image-id.ts';
import type { DropRecord } from '../../model/record.ts';
import { isSettled } from '../../model/record-changes.ts';
import type { Target } from '../../model/target.ts';
import { targetOf } from '../target-of.ts';
import { type Found, type Look, lookAtEach } from './found.ts';
import type { ReconcileDependencies } from './ports.ts';

/** More images than any drop has begun: where its record is gone, they show whose an image is. */
const MOST_GENERATIONS = 64;

/** A page of the images at a target: those that we have created and no record stands for. */
export async function orphanedImages(
  targetName: string,
  cursor: string | undefined,
  deps: ReconcileDependencies,
): Promise<Look> {
  const target = targetOf({ target: targetName }, deps.targets);
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
  return lookAtEach(listed.page, (image) => lookAt(image, target, listed.endpoint, deps));
}

async function lookAt(
  image: Image,
  target: Target,
  endpoint: ImageEndpoint,
  deps: ReconcileDependencies,
): Promise<readonly Found[]> {
  const key = recordKeyOf(image);
  if (key === undefined) return [];
  const record = await readable(key, deps);
  if (record === 'unreadable' || !isOurs(image, key, record, target, deps) || isKnown(image, record)) return [];
  const { deleteOrphanedImages } = deps.settings;
  const state = record === undefined ? 'is not there' : `is ${record.status} with image ${record.image?.id ?? 'none'}`;
  return [
    {
      finding: {
        kind: deleteOrphanedImages ? 'orphaned-image-deleted' : 'orphaned-image',
        subject: `${target.name}: ${image.id}`,
        why: `It was created for the record ${key}, which ${state}.`,
      },
      ...(deleteOrphanedImages && {
        async mend() {
          await endpoint.delete(image.id);
          return true;
        },
      }),
    },
  ];
}

/** A record that cannot be read says nothing against its image; the look at the records names it. */
async function readable(key: string, deps: ReconcileDependencies): Promise<DropRecord | undefined | 'unreadable'> {
  try {
    return await deps.records.load(key);
  } catch (thrown) {
    if (asImageDropError(thrown).retryable) throw thrown;
    return 'unreadable';
  }
}

/** The record stands for the image, or may yet come to: what it is creating now. */
function isKnown(image: Image, record: DropRecord | undefined): boolean {
  if (record === undefined) return false;
  if (record.image?.id === image.id) return record.status !== 'failed' && record.status !== 'superseded';
  return !isSettled(record) && image.properties[ID_PROPERTY] === idOf(record, record.generation);
}

/**
 * Other stacks may fill the same project. Ours is what bears an id that only a drop of our bucket comes to; nobody else's
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
  const generations = Array.from({ length: MOST_GENERATIONS }, (_, index) => index + 1);
  return generations.some((generation) => image.properties[ID_PROPERTY] === imageId(drop, target.name, generation));
}

const idOf = (record: DropRecord, generation: number): string => imageId(record.drop, record.target, generation);

function recordKeyOf({ properties }: Image): string | undefined {
  try {
    return decodeURIComponent(properties[RECORD_PROPERTY] ?? '') || undefined;
  } catch {
    // Not as we write it, so not ours.
    return undefined;
  }
}

/** `<drop key>/<drop id>/<target>.json`, read backwards; a key that was shortened leads to no drop of ours. */
function dropNamedIn(recordKey: string, target: string, bucket: string) {
  const [, key, id, name] = /^(.+)\/([^/]+)\/([^/]+)\.json$/s.exec(recordKey) ?? [];
  if (key === undefined || id === undefined || name !== target) return undefined;
  return { bucket, key, id };
}
