import { foreignFormat, inspectContent } from './content.ts';
import { Fault, type JsonObject } from './http.ts';
import type { StoredImage } from './image.ts';
import { type ImsSettings, refusal } from './ims-settings.ts';

/** Letters, digits, Chinese characters, `-._` and space, 1 to 128, with no space at either end (IMG.0002). */
const NAME = /^(?! )[A-Za-z0-9\u4e00-\u9fff\-._ ]{1,128}(?<! )$/;

/** @throws Fault IMG.0002 */
export function checkedName(name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw refusal('IMG.0002', 'The image name is invalid.');
}

/** "Creating Image Metadata": what the values of a request may be. @throws Fault */
export function checkMetadata(body: JsonObject, { diskFormats, minDisk }: ImsSettings): void {
  checkedName(body.name);
  if (!diskFormats.includes(String(body.disk_format))) {
    throw refusal('IMG.0072', `The image format ${body.disk_format} is not supported.`);
  }
  if (!isSane(body, minDisk)) throw refusal('IMG.0055', 'The memory or disk size of the image is invalid.');
  if (body.visibility !== 'private') throw new Fault(403, `The visibility ${body.visibility} is not permitted.`);
  const tags = Array.isArray(body.tags) ? body.tags : [];
  const odd = tags.find((tag) => !/^[^=]+=.*$/s.test(tag));
  if (odd !== undefined) throw new Fault(400, `The tag '${odd}' is not of the form key=value.`);
}

/** 0, the default, says nothing of the disk. */
function isSane({ min_disk: disk = 0, min_ram: ram = 0 }: JsonObject, { lowest, highest }: ImsSettings['minDisk']) {
  return Number(ram) >= 0 && (disk === 0 || (Number(disk) >= lowest && Number(disk) <= highest));
}

/** @param owned the images that the project has. @throws Fault IMG.0015, IMG.0009 */
export function checkProject(name: unknown, owned: readonly StoredImage[], settings: ImsSettings): void {
  if (owned.length >= settings.imageQuota) throw refusal('IMG.0015', 'The image quota has been reached.');
  if (settings.uniqueNames && owned.some((image) => image.name === name)) {
    throw refusal('IMG.0009', `The image name ${name} already exists.`);
  }
}

/** Why IMS cannot make an image of a file. */
export interface Flaw {
  /** `empty` and `foreign` are seen at once, `broken` only when it is converted. */
  readonly kind: 'empty' | 'foreign' | 'broken';
  /** IMG.0072 for a disk image of a format that is not taken, IMG.0057 for everything else. */
  readonly code: 'IMG.0057' | 'IMG.0072';
  readonly message: string;
}

/**
 * Any disk image is converted to the image's disk_format: all formats of the upload page pass, as do bytes without any
 * mark, which are raw.
 * @param diskFormats ISO is taken only where it is one of them
 */
export async function flawOf(path: string, diskFormats: readonly string[]): Promise<Flaw | undefined> {
  const content = await inspectContent(path);
  if (content.size === 0) return { kind: 'empty', code: 'IMG.0057', message: 'The image file is empty.' };
  const archive = await foreignFormat(path);
  if (archive !== undefined) return foreign('IMG.0057', archive);
  const untaken = content.formats.find(
    (format) => format === 'luks' || (format === 'iso' && !diskFormats.includes('iso')),
  );
  if (untaken !== undefined) return foreign('IMG.0072', untaken);
  const formats = content.formats.filter((format) => format !== 'gpt');
  if (formats.length > 1) return broken(`it is ${formats.join(' and ')} at once`);
  return content.unsafe === undefined ? undefined : broken(content.unsafe);
}

function foreign(code: Flaw['code'], format: string): Flaw {
  return { kind: 'foreign', code, message: `The image file is of the wrong format: ${format}.` };
}

function broken(reason: string): Flaw {
  return { kind: 'broken', code: 'IMG.0057', message: `The image file cannot be used: ${reason}.` };
}
