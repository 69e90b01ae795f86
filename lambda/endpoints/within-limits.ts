import { ImageDropError } from '../model/errors.ts';
import { HASH_ALGORITHMS, type HashAlgorithm, type NewImage } from '../model/image.ts';
import { percentEncoded } from '../model/quoted.ts';
import type { Target } from '../model/target.ts';
import type { Quota } from './discovery.ts';

/** The name that the image was meant to have, percent-encoded, where the endpoint does not take it. */
const ORIGINAL_NAME_PROPERTY = 'imagedrop_original_name';

const MIB = 2 ** 20;

/**
 * How much of a quota the image would use, by the names of the unified limits (glance/quota/keystone.py). Those that count
 * current work are temporary and are left to the service.
 */
const USES: Readonly<Record<string, (bytes: number) => number>> = {
  image_count_total: () => 1,
  image_size_total: (bytes) => Math.floor(bytes / MIB),
};

/** Refuses what the service would refuse anyway. @throws `quota-exceeded` */
export function requireQuota(bytes: number, quotas: readonly Quota[], { name }: Target): void {
  for (const { name: quota, limit, usage } of quotas) {
    const needed = USES[quota]?.(bytes);
    if (needed === undefined || limit < 0 || usage + needed <= limit) continue;
    if (needed > limit) throw aboveQuota(quota, limit, needed, name);
    const figures = `${quota} is at ${usage} of ${limit}, and this image needs ${needed} more`;
    const message = `The quota of the project at ${name} is used up: ${figures}.`;
    throw new ImageDropError('quota-exceeded', message, { wholeTarget: true });
  }
}

function aboveQuota(quota: string, limit: number, needed: number, target: string): ImageDropError {
  const message = `This image needs ${needed} of ${quota}, and the whole quota of the project at ${target} is ${limit}.`;
  return new ImageDropError('quota-exceeded', message, {
    retryable: false,
    nextStep: 'Have the quota raised, or make the image smaller, then drop the file again.',
  });
}

/** What Glance computes unless its operator has chosen otherwise (hashing_algorithm, since release 17). */
const USUAL_ALGORITHM = 'sha512';

/**
 * What to compute: one hash, for each takes as long as all else that is done with the bytes. Where it turns out to be
 * another than the endpoint reports, the object is read once more (steps/verify.ts).
 * @param reported by the endpoint, as far as it is known
 */
export function algorithmsToCompare(reported: string = USUAL_ALGORITHM): readonly HashAlgorithm[] {
  const known = HASH_ALGORITHMS.find((algorithm) => algorithm === reported);
  // `checksum` is an md5 whatever the operator has chosen beside it.
  return [known ?? 'md5'];
}

/** Raises min_disk to what the target asks for. @throws `invalid-request` when it is above the target's highest */
export function withMinDisk(image: NewImage, { name, minDisk }: Target): NewImage {
  if (image.minDisk > minDisk.highest) {
    const figures = `${image.minDisk} GiB, and ${name} takes at most ${minDisk.highest} GiB`;
    const message = `The image needs a disk (min_disk) of ${figures}.`;
    throw new ImageDropError('invalid-request', message, { refusedValue: 'minDisk' });
  }
  return { ...image, minDisk: Math.max(image.minDisk, minDisk.lowest) };
}

/** Keeps the name that was meant beside one that the endpoint takes. */
export function renamed(image: NewImage, name: string): NewImage {
  if (name === image.name) return image;
  return { ...image, name, properties: { ...image.properties, [ORIGINAL_NAME_PROPERTY]: percentEncoded(image.name) } };
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
    // Clouds from before Image API 2.7 know no such field; to be seen is what they do without it.
    ...(image.osHidden && { os_hidden: true }),
    tags: image.tags,
  };
}
