import type { ServiceCodes } from '../clouds/answers.ts';
import type { Connection } from '../clouds/connection.ts';
import { ImageDropError } from '../model/errors.ts';
import {
  type FoundImage,
  ID_PROPERTY,
  type Image,
  type ImageFormat,
  type MeasuredUpload,
  type NewImage,
  type UploadPlan,
} from '../model/image.ts';
import { bitmapKey } from '../model/staging.ts';
import type { Target } from '../model/target.ts';
import type { DropPlace, ImageEndpoint } from './endpoint.ts';
import { type Dialect, ImageApi } from './image-api.ts';
import { imsRegister } from './ims-register.ts';
import { planRoute, type StorageQuestion } from './plan-route.ts';
import { creationFields, renamed, withMinDisk } from './within-limits.ts';

/**
 * Error codes of Huawei Cloud Image Management Service (API reference, "Error Codes"). The service gives most of them
 * with status 400, whether the request or the moment was wrong.
 */
export const IMS_CODES: ServiceCodes = {
  // The request, which the user must change
  'IMG.0002': 'invalid-request', // name
  'IMG.0003': 'invalid-request', // name
  'IMG.0062': 'invalid-request', // name
  'IMG.0009': 'invalid-request', // an image of this name exists
  'IMG.0055': 'invalid-request', // memory or disk size
  'IMG.0056': 'invalid-request', // OS type
  'IMG.0122': 'invalid-request', // OS type
  'IMG.0058': 'invalid-request', // region of the bucket
  'IMG.0141': 'invalid-request', // hw_firmware_type
  'IMG.0175': 'invalid-request', // space in a name
  'IMG.0212': 'invalid-request', // architecture
  'IMG.0015': 'quota-exceeded',
  'IMG.0057': 'content-refused', // file missing, empty or of another format
  'IMG.0059': 'too-large',
  'IMG.0072': 'format-not-taken',
  'IMG.0158': 'format-not-taken', // fast import

  // The moment
  'IMG.0018': 'endpoint-busy', // job not submitted
  'IMG.0060': 'endpoint-busy', // too many tasks
  'IMG.0149': 'endpoint-busy', // flow control
  'IMG.0187': 'endpoint-busy', // flow control of the key service
  'IMG.0061': 'endpoint-unavailable', // unknown system error

  // The credentials
  'IMG.0026': 'forbidden', // role
  'IMG.0030': 'unauthorized', // project and token
  'IMG.0087': 'unauthorized', // token
};

/**
 * Huawei Cloud Image Management Service and its sisters (https://support.huaweicloud.com/intl/en-us/api-ims/): the Image
 * API v2 with rules of its own.
 */
export function imsEndpoint(target: Target, connection: Connection): ImageEndpoint {
  const images = new ImageApi(connection, IMS);
  return {
    kind: 'ims',
    plan: (found, objectBytes, place) => planForImsAt(place, found, objectBytes, target),
    conform: (image) => conformForIms(image, target),
    create: (image) => create(image, images, target),
    release: (id, image) => images.release(id, image),
    alter: (id, { name }) => images.alter(id, name === undefined ? {} : { name: legalName(name) }),
    bearing: (property, value) => images.withProperty(property, value),
    share: (id, project) => images.share(id, project),
    createdFor: (id) => images.withProperty(ID_PROPERTY, id),
    get: (id) => images.show(id),
    list: (cursor) => images.list(cursor),
    upload: (id, body, length, signal) => images.upload(id, body, length, signal),
    registers: imsRegister(images, IMS_CODES),
    delete: (id) => images.delete(id),
  };
}

const IMS: Dialect = {
  codes: IMS_CODES,
  // `size` and `virtual_size` are unused; this one is empty or 0 until there is something to tell.
  sizeIn: ({ __image_size: size }) => (typeof size === 'string' && /^[1-9]\d*$/.test(size) ? Number(size) : undefined),
};

/**
 * disk_format names the format in which the service keeps the image; files of other formats it converts on the way in,
 * to the target's convertTo ("Uploading an Image": file formats; "Creating Image Metadata": disk_format).
 */
const KEPT_AS_IT_IS: readonly ImageFormat[] = ['qcow2', 'raw', 'vhd', 'zvhd', 'zvhd2'];

/** What is known about the place of the file. */
export type StorageFacts = Pick<StorageQuestion, 'key' | 'isStaging' | 'hasBitmap'>;

