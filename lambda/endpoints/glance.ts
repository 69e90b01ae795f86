import type { Connection } from '../clouds/connection.ts';
import { ImageDropError } from '../model/errors.ts';
import {
  type ByteRange,
  type FoundImage,
  ID_PROPERTY,
  type Image,
  type ImageFormat,
  type MeasuredUpload,
  type NewImage,
  type UploadPlan,
} from '../model/image.ts';
import type { Target } from '../model/target.ts';
import { type Discovery, decideBy, discover, Remembered } from './discovery.ts';
import type { ImageEndpoint, ImagePage } from './endpoint.ts';
import { type Dialect, ImageApi } from './image-api.ts';
import { imageImport } from './image-import.ts';
import { planRoute } from './plan-route.ts';
import { algorithmsToCompare, creationFields, renamed, requireQuota, withMinDisk } from './within-limits.ts';

/** The stock OpenStack Image service (https://docs.openstack.org/glance/latest/). */
export function glanceEndpoint(target: Target, connection: Connection): ImageEndpoint {
  const images = new ImageApi(connection, GLANCE);
  const discovery = new Remembered(() => discover(images), connection.now);
  return {
    kind: 'glance',
    plan: (found, objectBytes, place) =>
      decideBy(discovery, (known) => planForGlance(found, objectBytes, target, known, place?.measured)),
    conform: (image) => conformForGlance(image, target),
    create: (image) => create(image, images, target),
    release: (id, image) => images.release(id, image),
    alter: (id, change) => images.alter(id, change),
    bearing: (property, value) => bearing(images, property, value),
    share: (id, project) => images.share(id, project),
    createdFor: async (id) => {
      const image = await images.show(id);
      return image !== undefined && isOurs(image, id) ? [image] : [];
    },
    get: (id) => images.show(id),
    list: (cursor) => listWithHidden(images, cursor),
    upload: (id, body, length, signal) => images.upload(id, body, length, signal),
    imports: imageImport(images),
    delete: (id) => images.delete(id),
  };
}

/** An image that is hidden between the two lists is in both. */
async function bearing(images: ImageApi, property: string, value: string): Promise<readonly Image[]> {
  const visible = await images.withProperty(property, value);
  const hidden = await images.withProperty(property, value, { os_hidden: 'true' });
  return [...new Map([...visible, ...hidden].map((image) => [image.id, image])).values()];
}

/** Hidden images are in no list but their own (Image API v2, "List images": os_hidden). */
const HIDDEN = 'limit=200&os_hidden=true';

async function listWithHidden(images: ImageApi, cursor: string | undefined): Promise<ImagePage> {
  const page = await images.list(cursor);
  const isOfHidden = new URLSearchParams(cursor).get('os_hidden') === 'true';
  return page.next === undefined && !isOfHidden ? { ...page, next: HIDDEN } : page;
}

const GLANCE: Dialect = {
  codes: {},
  sizeIn: ({ size }) => (typeof size === 'number' ? size : undefined),
};

/**
 * The footer of a VHD (Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format") behind the whole sectors of
 * its disk: 512 bytes, or 511 as before Virtual PC 2004.
 */
const vhdFooterBytes = (objectBytes: number): number => (objectBytes % 512 === 511 ? 511 : 512);

const CONVERT = 'Convert it with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new file.';
const EXPORT = 'Export the image as qcow2 from the cloud that it comes from, and drop that file.';

/** Formats that stock Glance has no disk_format for, or refuses by content since release 30; and what to do instead. */
const NOT_TAKEN: Readonly<Partial<Record<ImageFormat, string>>> = {
  qcow: CONVERT,
  qed: CONVERT,
  zvhd: EXPORT,
  zvhd2: EXPORT,
};

