import { ImageDropError } from '../model/errors.ts';
import type { FoundImage, Image, ImageFormat, NewImage, UploadPlan } from '../model/image.ts';
import { ID_PROPERTY } from '../model/image.ts';
import type { Target } from '../model/target.ts';
import type { ImageEndpoint } from './endpoint.ts';
import { type Connection, type Dialect, ImageApi } from './image-api.ts';
import { creationFields, renamed, streamPlan, withMinDisk } from './within-limits.ts';

/** The stock OpenStack Image service (https://docs.openstack.org/glance/latest/). */
export function glanceEndpoint(target: Target, connection: Connection): ImageEndpoint {
  const images = new ImageApi(connection, GLANCE);
  return {
    kind: 'glance',
    plan: (found, objectBytes) => plan(found, objectBytes, target),
    conform: (image) => conform(image, target),
    create: (image) => create(image, images, target),
    get: (id) => images.show(id),
    upload: (id, body, length, signal) => images.upload(id, body, length, signal),
    delete: (id) => images.delete(id),
  };
}

const GLANCE: Dialect = {
  codes: {},
  sizeIn: ({ size }) => (typeof size === 'number' ? size : undefined),
};

/** The footer of a VHD (Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format"). */
const VHD_FOOTER_BYTES = 512;

const CONVERT = 'Convert it with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new file.';
const EXPORT = 'Export the image as qcow2 from the cloud that it comes from, and drop that file.';

/** Formats that stock Glance has no disk_format for, or refuses by content since release 30; and what to do instead. */
const NOT_TAKEN: Readonly<Partial<Record<ImageFormat, string>>> = {
  qcow: CONVERT,
  qed: CONVERT,
  zvhd: EXPORT,
  zvhd2: EXPORT,
};

function plan(found: FoundImage, objectBytes: number, target: Target): UploadPlan {
  const nextStep = NOT_TAKEN[found.format];
  if (nextStep !== undefined) {
    const message = `${target.name} is stock OpenStack, which takes no images of the format ${found.format}.`;
    throw new ImageDropError('format-not-taken', message, { nextStep });
  }
  // A fixed VHD is a raw disk with a footer; Glance looks for the VHD's mark at the beginning only and refuses it as vhd.
  if (found.format === 'vhd' && found.subformat === 'fixed') {
    return streamPlan('raw', { offset: 0, length: objectBytes - VHD_FOOTER_BYTES }, target);
  }
  return streamPlan(found.format, { offset: 0, length: objectBytes }, target);
}

/** Image API v2, "Create image": name. */
const MAX_NAME_CHARACTERS = 255;

function conform(image: NewImage, target: Target): NewImage {
  const name = Array.from(image.name).slice(0, MAX_NAME_CHARACTERS).join('');
  return withMinDisk(renamed(image, name), target);
}

/**
 * Asks for an image of the id we have chosen. An id is taken for ever, so the answer "taken" may come from an earlier
 * try of ours whose answer was lost: then the image is there and bears our mark.
 */
async function create(image: NewImage, images: ImageApi, target: Target): Promise<Image> {
  const created = await images.create({ id: image.id, ...creationFields(image) });
  if (created !== undefined) return created;
  const existing = await images.show(image.id);
  if (existing?.properties[ID_PROPERTY] === image.id) return existing;
  const owner =
    existing === undefined ? 'a deleted image' : `the image ${JSON.stringify(existing.name)}, which is not ours`;
  throw new ImageDropError('image-id-taken', `The image id ${image.id} at ${target.name} belongs to ${owner}.`);
}
