import { createHash } from 'node:crypto';
import { type Drop, recordKey } from './drop.ts';
import {
  FAMILY_PROPERTY,
  type FoundImage,
  ID_PROPERTY,
  METADATA_PROPERTY,
  type NewImage,
  RECORD_PROPERTY,
  type UploadPlan,
} from './image.ts';
import type { ImageMetadata } from './metadata.ts';
import { percentEncoded } from './quoted.ts';
import type { RecordedMember, RecordedPacked } from './record.ts';

const BYTES_PER_GIB = 2 ** 30;

/** Image API v2, "Create image": name is at most 255 characters. */
const MAX_NAME_CHARACTERS = 255;

/** Endings that say what the file is and would only clutter the image's name. */
const FILE_ENDING = /\.(qcow2?|qed|vmdk|vhdx?|vpc|vdi|iso|zvhd2?|raw|img|dd)$/i;

/** What people append to the name of a file when they pack it. */
const PACKED_ENDING = /(\.tar)?\.(gz|xz|zst|zstd|bz2|zip|tar|ova|tgz|txz|tzst|tbz2?)$/i;

/** `debian.qcow2.xz` → `debian.qcow2`, `disk.tar.gz` → `disk` */
export const withoutPackedEnding = (name: string): string => name.replace(PACKED_ENDING, '');

export interface ImageSource {
  readonly drop: Drop;
  readonly target: string;
  /** Of a packed drop. */
  readonly packed?: RecordedPacked;
  /** Of a tar archive whose disk is read where it is. */
  readonly member?: RecordedMember;
  readonly generation: number;
  readonly found: FoundImage;
  readonly plan: UploadPlan;
  /** All layers merged. */
  readonly metadata: ImageMetadata;
  /** Whether the target retires older versions of its images. */
  readonly hasVersions?: boolean;
}

/** The image to request, from what was found in the file and its metadata. */
export function newImage(source: ImageSource): NewImage {
  const { drop, target, generation, found, plan, metadata, hasVersions = false } = source;
  const name = nameOf(source);
  const id = imageId(drop, target, generation);
  const isShared = metadata.sharedWith !== undefined && metadata.sharedWith.length > 0;
  return {
    id,
    name,
    diskFormat: plan.diskFormat,
    containerFormat: 'bare',
    minDisk: Math.max(inGib(diskBytes(found)), metadata.minDisk ?? inGib(found.appliance?.capacityBytes ?? 0)),
    minRam: metadata.minRam ?? found.appliance?.memoryMib ?? 0,
    visibility: isShared ? 'shared' : (metadata.visibility ?? 'private'),
    protected: metadata.protected ?? false,
    ...(metadata.osHidden !== undefined && { osHidden: metadata.osHidden }),
    ...(isShared && { sharedWith: metadata.sharedWith }),
    tags: metadata.tags ?? [],
    properties: {
      ...firmwareProperty(found),
      ...metadata.properties,
      ...(metadata.osVersion !== undefined && { __os_version: metadata.osVersion }),
      ...(hasVersions && { [FAMILY_PROPERTY]: percentEncoded(metadata.family ?? name) }),
      [ID_PROPERTY]: id,
      [RECORD_PROPERTY]: percentEncoded(recordKey(drop, target)),
    },
  };
}

function nameOf({ drop, packed, member, found, metadata }: ImageSource): string {
  const isInside = packed !== undefined || member !== undefined;
  const byKey = nameFromKey(isInside ? withoutPackedEnding(drop.key) : drop.key);
  return metadata.name ?? found.appliance?.name ?? byKey;
}

/** The key of the record that an image names. */
export function recordKeyOf({ properties }: Pick<NewImage, 'properties'>): string | undefined {
  try {
    return decodeURIComponent(properties[RECORD_PROPERTY] ?? '') || undefined;
  } catch {
    // Not as we write it, so not ours.
    return undefined;
  }
}

const inGib = (bytes: number): number => Math.ceil(bytes / BYTES_PER_GIB);

/** The image as it is created: what its verification must come before is left to its release. */
export function unreleased({ sharedWith: _, ...image }: NewImage): NewImage {
  return { ...image, visibility: 'private', protected: false };
}

/** Whether an image as created is already what was asked for. */
export const isReleased = (image: NewImage): boolean => image.visibility === 'private' && !image.protected;

/** Bears a hash of all that it is created with, by which an image of an earlier try shows what it was created with. */
export function fingerprinted(image: NewImage): NewImage {
  const { id: _, properties, ...fields } = unreleased(image);
  const marks: readonly string[] = [ID_PROPERTY, RECORD_PROPERTY];
  const own = Object.entries(properties).filter(([name]) => !marks.includes(name));
  const text = JSON.stringify([Object.entries(fields).sort(), own.sort()]);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { ...image, properties: { ...properties, [METADATA_PROPERTY]: hash } };
}

/** A server must hold the whole virtual disk, and all partitions where they go on behind it. */
const diskBytes = ({ virtualSize, partitionTable }: FoundImage): number =>
  Math.max(virtualSize, partitionTable?.endBytes ?? 0);

/** Left open when the disk boots by BIOS, by either, or it is unknown: the cloud's default is then as good. */
const firmwareProperty = ({ partitionTable }: FoundImage): Record<string, string> =>
  partitionTable?.firmware === undefined ? {} : { hw_firmware_type: partitionTable.firmware };

/** The last part of the key without the ending that names its format: `linux/ubuntu-24.04.qcow2` → `ubuntu-24.04`. */
export function nameFromKey(key: string): string {
  const lastPart = key.split('/').findLast((part) => part !== '') ?? key;
  const stem = lastPart.replace(FILE_ENDING, '');
  return Array.from(stem === '' ? lastPart : stem)
    .slice(0, MAX_NAME_CHARACTERS)
    .join('');
}

/** Names our ids apart from everybody else's (RFC 9562 section 5.5: a name space is any UUID, chosen once). */
const NAME_SPACE = Buffer.from('b6c1f0a4d0e94d0c8d5c9a5b1f3e7a26', 'hex');

/**
 * The id under which a drop's image is created: the same for every event, message and retry, another for every
 * target, version and generation. UUID version 5 (RFC 9562 section 5.5).
 */
export function imageId(drop: Pick<Drop, 'bucket' | 'key' | 'id'>, target: string, generation: number): string {
  const name = JSON.stringify([target, drop.bucket, drop.key, drop.id, generation]);
  const hash = createHash('sha1').update(NAME_SPACE).update(name).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
