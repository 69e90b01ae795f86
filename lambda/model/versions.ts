/** The versions of one image: a newer one becomes active, and those before it are retired. */
import { FAMILY_PROPERTY, type Image } from './image.ts';
import type { DropRecord } from './record.ts';

/** What happens to versions that are no longer current, until they are deleted. */
export const OLD_VERSIONS = ['hide', 'rename', 'delete'] as const;
export type OldVersions = (typeof OLD_VERSIONS)[number];

/** How a target retires the older versions of an image, every default filled in. */
export interface VersionSettings {
  /** How many versions stay, the current one included; older ones are deleted. */
  readonly keep: number;
  /** `hide` hides each version but the current one, `rename` gives it `oldName`, `delete` leaves it until it is deleted. */
  readonly old: OldVersions;
  /** `{name}` is the name of the image, `{date}` the day on which it was dropped. */
  readonly oldName: string;
}

export const VERSION_DEFAULTS: VersionSettings = { keep: 3, old: 'hide', oldName: '{name} ({date})' };

/** Image API v2, "Create image": name is at most 255 characters. */
const MAX_NAME_CHARACTERS = 255;

/** An image of a family, and the active record that owns it. */
export interface Version {
  readonly key: string;
  readonly record: DropRecord;
  readonly image: Image;
}

export interface Retirement {
  /** Absent where the family has no active image. */
  readonly current?: Version;
  /** Newest first. */
  readonly old: readonly Version[];
  /** Those of the old ones that are deleted. */
  readonly surplus: readonly Version[];
}

/** What is to be done with the versions of a family. The last drop is the current one, whichever was active first. */
export function retirementOf(versions: readonly Version[], { keep }: Pick<VersionSettings, 'keep'>): Retirement {
  // An image that a person has deactivated is left to that person.
  const active = versions.filter(({ image }) => image.status === 'active');
  const [current, ...old] = active.toSorted((one, other) => byArrival(other, one));
  if (current === undefined) return { old, surplus: [] };
  return { current, old, surplus: old.slice(keep - 1).filter(({ image }) => image.protected !== true) };
}

/** When the bytes of a record were last dropped. */
export const lastDroppedAt = ({ drop, droppedAgainAt }: Pick<DropRecord, 'drop' | 'droppedAgainAt'>): number =>
  Date.parse(droppedAgainAt ?? drop.droppedAt);

/** S3 tells whole seconds: of two drops in one second the later is the one that was received later. */
const byArrival = (one: Version, other: Version): number =>
  lastDroppedAt(one.record) - lastDroppedAt(other.record) || receivedAt(one) - receivedAt(other);

const receivedAt = ({ record: { history } }: Version): number => Date.parse(history[0]?.at ?? '') || 0;

/**
 * Whether the image is the one that the record owns, at this target and of this family. Nothing else is touched: a cloud
 * lists public images of other projects, too.
 */
export function isVersionOf(family: string, target: string, { record, image }: Version): boolean {
  const { status, duplicateOf, sent } = record;
  if (record.target !== target || status !== 'active' || duplicateOf !== undefined || record.image?.id !== image.id)
    return false;
  return sent?.properties[FAMILY_PROPERTY] === family && image.properties[FAMILY_PROPERTY] === family;
}

/** The name of a version that is no longer current. */
export function retiredName({ drop, sent }: DropRecord, { oldName }: Pick<VersionSettings, 'oldName'>): string {
  const values: Readonly<Record<string, string>> = { name: sent?.name ?? '', date: drop.droppedAt.slice(0, 10) };
  const name = oldName.replace(/\{(name|date)\}/g, (_, value: string) => values[value] ?? '');
  return Array.from(name).slice(0, MAX_NAME_CHARACTERS).join('');
}
