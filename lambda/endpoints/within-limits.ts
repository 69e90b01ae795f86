import { ImageDropError } from '../model/errors.ts';
import type { ByteRange, NewImage, UploadPlan } from '../model/image.ts';
import type { Target } from '../model/target.ts';

/** The name that the image was meant to have, where the endpoint does not take it. */
export const ORIGINAL_NAME_PROPERTY = 'imagedrop_original_name';

/** The one PUT by which the bytes go. @throws `too-large` */
export function streamPlan(diskFormat: string, range: ByteRange, target: Target): UploadPlan {
  if (range.length > target.maxPutBytes) {
    const figures = `${range.length} bytes, and ${target.name} takes at most ${target.maxPutBytes} in one upload`;
    throw new ImageDropError('too-large', `The image has ${figures}.`);
  }
  return { route: 'stream', diskFormat, range };
}

/** Raises min_disk to what the target asks for. @throws `invalid-request` when it is above the target's highest */
export function withMinDisk(image: NewImage, { name, minDisk }: Target): NewImage {
  if (image.minDisk > minDisk.highest) {
    const figures = `${image.minDisk} GiB, and ${name} takes at most ${minDisk.highest} GiB`;
    throw new ImageDropError('invalid-request', `The image needs a disk (min_disk) of ${figures}.`);
  }
  return { ...image, minDisk: Math.max(image.minDisk, minDisk.lowest) };
}

/** Keeps the name that was meant beside one that the endpoint takes. */
export function renamed(image: NewImage, name: string): NewImage {
  if (name === image.name) return image;
  return { ...image, name, properties: { ...image.properties, [ORIGINAL_NAME_PROPERTY]: image.name } };
}

/** The body of "Create image" (Image API v2); no property can displace a field. */
export function creationFields(image: NewImage) {
  return {
    ...image.properties,
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    min_disk: image.minDisk,
    min_ram: image.minRam,
    visibility: image.visibility,
    protected: image.protected,
    tags: image.tags,
  };
}
