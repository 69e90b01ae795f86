import { ImageDropError } from '../model/errors.ts';
import type { NewImage, UploadPlan } from '../model/image.ts';
import type { MetadataLayer } from '../model/metadata.ts';
import type { ImageSource } from '../model/new-image.ts';

/** A value that neither people nor the file have given. */
const DEFAULT = 'default';
/** The file and its key. */
const FOUND = 'found';
/** What the target makes of a value that it does not take as it is. */
const ENDPOINT = 'endpoint';
/** Our own marks. */
const OURS = 'imagedrop';

/**
 * Where each value of an image comes from, by its name in `sent`: `minDisk`, `properties.os_distro`.
 * @param wanted the image before the endpoint has made it legal
 * @param sent the same afterwards
 */
export function originsOf(
  wanted: NewImage,
  sent: NewImage,
  { found, plan }: Pick<ImageSource, 'found' | 'plan'>,
  layer: MetadataLayer,
): Readonly<Record<string, string>> {
  const before = new Map(valuesOf(wanted));
  const origin = (name: string, value: unknown): string => {
    if (isOurs(name)) return OURS;
    if (!isSame(before.get(name), value)) return ENDPOINT;
    return isFound(name, value, layer) ? foundAs(name, found.format, plan) : (placeOf(name, layer) ?? DEFAULT);
  };
  return Object.fromEntries(valuesOf(sent).map(([name, value]) => [name, origin(name, value)]));
}

/** Each value of an image by its name. */
export function valuesOf({ properties, ...fields }: NewImage): readonly (readonly [string, unknown])[] {
  return [
    ...Object.entries(fields),
    ...Object.entries(properties).map(([name, value]) => [`properties.${name}`, value] as const),
  ];
}

const isOurs = (name: string): boolean => name === 'id' || name.startsWith('properties.imagedrop_');

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** A smaller min_disk than the file needs has no effect. */
function isFound(name: string, value: unknown, { metadata }: MetadataLayer): boolean {
  switch (name) {
    case 'diskFormat':
      return true;
    case 'minDisk':
      return metadata.minDisk !== value;
    case 'name':
      return metadata.name === undefined;
    case 'minRam':
      return metadata.minRam === undefined && value !== 0;
    case 'properties.hw_firmware_type':
      return !Object.hasOwn(metadata.properties ?? {}, 'hw_firmware_type');
    default:
      return false;
  }
}

/** What the target converts, or takes by another name, is declared as that. */
const foundAs = (name: string, format: string, { diskFormat }: UploadPlan): string =>
  name === 'diskFormat' && diskFormat !== format ? ENDPOINT : FOUND;

function placeOf(name: string, { metadata, origins }: MetadataLayer): string | undefined {
  const isVersion = name === 'properties.__os_version' && metadata.osVersion !== undefined;
  return Object.hasOwn(origins, isVersion ? 'osVersion' : name) ? origins[isVersion ? 'osVersion' : name] : undefined;
}

/**
 * The image as a target accepts it.
 * @param conform of its endpoint
 * @throws `invalid-request` when no legal form exists, with the place of the refused value
 */
export function conformToEndpoint(
  conform: (image: NewImage) => NewImage,
  wanted: NewImage,
  layer: MetadataLayer,
): NewImage {
  try {
    return conform(wanted);
  } catch (error) {
    throw error instanceof ImageDropError ? withPlace(error, wanted, layer) : error;
  }
}

function withPlace(error: ImageDropError, wanted: NewImage, { metadata, origins }: MetadataLayer): ImageDropError {
  const { code, message, refusedValue: name } = error;
  const place = name === undefined ? undefined : origins[name];
  // A min_disk that the file needs has no origin in metadata.
  const isUnchanged = name !== undefined && Object(metadata)[name] === Object(wanted)[name];
  if (place === undefined || !isUnchanged) return error;
  return new ImageDropError(code, `${message} The value is in ${place}.`, {
    cause: error.cause,
    nextStep: 'Correct the value there, then run `imagedrop retry` for the image or drop it again.',
  });
}