/** @throws `format-not-taken`, `too-large`, `route-not-offered`, `quota-exceeded` */
export function planForGlance(
  found: FoundImage,
  objectBytes: number,
  target: Target,
  known: Discovery,
  measured?: MeasuredUpload,
): UploadPlan {
  const { diskFormat, range } = declaredAs(found, objectBytes, target);
  const { diskFormats, importMethods, importFault, hashAlgorithm, quotas } = known;
  if (diskFormats?.includes(diskFormat) === false) throw notInSchema(diskFormat, diskFormats, target);
  requireQuota(range.length, quotas, target);
  const asked = {
    ...(importMethods && { importMethods }),
    ...(importFault && { importFault }),
    ...(measured && { measured }),
  };
  const { route, reason } = planRoute({ target, objectBytes, range, ...asked });
  return { route, reason, diskFormat, range, algorithms: algorithmsToCompare(hashAlgorithm) };
}

function declaredAs(found: FoundImage, objectBytes: number, target: Target): { diskFormat: string; range: ByteRange } {
  const nextStep = NOT_TAKEN[found.format];
  if (nextStep !== undefined) {
    const message = `${target.name} is stock OpenStack, which takes no images of the format ${found.format}.`;
    throw new ImageDropError('format-not-taken', message, { nextStep });
  }
  // A fixed VHD is a raw disk with a footer; Glance looks for the VHD's mark at the beginning only and refuses it as vhd.
  if (found.format === 'vhd' && found.subformat === 'fixed') {
    return { diskFormat: 'raw', range: { offset: 0, length: objectBytes - vhdFooterBytes(objectBytes) } };
  }
  return { diskFormat: found.format, range: { offset: 0, length: objectBytes } };
}

/** What `qemu-img convert` makes, best first: the smallest and safest, and the one that every cloud can boot. */
const CONVERTIBLE = ['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx'];

function notInSchema(diskFormat: string, taken: readonly string[], target: Target): ImageDropError {
  const message = `${target.name} takes no images of the format ${diskFormat}; it takes ${taken.join(', ') || 'none'}.`;
  const best = CONVERTIBLE.find((format) => taken.includes(format));
  if (best === undefined) return new ImageDropError('format-not-taken', message);
  const nextStep = `Convert it with \`qemu-img convert -O ${best} FILE NEW.${best}\` and drop the new file.`;
  return new ImageDropError('format-not-taken', message, { nextStep });
}

/** Image API v2, "Create image": name. */
const MAX_NAME_CHARACTERS = 255;

/** Four-byte UTF-8, which Glance refuses everywhere (glance/common/utils.py, no_4byte_params). */
const BEYOND_ITS_DATABASE = /[\u{10000}-\u{10ffff}]/gu;

/** Control characters, and what turns the direction of text around: Glance takes them, and every terminal that lists images obeys them. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** @throws `invalid-request` */
export function conformForGlance(image: NewImage, target: Target): NewImage {
  const name = image.name.replace(BEYOND_ITS_DATABASE, '-').replace(CONTROLS, '-').slice(0, MAX_NAME_CHARACTERS);
  return withMinDisk(renamed(image, name), target);
}

/**
 * Asks for an image of the id we have chosen. An id is never free again, so the answer "taken" may come from an earlier
 * try of ours whose answer was lost: then the image is there and bears our mark. Glance looks at the quota before it
 * looks at the id, so that such an image on the last place of the quota is answered with the quota.
 */
async function create(image: NewImage, images: ImageApi, target: Target): Promise<Image> {
  const { created, full } = await asked(image, images);
  if (created !== undefined) return created;
  const existing = await images.show(image.id);
  if (existing !== undefined && isOurs(existing, image.id)) return existing;
  if (full !== undefined) throw full;
  const owner =
    existing === undefined ? 'a deleted image' : `the image ${JSON.stringify(existing.name)}, which is not ours`;
  throw new ImageDropError('image-id-taken', `The image id ${image.id} at ${target.name} belongs to ${owner}.`);
}

async function asked(
  image: NewImage,
  images: ImageApi,
): Promise<{ created?: Image | undefined; full?: ImageDropError }> {
  try {
    return { created: await images.create({ ...creationFields(image), id: image.id }) };
  } catch (error) {
    if (error instanceof ImageDropError && error.code === 'quota-exceeded') return { full: error };
    throw error;
  }
}

/** Somebody else's image may bear the id that we would choose, but not our mark. */
const isOurs = ({ properties }: Image, id: string): boolean => properties[ID_PROPERTY] === id;
