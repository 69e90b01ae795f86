import { problemIn } from '../../lambda/model/json-schema.ts';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';
import { REQUIREMENTS, type Requirement } from '../../lambda/model/record.ts';
import {
  ROUTE_SETTINGS,
  type RouteSetting,
  type Target,
  type TargetKind,
  UNRECOGNISED_RAW,
  type UnrecognisedRaw,
} from '../../lambda/model/target.ts';
import { OLD_VERSIONS, type OldVersions, VERSION_DEFAULTS, type VersionSettings } from '../../lambda/model/versions.ts';
import { objectOf, plainObject, SettingError, wholeNumber } from './checks.ts';
import { droppersMayOf } from './droppers-may.ts';
import { objectStorageOf } from './object-storage.ts';
import { ACTIVE_WITHIN_SECONDS, HIGHEST_MIN_DISK, MAX_STREAM_BYTES, TARGET_DEFAULTS } from './target-defaults.ts';
import { checkTargetMetadata } from './target-metadata.ts';
import type { TargetProps } from './target-props.ts';

/** lambda/model/target.ts: the name is part of record keys and tags. */
const TARGET_NAME = /^[A-Za-z0-9._-]{1,64}$/;
/** Image API v2 names its disk formats so. */
const DISK_FORMAT = /^[a-z0-9]+$/;

/**
 * The targets as the functions read them, every default filled in.
 * @param maxStreamBytes the default of that property, which depends on how long the function may take
 * @throws SettingError naming the property that cannot work
 */
export function resolveTargets(
  targets: Readonly<Record<string, TargetProps>>,
  maxStreamBytes = MAX_STREAM_BYTES,
): readonly Target[] {
  const names = Object.keys(plainObject('targets', targets));
  if (names.length === 0) {
    throw new SettingError(
      'targets',
      targets,
      'name at least one cloud of clouds.yaml, as { mycloud: { kind: "glance" } }.',
    );
  }
  return Object.entries(targets).map(([name, props]) => resolveTarget(name, props, maxStreamBytes));
}

const KNOWN = {
  kind: true,
  maxPutBytes: true,
  route: true,
  maxStreamBytes: true,
  staging: true,
  maxRegisterBytes: true,
  maxFastImportBytes: true,
  activeWithinSeconds: true,
  minDisk: true,
  convertTo: true,
  unrecognisedRaw: true,
  metadata: true,
  droppersMay: true,
  versions: true,
  require: true,
  checksumWithinSeconds: true,
} satisfies Record<keyof TargetProps, true>;

function resolveTarget(name: string, props: TargetProps, maxStreamBytes: number): Target {
  const property = `targets.${name}`;
  if (!TARGET_NAME.test(name)) {
    throw new SettingError('targets', name, 'a target is named with 1 to 64 letters, digits, ".", "_" and "-".');
  }
  objectOf(property, props, Object.keys(KNOWN));
  const defaults = TARGET_DEFAULTS[kindOf(property, props.kind)];
  const objectStorage = objectStorageOf(property, props, defaults.objectStorage);
  return {
    name,
    kind: props.kind,
    maxPutBytes: wholeNumber(`${property}.maxPutBytes`, props.maxPutBytes ?? defaults.maxPutBytes, {
      lowest: 1,
      highest: Number.MAX_SAFE_INTEGER,
      of: 'bytes',
    }),
    route: routeOf(`${property}.route`, props),
    maxStreamBytes: wholeNumber(`${property}.maxStreamBytes`, props.maxStreamBytes ?? maxStreamBytes, {
      lowest: 1,
      highest: Number.MAX_SAFE_INTEGER,
      of: 'bytes',
    }),
    activeWithinSeconds: wholeNumber(
      `${property}.activeWithinSeconds`,
      props.activeWithinSeconds ?? ACTIVE_WITHIN_SECONDS,
      { lowest: 60, highest: 1_209_600, of: 'seconds, one minute to the 14 days that a message may live' },
    ),
    minDisk: minDiskOf(`${property}.minDisk`, props.minDisk, defaults.minDisk),
    ...(objectStorage !== undefined && { objectStorage }),
    convertTo: convertToOf(`${property}.convertTo`, props, defaults.convertTo),
    unrecognisedRaw: unrecognisedRawOf(`${property}.unrecognisedRaw`, props),
    metadata: checkTargetMetadata(`${property}.metadata`, props.metadata ?? {}, props.kind),
    // Left out where it is the default: the environment of a function is small.
    ...(props.droppersMay !== undefined && {
      droppersMay: droppersMayOf(`${property}.droppersMay`, props.droppersMay),
    }),
    ...(props.versions !== undefined && { versions: versionsOf(`${property}.versions`, props) }),
    ...(props.require !== undefined && { require: requireOf(`${property}.require`, props.require) }),
    ...(props.checksumWithinSeconds !== undefined && {
      checksumWithinSeconds: wholeNumber(`${property}.checksumWithinSeconds`, props.checksumWithinSeconds, {
        lowest: 0,
        highest: 86_400,
        of: 'seconds, one day at most',
      }),
    }),
  };
}