/** @throws as planForIms */
export async function planForImsAt(
  place: DropPlace | undefined,
  found: FoundImage,
  objectBytes: number,
  target: Target,
): Promise<UploadPlan> {
  const { key = '', isStaging = false, measured } = place ?? {};
  // Only the largest raw images need one.
  const isAsked = found.format === 'raw' && objectBytes > (target.objectStorage?.maxRegisterBytes ?? Infinity);
  const hasBitmap = isAsked && ((await place?.has(bitmapKey(key))) ?? false);
  return planForIms(found, objectBytes, target, { key, isStaging, hasBitmap }, measured);
}

/** @throws `format-not-taken`, `too-large`, `invalid-request` */
export function planForIms(
  found: FoundImage,
  objectBytes: number,
  target: Target,
  facts: StorageFacts = { key: '', isStaging: false, hasBitmap: false },
  measured?: MeasuredUpload,
): UploadPlan {
  if (found.format === 'iso') {
    const message = `${target.name} is an image service (IMS) that takes disk images, and this is an ISO 9660 medium.`;
    throw new ImageDropError('format-not-taken', message, {
      nextStep: 'Install from the medium into a disk image and drop that.',
    });
  }
  const diskFormat = KEPT_AS_IT_IS.includes(found.format) ? found.format : target.convertTo;
  const range = { offset: 0, length: objectBytes };
  // It documents `checksum`, an md5, and no other hash.
  const storage = { ...facts, format: found.format };
  const planned = planRoute({ target, objectBytes, range, storage, importMethods: [], ...(measured && { measured }) });
  return { ...planned, diskFormat, range, algorithms: ['md5'] };
}

/** @throws `invalid-request` */
export function conformForIms(image: NewImage, target: Target): NewImage {
  if (image.sharedWith !== undefined) {
    const message = `${target.name} accepts private images only, and shared_with is set. Remove it, or choose another target.`;
    throw new ImageDropError('invalid-request', message, { refusedValue: 'sharedWith' });
  }
  if (image.visibility !== 'private') {
    const message = `${target.name} takes private images only, and this one shall be ${image.visibility}.`;
    throw new ImageDropError('invalid-request', message, { refusedValue: 'visibility' });
  }
  if (image.osHidden) {
    const message = `${target.name} knows no hidden images, and this one shall be (os_hidden).`;
    throw new ImageDropError('invalid-request', message, { refusedValue: 'osHidden' });
  }
  return withMinDisk({ ...renamed(image, legalName(image.name)), tags: image.tags.map(legalTag) }, target);
}

/** "Creating Image Metadata": name is 1 to 128 characters. */
const MAX_NAME_CHARACTERS = 128;

/** Letters, digits, Chinese, `-._` and space are allowed, but no space at either end; any other becomes `-`. */
function legalName(name: string): string {
  const legal = name
    .replace(/[^A-Za-z0-9\u4e00-\u9fff._ -]/gu, '-')
    .trim()
    .slice(0, MAX_NAME_CHARACTERS)
    .trimEnd();
  if (legal === '') {
    const message = 'The name of the image has no character but spaces.';
    throw new ImageDropError('invalid-request', message, { refusedValue: 'name' });
  }
  return legal;
}

/** "Creating Image Metadata": a tag is "key=value" of 1 to 255 characters. One without a value gets an empty one. */
function legalTag(tag: string): string {
  const legal = tag.includes('=') ? tag : `${tag}=`;
  if (legal.length <= 255 && !legal.startsWith('=')) return legal;
  const message = `The tag ${JSON.stringify(tag)} is not key=value of at most 255 characters.`;
  throw new ImageDropError('invalid-request', message, { refusedValue: 'tags' });
}

/**
 * The service chooses the id. So an image that an earlier try has created is looked for by our own property; should two
 * tries at the same moment both have created one, all settle on the first by id.
 */
async function create(image: NewImage, images: ImageApi, target: Target): Promise<Image> {
  const earlier = await images.withProperty(ID_PROPERTY, image.id);
  const first = earlier.toSorted((one, other) => (one.id < other.id ? -1 : 1))[0];
  if (first !== undefined) return first;
  const created = await images.create(creationFields(image));
  if (created !== undefined) return created;
  throw new ImageDropError(
    'endpoint-busy',
    `Creating image ${JSON.stringify(image.name)} at ${target.name} was answered with 409, a conflict.`,
  );
}
