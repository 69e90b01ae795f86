import { ImageDropError } from './errors.ts';

/** What a person can say of an image before it is made. Everything is optional. */
export interface ImageMetadata {
  readonly name?: string;
  /** The file's format as the user knows it. Must be what inspection finds; `raw` vouches for bytes that bear no sign. */
  readonly diskFormat?: string;
  /** GiB. */
  readonly minDisk?: number;
  /** MiB. */
  readonly minRam?: number;
  readonly visibility?: string;
  readonly protected?: boolean;
  readonly tags?: readonly string[];
  /** The OS version from the list of Huawei Cloud IMS (`__os_version`). */
  readonly osVersion?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** Later layers win; properties merge name by name. */
export function mergeMetadata(...layers: readonly ImageMetadata[]): ImageMetadata {
  const merged = Object.assign({}, ...layers) as ImageMetadata;
  // By entries: assigned by its name, a property `__proto__` would be lost.
  const properties = Object.fromEntries(layers.flatMap((layer) => Object.entries(layer.properties ?? {})));
  return Object.keys(properties).length > 0 ? { ...merged, properties } : merged;
}

const PROPERTY_PREFIX = 'property-';

/** How each user-metadata name (`x-amz-meta-<name>`) is read. */
const READERS: Readonly<Record<string, (value: string, place: string) => ImageMetadata>> = {
  name: (value) => ({ name: value }),
  'disk-format': (value) => ({ diskFormat: value.toLowerCase() }),
  'min-disk': (value, place) => ({ minDisk: wholeNumber(value, place, 'GiB') }),
  'min-ram': (value, place) => ({ minRam: wholeNumber(value, place, 'MiB') }),
  visibility: (value, place) => ({ visibility: oneOf(VISIBILITIES, value, place) }),
  protected: (value, place) => ({ protected: oneOf(['true', 'false'], value, place) === 'true' }),
  tags: (value) => ({
    tags: value
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
  }),
  'os-version': (value) => ({ osVersion: value }),
};

/** Image API v2, "Create image": visibility. */
const VISIBILITIES = ['private', 'shared', 'community', 'public'];

/**
 * Reads the object's own user metadata. Names that are not ours are left alone: clients put their own beside them
 * (rclone's mtime, s3cmd's attrs).
 * @throws `bad-metadata` naming the header
 */
export function metadataFromUser(userMetadata: Readonly<Record<string, string>>): ImageMetadata {
  const layers = Object.entries(userMetadata).map(([header, value]): ImageMetadata => {
    if (header.startsWith(PROPERTY_PREFIX)) return { properties: { [header.slice(PROPERTY_PREFIX.length)]: value } };
    const read = Object.hasOwn(READERS, header) ? READERS[header] : undefined;
    return read?.(value, `x-amz-meta-${header}`) ?? {};
  });
  return mergeMetadata(...layers);
}

function wholeNumber(value: string, place: string, unit: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new ImageDropError('bad-metadata', `${place} must be a whole number of ${unit}, but is ${quoted(value)}.`);
}

function oneOf(allowed: readonly string[], value: string, place: string): string {
  if (allowed.includes(value)) return value;
  throw new ImageDropError('bad-metadata', `${place} must be one of ${allowed.join(', ')}, but is ${quoted(value)}.`);
}

/** Enough to know one's own words again; a record is not the place for all 2 KB that a value may have. */
const MAX_QUOTED_CHARACTERS = 100;

function quoted(value: string): string {
  const whole = value.length <= MAX_QUOTED_CHARACTERS;
  return JSON.stringify(whole ? value : `${value.slice(0, MAX_QUOTED_CHARACTERS)}…`);
}