function kindOf(property: string, kind: TargetKind): TargetKind {
  if (Object.hasOwn(TARGET_DEFAULTS, kind)) return kind;
  throw new SettingError(
    `${property}.kind`,
    kind,
    `no kind of endpoint has this name; use ${Object.keys(TARGET_DEFAULTS).join(' or ')}.`,
  );
}

function unrecognisedRawOf(property: string, { unrecognisedRaw = 'warn' }: TargetProps): UnrecognisedRaw {
  if (UNRECOGNISED_RAW.includes(unrecognisedRaw)) return unrecognisedRaw;
  throw new SettingError(property, unrecognisedRaw, `use ${UNRECOGNISED_RAW.join(' or ')}.`);
}

function requireOf(property: string, require: Requirement): Requirement {
  if (REQUIREMENTS.includes(require)) return require;
  throw new SettingError(property, require, `use ${REQUIREMENTS.join(' or ')}.`);
}

function versionsOf(property: string, { kind, versions = {} }: TargetProps): VersionSettings {
  objectOf(property, versions, Object.keys(VERSION_DEFAULTS));
  const settings = { ...VERSION_DEFAULTS, ...versions };
  const { keep, old, oldName } = settings;
  wholeNumber(`${property}.keep`, keep, { lowest: 1, highest: Number.MAX_SAFE_INTEGER, of: 'versions of an image' });
  const possible: readonly OldVersions[] = OLD_VERSIONS.filter((one) => kind !== 'ims' || one !== 'hide');
  if (!possible.includes(old)) {
    throw new SettingError(`${property}.old`, old, `a target of kind ${kind} takes ${possible.join(', ')}.`);
  }
  if (/[\u{10000}-\u{10FFFF}]/u.test(oldName)) {
    throw new SettingError(`${property}.oldName`, oldName, 'leave out emoji: Glance stores no such characters.');
  }
  const problem = problemIn(oldName, METADATA_SCHEMA.properties.name);
  if (problem !== undefined) throw new SettingError(`${property}.oldName`, oldName, `give ${problem.wanted}.`);
  if (oldName.includes('{name}')) return settings;
  throw new SettingError(`${property}.oldName`, oldName, 'include {name}: the old name must still identify the image.');
}

const ONLY_FOR: Readonly<Partial<Record<RouteSetting, TargetKind>>> = { import: 'glance', register: 'ims' };

function routeOf(property: string, { kind, route = 'auto' }: TargetProps): RouteSetting {
  const possible = ROUTE_SETTINGS.filter((one) => (ONLY_FOR[one] ?? kind) === kind);
  if (possible.includes(route)) return route;
  throw new SettingError(property, route, `a target of kind ${kind} takes ${possible.join(', ')}.`);
}

function minDiskOf(
  property: string,
  given: TargetProps['minDisk'] = {},
  defaults: Target['minDisk'],
): Target['minDisk'] {
  objectOf(property, given, ['lowest', 'highest']);
  const bounds = { lowest: 0, highest: HIGHEST_MIN_DISK, of: 'GiB' };
  const lowest = wholeNumber(`${property}.lowest`, given.lowest ?? defaults.lowest, bounds);
  const highest = wholeNumber(`${property}.highest`, given.highest ?? defaults.highest, bounds);
  if (lowest <= highest) return { lowest, highest };
  throw new SettingError(property, { lowest, highest }, 'lowest is above highest; lower the one or raise the other.');
}

function convertToOf(property: string, { kind, convertTo }: TargetProps, byDefault: string): string {
  if (convertTo === undefined) return byDefault;
  if (kind === 'glance') {
    throw new SettingError(property, convertTo, 'Glance keeps each file in its own format; leave it out.');
  }
  if (typeof convertTo === 'string' && DISK_FORMAT.test(convertTo)) return convertTo;
  throw new SettingError(property, convertTo, 'give a disk_format of the service, such as "vhd" or "zvhd2".');
}
