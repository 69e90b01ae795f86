import { randomUUID } from 'node:crypto';
import { parse } from 'node:path/posix';
import { callerOf } from './authentication.ts';
import { formatsIn, HEAD_BYTES } from './content.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, isObject, type JsonObject, readJson } from './http.ts';
import type { NewImage } from './image.ts';
import { sourceOf } from './image-source.ts';
import { checkedName, checkProject } from './ims-creation.ts';
import { refusal } from './ims-settings.ts';
import type { ObsClient, SourceObject } from './obs-client.ts';
import type { RegistrationParts } from './registration.ts';

/** "Importing an Image File Quickly", min_disk. */
const MIN_DISK_GB = { lowest: 1, highest: 1024 };
const GIB = 1024 ** 3;
const TYPES = ['ECS', 'BMS', 'DataImage'];
const ARCHITECTURES = ['x86', 'arm'];
const FIRMWARE = ['bios', 'uefi'];

/**
 * POST /v2/cloudimages/quickimport/action ("Importing an Image File Quickly"): makes an image of a file that need not be
 * converted, ZVHD2 or RAW with its bitmap file, in a job.
 */
export async function importFast(parts: RegistrationParts, context: ImageContext, call: Call): Promise<Answer> {
  const { jobs, settings, obs } = parts;
  const { projectId } = callerOf(context, call);
  const body = await readJson(call);
  if (!isObject(body)) throw refusal('IMG.0001', 'The request message format is invalid.');
  const asked = checkedBody(body);
  const owned = context.store.live().filter(({ owner }) => owner === projectId);
  checkProject(asked.name, owned, settings);
  const source = await sourceOf(body.image_url, obs, { ...settings, maxBytes: settings.maxFastImportBytes });
  const diskFormat = await importableFormat(source, asked.minDisk, obs);
  jobs.admit(projectId, context.clock());
  return jobs.begin(context, {
    type: body.type === 'DataImage' ? 'imsImportDataImageJob' : 'imsImportImageJob',
    owner: projectId,
    imageId: randomUUID(),
    imageName: asked.name,
    source,
    newImage: { ...asked, diskFormat },
  });
}

/** The bitmap of `image01.raw` is `image01.mf`, in the same bucket (user guide, "Quickly Importing an Image File"). */
export function bitmapKey(key: string): string {
  const { dir, name } = parse(key);
  return `${dir === '' ? '' : `${dir}/`}${name}.mf`;
}

/** @throws Fault IMG.0158 for another format and for RAW without its bitmap, IMG.0055 for a disk that is too small */
async function importableFormat(source: SourceObject, minDisk: number, obs: ObsClient | undefined): Promise<string> {
  const head = await headOf(source, obs);
  const formats = formatsIn(head).filter((format) => format !== 'gpt');
  const format = formats.length === 0 ? 'raw' : formats.join(' and ');
  if (format !== 'raw' && format !== 'zvhd2') {
    throw refusal('IMG.0158', `Fast import takes RAW and ZVHD2 only, and ${source.key} is ${format}.`);
  }
  if (diskBytes(format, head, source) > minDisk * GIB) {
    throw refusal('IMG.0055', `The disk in ${source.key} does not fit into min_disk, ${minDisk} GB.`);
  }
  const bitmap = bitmapKey(source.key);
  if (format === 'raw' && (await obs?.find(source.bucket, bitmap)) === undefined) {
    throw refusal('IMG.0158', `Fast import of RAW needs the bitmap file ${bitmap} beside ${source.key}.`);
  }
  return format;
}

async function headOf(source: SourceObject, obs: ObsClient | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of obs?.read(source, 0, Math.min(source.size, HEAD_BYTES)) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** In the header of ZVHD2, "current size", little-endian at 48 (the vendor's open-source driver of 2018). */
function diskBytes(format: 'raw' | 'zvhd2', head: Buffer, { size, key }: SourceObject): number {
  if (format === 'raw') return size;
  if (head.length < 56) throw refusal('IMG.0057', `The image file ${key} ends within its header.`);
  return Number(head.readBigUInt64LE(48));
}

/** @throws Fault IMG.0002, 0055, 0024, 0212, 0141, 0056 or 0001 */
function checkedBody(body: JsonObject): Omit<NewImage, 'diskFormat'> & { name: string } {
  const { type = 'ECS', architecture = 'x86', hw_firmware_type: firmware, min_disk: minDisk } = body;
  const name = checkedName(body.name);
  if (!isMinDisk(minDisk)) throw refusal('IMG.0055', 'The min_disk is not a whole number of GB from 1 to 1024.');
  if (!TYPES.includes(String(type))) throw refusal('IMG.0024', 'The imagetype is invalid.');
  if (!ARCHITECTURES.includes(String(architecture))) {
    throw refusal('IMG.0212', 'The value of Architecture must be x86 or arm.');
  }
  if (firmware !== undefined && !FIRMWARE.includes(String(firmware))) {
    throw refusal('IMG.0141', 'The value of hw_firmware_type is not uefi or bios.');
  }
  if (type !== 'DataImage' && typeof body.os_version !== 'string') throw refusal('IMG.0056', 'Invalid OS version.');
  return {
    ...{ name, minDisk, tags: tagsOf(body), properties: propertiesOf(body) },
    ...{ containerFormat: 'bare', visibility: 'private', protected: false, hidden: false, minRam: 0 },
  };
}

function isMinDisk(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= MIN_DISK_GB.lowest && Number(value) <= MIN_DISK_GB.highest;
}

/** `tags`, or in their place `image_tags`, whose items become key=value. */
function tagsOf({ tags = [], image_tags: imageTags = [] }: JsonObject): string[] {
  if (!Array.isArray(tags) || !Array.isArray(imageTags)) throw refusal('IMG.0001', 'The tags are not a list.');
  return [...tags, ...imageTags].map((tag) => (isObject(tag) ? `${tag.key}=${tag.value}` : String(tag)));
}

function propertiesOf(body: JsonObject): Record<string, string> {
  const isArm = body.architecture === 'arm';
  const firmware = isArm ? 'uefi' : body.hw_firmware_type; // "automatically changed to UEFI"
  const properties = {
    __os_version: body.os_version,
    __description: body.description,
    hw_firmware_type: firmware,
    ...(isArm ? { __support_arm: 'true' } : {}),
    ...(body.type === 'DataImage' ? { virtual_env_type: 'DataImage', __os_type: body.os_type ?? 'Linux' } : {}),
  };
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([property, value]) => [property, String(value)]));
}
