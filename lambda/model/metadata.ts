import type { Path } from './json-schema.ts';
import type { MetadataName } from './metadata-schema.ts';
import { REQUIREMENTS, type Requirement } from './record.ts';

/** What people can say of an image. Everything is optional; metadata-schema.ts says what is allowed. */
export interface ImageMetadata {
  readonly name?: string;
  /** The file's format as the user knows it. Must be what inspection finds; `raw` accepts a file in which no disk is recognised. */
  readonly diskFormat?: string;
  /** GiB. */
  readonly minDisk?: number;
  /** MiB. */
  readonly minRam?: number;
  readonly visibility?: string;
  readonly protected?: boolean;
  /** Left out of lists of images unless asked for (Image API v2: os_hidden). */
  readonly osHidden?: boolean;
  /** Ids of the projects that may use the image. */
  readonly sharedWith?: readonly string[];
  readonly tags?: readonly string[];
  /** What the versions of one image have in common, where the target retires older ones. */
  readonly family?: string;
  /** The OS version from the list of Huawei Cloud IMS (`__os_version`). */
  readonly osVersion?: string;
  /** The file in an archive that is the disk. */
  readonly member?: string;
  /** The publisher's checksum of the dropped file: `sha256:` or `sha512:` and hex. Only one image has it. */
  readonly checksum?: string;
  /** What the image must have from its publisher. */
  readonly require?: Requirement;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Our name of each value, by the one in the schema. */
export const FIELD_OF = {
  name: 'name',
  disk_format: 'diskFormat',
  min_disk: 'minDisk',
  min_ram: 'minRam',
  visibility: 'visibility',
  protected: 'protected',
  os_hidden: 'osHidden',
  shared_with: 'sharedWith',
  tags: 'tags',
  family: 'family',
  os_version: 'osVersion',
  member: 'member',
  checksum: 'checksum',
  require: 'require',
  properties: 'properties',
} as const satisfies Record<MetadataName, keyof ImageMetadata>;

/**
 * What `metadata` of a target may say: `checksum` is for one image, `require` is a setting of the target itself, one
 * unpacked disk serves all targets, and a family of all images of a target would keep a few of them.
 */
export const TARGET_FIELDS: readonly string[] = Object.values(FIELD_OF).filter(
  (field) => field !== 'checksum' && field !== 'require' && field !== 'member' && field !== 'family',
);

/** What one place says, or several together. */
export interface MetadataLayer {
  readonly metadata: ImageMetadata;
  /** The place of each value, by its name here: `minDisk`, `properties.os_distro`. */
  readonly origins: Readonly<Record<string, string>>;
}

type Written = Readonly<Record<string, unknown>>;

/** @param written metadata as the schema allows it, by the names of the schema */
export function metadataOf(written: Written): ImageMetadata {
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [fieldOf(name), value]));
}

/** The path of each value by the names of the schema, and its own name in MetadataLayer.origins. */
export function valuePaths(written: Written): readonly { readonly path: Path; readonly name: string }[] {
  const { properties = {}, ...others } = written;
  return [
    ...Object.keys(others).map((name) => ({ path: [name], name: fieldOf(name) })),
    ...Object.keys(properties as object).map((name) => ({ path: ['properties', name], name: `properties.${name}` })),
  ];
}

const fieldOf = (name: string): string => FIELD_OF[name as MetadataName];

/** A layer all of whose values stand at one place. */
export function layerAt(origin: string, metadata: ImageMetadata): MetadataLayer {
  return {
    metadata,
    origins: Object.fromEntries(valuePaths({ ...metadata }).map(({ path }) => [path.join('.'), origin])),
  };
}

/** Later layers win; properties merge name by name, tags are replaced as a whole, and the strictest `require` counts. */
export function mergeLayers(...layers: readonly MetadataLayer[]): MetadataLayer {
  return {
    metadata: mergeMetadata(...layers.map(({ metadata }) => metadata)),
    origins: Object.fromEntries(layers.flatMap(({ origins }) => Object.entries(origins))),
  };
}

function mergeMetadata(...layers: readonly ImageMetadata[]): ImageMetadata {
  const merged = Object.assign({}, ...layers) as ImageMetadata;
  // By entries: assigned by its name, a property `__proto__` would be lost.
  const properties = Object.fromEntries(layers.flatMap((layer) => Object.entries(layer.properties ?? {})));
  const require = strictest(layers.map((layer) => layer.require));
  return {
    ...merged,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(require !== undefined && { require }),
  };
}

/** Undefined where none is given. */
export function strictest(given: readonly (Requirement | undefined)[]): Requirement | undefined {
  return REQUIREMENTS.findLast((each) => given.includes(each));
}
