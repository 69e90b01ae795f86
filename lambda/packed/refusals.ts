import { ImageDropError } from '../model/errors.ts';

/** For variants of packed files: the codes' own next steps speak of disk images. */
const REPACK = 'Unpack the file with its own tool and drop the disk image, or pack it again with the default options.';

/** @param what the format with its article: "an xz file" */
export function cutShort(what: string, cause?: unknown): ImageDropError {
  const message = `The file is ${what} whose end is missing. The upload or download was probably interrupted.`;
  return new ImageDropError('truncated', message, { cause });
}

/** @param reason a clause */
export function corruptData(what: string, reason: string, cause?: unknown): ImageDropError {
  return new ImageDropError('corrupt-data', `The file is ${what}, but ${reason}.`, { cause });
}

/** @param where bytes from the start of the file, where it is known */
export function trailingBytes(what: string, where?: number): ImageDropError {
  const place = where === undefined ? '' : `, at byte ${where}`;
  return new ImageDropError('trailing-bytes', `Other bytes follow the end of ${what}${place}.`);
}

/** @param reason a sentence */
export function unsupported(reason: string): ImageDropError {
  return new ImageDropError('unsupported-variant', reason, { nextStep: REPACK });
}

export function tooLarge(bytes: number | undefined, maxBytes: number): ImageDropError {
  const inside = bytes === undefined ? `more than ${maxBytes}` : `${bytes}`;
  return new ImageDropError('too-large', `The disk image inside has ${inside} bytes; the limit is ${maxBytes}.`);
}

/** @param inner with its article: "an xz file" */
export function packedTwice(outer: string, inner: string): ImageDropError {
  return new ImageDropError('packed-twice', `Inside ${outer} is ${inner}. Only one layer is unpacked.`);
}

const MAX_NAMES = 10;

export function severalImages(what: string, names: readonly string[]): ImageDropError {
  return new ImageDropError('several-images', `The file is ${what} with several disk images: ${listed(names)}.`);
}

/** @param chosen by the metadata of the drop */
export function noSuchMember(what: string, chosen: string, names: readonly string[]): ImageDropError {
  const message = `The metadata choose ${chosen}, and the file is ${what} without it. ${holding(names)}.`;
  const nextStep = 'Correct `member` in the metadata, then run `imagedrop retry` for the image or drop it again.';
  return new ImageDropError('no-image-inside', message, { nextStep });
}

export function noImageInside(what: string, names: readonly string[]): ImageDropError {
  return new ImageDropError('no-image-inside', `The file is ${what} without a disk image. ${holding(names)}.`);
}

const holding = (names: readonly string[]): string =>
  names.length === 0 ? 'It holds no files' : `It holds ${listed(names)}`;

function listed(names: readonly string[]): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return names.slice(0, MAX_NAMES).join(', ') + more;
}
