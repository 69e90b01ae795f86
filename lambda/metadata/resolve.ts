import { ImageDropError } from '../model/errors.ts';
import { pathText } from '../model/json-schema.ts';
import { layerAt, type MetadataLayer, mergeLayers } from '../model/metadata.ts';
import { isFolderFile } from '../model/metadata-keys.ts';
import { type MetadataTarget, requireHarmless, requirePermitted } from './permitted.ts';
import { userLayer } from './user-metadata.ts';
import { fileLayer, type MetadataFile } from './yaml-file.ts';

/** The metadata that people have given for one image, in all places. */
export interface MetadataSources {
  readonly target: MetadataTarget;
  /** From the top of the bucket down, the image's own last. */
  readonly files: readonly MetadataFile[];
  /** `x-amz-meta-…` without that prefix. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/**
 * Glance's own default of image_property_quota is 128, and four of them may be marks of imagedrop (model/image.ts) and
 * one hw_firmware_type.
 */
const MAX_PROPERTIES = 123;

/**
 * 64 KiB, as much as one file may hold: ten folders cannot say more together than one. In the longest spelling of JSON, six
 * characters for two bytes, the document of such an image has less than 512 KiB with its tags: the half of what is read
 * of an answer (adapters/http.ts).
 */
const MAX_PROPERTIES_BYTES = 65_536;

/**
 * All metadata of an image: a nearer place wins.
 * @throws `bad-metadata` naming the place
 */
export function resolveMetadata({ target, files, userMetadata }: MetadataSources): MetadataLayer {
  const byTarget = layerAt(`targets.${target.name}.metadata`, target.metadata);
  requireHarmless(byTarget);
  requireOneSpelling(files);
  const byDroppers = [...files.map(ownLayer), userLayer(userMetadata)];
  requireOneChecksum(byDroppers);
  for (const layer of byDroppers) requirePermitted(layer, target);
  const merged = mergeLayers(byTarget, ...byDroppers);
  requireBounded(merged, target);
  requireShareable(merged);
  return merged;
}

/** A folder cannot have the checksum of one file. */
function ownLayer(file: MetadataFile): MetadataLayer {
  const layer = fileLayer(file);
  if (layer.metadata.checksum === undefined || !isFolderFile(file.name)) return layer;
  const words = `${layer.origins.checksum}: checksum is for one image, and this file is for all images of a folder`;
  throw tooMuch(words, 'Move it into KEY.yaml beside the image KEY');
}

/** Which one is right cannot be known. */
function requireOneChecksum(layers: readonly MetadataLayer[]): void {
  const [first, ...others] = layers.filter(({ metadata }) => metadata.checksum !== undefined);
  const textOf = (layer: MetadataLayer | undefined) => layer?.metadata.checksum?.toLowerCase();
  const other = others.find((layer) => textOf(layer) !== textOf(first));
  if (other === undefined) return;
  const words = `${other.origins.checksum}: checksum is another one than in ${first?.origins.checksum}`;
  throw tooMuch(words, 'Keep the right one of the two');
}

/** KEY.yml is the same as KEY.yaml, so that both together would leave open which one counts. */
function requireOneSpelling(files: readonly MetadataFile[]): void {
  const stems = new Map<string, string>();
  for (const { name } of files) {
    const stem = name.replace(/\.ya?ml$/, '');
    const other = stems.get(stem);
    if (other !== undefined) throw tooMuch(`${name}: it is the same file as ${other}`, 'Delete one of the two files');
    stems.set(stem, name);
  }
}

/** @throws `bad-metadata` where all places together say more than an image can have */
function requireBounded({ metadata: { properties = {} }, origins }: MetadataLayer, { versions }: MetadataTarget): void {
  const entries = Object.entries(properties).map(([name, value]) => ({ name, bytes: Buffer.byteLength(name + value) }));
  // The family is one more mark of imagedrop.
  const most = versions === undefined ? MAX_PROPERTIES : MAX_PROPERTIES - 1;
  if (entries.length > most) {
    const words = `The image has ${entries.length} properties from all places together, and ${most} is the most`;
    throw tooMuch(words, 'Remove properties from the metadata files');
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes <= MAX_PROPERTIES_BYTES) return;
  const [largest] = entries.toSorted((one, other) => other.bytes - one.bytes);
  const name = largest?.name ?? '';
  const where = `the largest is ${pathText(['properties', name])} in ${origins[`properties.${name}`]} with ${largest?.bytes}`;
  const words = `The properties of the image have ${bytes} bytes from all places together, and ${MAX_PROPERTIES_BYTES} is the most; ${where}`;
  throw tooMuch(words, 'Shorten or remove properties in the metadata files');
}

/** The Image API v2 ("Sharing") lets an image of one visibility alone have members. @throws `bad-metadata` */
function requireShareable({ metadata: { sharedWith = [], visibility = 'shared' }, origins }: MetadataLayer): void {
  if (sharedWith.length === 0 || visibility === 'shared') return;
  const words = `${origins.sharedWith}: shared_with needs the visibility shared, and ${origins.visibility} has ${visibility}`;
  throw tooMuch(words, 'Remove one of the two');
}

function tooMuch(words: string, remedy: string): ImageDropError {
  const nextStep = `${remedy}, then run \`imagedrop retry\` for the image or drop it again.`;
  return new ImageDropError('bad-metadata', `${words}.`, { nextStep });
}
