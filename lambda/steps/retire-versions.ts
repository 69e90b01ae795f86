/**
 * Retires the older versions of an image after the outcome of a newer one. The record says `retiring` until that is done:
 * nothing here can fail a drop, and reconcile has the rest done later.
 */
import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { asImageDropError, type ImageDropError } from '../model/errors.ts';
import { FAMILY_PROPERTY, type Image } from '../model/image.ts';
import { recordKeyOf } from '../model/new-image.ts';
import type { DropRecord, Removal } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import {
  isVersionOf,
  lastDroppedAt,
  retiredName,
  retirementOf,
  type Version,
  type VersionSettings,
} from '../model/versions.ts';
import { removeGivenUp } from './give-up-image.ts';
import type { StepDependencies } from './ports.ts';
import { RecordAtTarget, type Work } from './work.ts';

/** What a record says from its outcome on where older versions of its image are to be retired. */
export function retiringFrom(
  { status, sent, target }: DropRecord,
  { targets, now }: Pick<StepDependencies, 'targets' | 'now'>,
): Pick<DropRecord, 'retiring'> {
  const { versions } = targets.find(({ name }) => name === target) ?? {};
  const hasFamily = status === 'active' && sent?.properties[FAMILY_PROPERTY] !== undefined;
  return versions !== undefined && hasFamily ? { retiring: { since: now().toISOString() } } : {};
}

/** Retires what is old, and notes why that is impossible at present. */
export async function retireIfPossible(work: Work, deps: StepDependencies): Promise<void> {
  if (work.record.retiring === undefined) return;
  const failure = await retireVersions(work, deps).catch(asImageDropError);
  if (failure !== undefined) deps.log.warn('older versions are not retired', { record: work.key, error: failure });
  await work.update(({ retiring, ...stored }) => {
    if (retiring === undefined) return undefined;
    return failure === undefined ? stored : { ...stored, retiring: { ...retiring, failure: failure.message } };
  });
}

/** First the new version, then the names of the old ones, and only where all of that went well deletions. */
async function retireVersions(work: Work, deps: StepDependencies): Promise<ImageDropError | undefined> {
  const { target } = work.record;
  // The target may have left the stack, or the setting.
  const settings = deps.targets.find(({ name }) => name === target)?.versions;
  const family = work.record.sent?.properties[FAMILY_PROPERTY];
  if (settings === undefined || family === undefined) return undefined;
  const endpoint = await work.endpoint();
  const { old, surplus } = retirementOf(await versionsOf(family, endpoint, deps), settings);
  for (const version of old) await withdraw(version, settings, endpoint, deps);
  let failure: ImageDropError | undefined;
  // An image that servers use stays as long as they do, and must not keep the others.
  for (const version of surplus) {
    const refusal = await prune(version, deps);
    failure ??= refusal;
  }
  return failure;
}

async function versionsOf(
  family: string,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<readonly Version[]> {
  const images = await endpoint.bearing(FAMILY_PROPERTY, family);
  const found = await Promise.all(images.map((image) => versionAt(image, deps)));
  return found.filter((version) => version !== undefined).filter((version) => isVersionOf(family, version));
}

async function versionAt(image: Image, deps: StepDependencies): Promise<Version | undefined> {
  const key = recordKeyOf(image);
  const record = key === undefined ? undefined : await deps.records.load(key);
  return key === undefined || record === undefined ? undefined : { key, record, image };
}

/** Once more changes nothing. A name that people have given the image stays. */
async function withdraw(
  version: Version,
  settings: VersionSettings,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<void> {
  const { key, record, image } = version;
  // Before anything is done: the next drop of the same bytes needs an image of its own.
  const stored = await deps.records.change(key, (present) => retired(present, version, deps.now()));
  if (stored?.retired === undefined) return;
  if (settings.old === 'hide' && image.osHidden !== true) return endpoint.alter(image.id, { osHidden: true });
  if (settings.old !== 'rename' || image.name !== record.sent?.name) return;
  await endpoint.alter(image.id, { name: retiredName(record, settings) });
}

/** The same bytes may have been dropped again since the look: then it is the current version. */
function retired(
  stored: DropRecord | undefined,
  { record, image }: Version,
  now: Date,
): changes.RecordDraft | undefined {
  if (stored?.image?.id !== image.id || lastDroppedAt(stored) !== lastDroppedAt(record)) return undefined;
  return stored.retired === undefined ? { ...stored, retired: { since: now.toISOString() } } : undefined;
}

/** @returns why the image cannot be deleted at present */
async function prune({ key, image }: Version, deps: StepDependencies): Promise<ImageDropError | undefined> {
  const stored = await deps.records.change(key, (present) => {
    if (present?.retired === undefined || present.image?.id !== image.id) return undefined;
    const removal = { generation: present.generation, imageId: image.id, reason: 'retired' };
    return changes.withRemoval(present, { ...removal, since: deps.now().toISOString() });
  });
  const removal = stored?.removing?.find(({ imageId, reason }) => imageId === image.id && reason === 'retired');
  if (stored === undefined || removal === undefined) return undefined;
  const owner = new RecordAtTarget(key, stored, deps);
  try {
    await removeFor(owner, removal);
    return undefined;
  } catch (thrown) {
    const error = asImageDropError(thrown);
    await owner.update((present) => changes.withObstacle(present, removal, error));
    return error;
  }
}

/** An image that is gone although its deletion was answered with an error is struck out: no later run would see it. */
async function removeFor(owner: RecordAtTarget, removal: Removal): Promise<void> {
  try {
    await removeGivenUp(owner, [removal]);
  } catch (error) {
    const endpoint = await owner.endpoint();
    if ((await endpoint.get(removal.imageId ?? '')) !== undefined) throw error;
    await removeGivenUp(owner, [removal]);
  }
}
