import { Fault, type JsonObject } from './http.ts';
import type { StoredImage } from './image.ts';
import { refusal } from './ims-refusal.ts';
import type { ImsSettings } from './ims-settings.ts';

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
