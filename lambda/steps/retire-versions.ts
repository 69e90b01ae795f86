/**
 * Retires the older versions of an image after the outcome of a newer one. The record says `retiring` until that is done:
 * nothing here can fail a drop, and reconcile has the rest done later.
 */
import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
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
import { readable } from './find-drop.ts';
import { removeGivenUp } from './give-up-image.ts';
import type { StepDependencies } from './ports.ts';
import { RecordAtTarget, type Work } from './work.ts';

/** Marks an active record whose older versions must be retired. A fast import sends no property that could name a family. */
export function retiringFrom(
  { status, sent, target, plan }: DropRecord,
  { targets, now }: Pick<StepDependencies, 'targets' | 'now'>,
): Pick<DropRecord, 'retiring'> {
  const { versions } = targets.find(({ name }) => name === target) ?? {};
  const isFound = status === 'active' && plan?.route !== 'fast-import';
  const hasFamily = isFound && sent?.properties[FAMILY_PROPERTY] !== undefined;
  return versions !== undefined && hasFamily ? { retiring: { since: now().toISOString() } } : {};
}

/** Retires what is old, and notes why that is impossible at present. */
export async function retireIfPossible(work: Work, deps: StepDependencies): Promise<void> {
  if (work.record.retiring === undefined) return;
  const { failure, current } = await retireVersions(work, deps).catch(failed);
  if (failure !== undefined) deps.log.warn('older versions are not retired', { record: work.key, error: failure });
  const isOver = failure === undefined || (await isHandedOver(work, failure, current, deps));
  await work.update(({ retiring, ...stored }) => {
    if (retiring === undefined) return undefined;
    return isOver ? stored : { ...stored, retiring: { ...retiring, failure: failure.message } };
  });
}

interface Result {
  readonly failure?: ImageDropError;
  readonly current?: Version;
}

const failed = (thrown: unknown): Result => ({ failure: asImageDropError(thrown) });

const ownerOf = ({ key, record }: Work): string => record.duplicateOf ?? key;

/** What a newer version has to finish, older ones do not try again beside it. */
async function isHandedOver(
  work: Work,
  failure: ImageDropError,
  current: Version | undefined,
  { records, now }: StepDependencies,
): Promise<boolean> {
  if (current === undefined || current.key === ownerOf(work)) return false;
  const stored = await records.change(current.key, (present) => {
    if (present?.status !== 'active' || present.retired !== undefined || present.retiring !== undefined)
      return undefined;
    return { ...present, retiring: { since: now().toISOString(), failure: failure.message } };
  });
  return stored?.retiring !== undefined;
}

/** Hides or renames the old versions. Deletes the surplus only if all of that succeeded. */
async function retireVersions(work: Work, deps: StepDependencies): Promise<Result> {
  const { target } = work.record;
  // The target may have left the stack, or the setting.
  const settings = deps.targets.find(({ name }) => name === target)?.versions;
  const family = work.record.sent?.properties[FAMILY_PROPERTY];
  if (settings === undefined || family === undefined) return {};
  const endpoint = await work.endpoint();
  const versions = await versionsOf(family, target, endpoint, deps);
  if (await isMissing(work, family, versions)) {
    const message = `${target} does not list the image ${work.record.image?.id} yet.`;
    return { failure: new ImageDropError('endpoint-busy', message) };
  }
  const { current, old, surplus } = retirementOf(versions, settings);
  for (const version of old) await withdraw(version, settings, endpoint, deps);
  let failure: ImageDropError | undefined;
  // An image that servers use stays as long as they do, and must not keep the others.
  for (const version of surplus) {
    const refusal = await prune(version, deps);
    failure ??= refusal;
  }
  return { ...(failure && { failure }), ...(current && { current }) };
}

/** A replica may lag behind: without the newest image, the one before it would count as the current version. */
async function isMissing(work: Work, family: string, versions: readonly Version[]): Promise<boolean> {
  if (versions.some(({ key }) => key === ownerOf(work))) return false;
  const image = await (await work.endpoint()).get(work.record.image?.id ?? '');
  return image?.status === 'active' && image.properties[FAMILY_PROPERTY] === family;
}

async function versionsOf(
  family: string,
  target: string,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<readonly Version[]> {
  const images = await endpoint.bearing(FAMILY_PROPERTY, family);
  const found = await Promise.all(images.map((image) => versionAt(image, deps)));
  return found.filter((version) => version !== undefined).filter((version) => isVersionOf(family, target, version));
}

async function versionAt(image: Image, deps: StepDependencies): Promise<Version | undefined> {
  const key = recordKeyOf(image);
  const record = key === undefined ? undefined : await readable(key, deps.records);
  return key === undefined || record === undefined || record === 'unreadable' ? undefined : { key, record, image };
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
  if (stored.retired !== undefined) return undefined;
  // What it had to retire is for the newer version to finish.
  const { retiring: _, ...rest } = stored;
  return { ...rest, retired: { since: now.toISOString() } };
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
