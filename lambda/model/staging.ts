/** How a file is cut for its way into object storage: into parts, which are stored one by one, and chunks of parts. */
import type { ByteRange, Route } from './image.ts';

/** The routes by which the service reads the file from object storage. */
export const isFromStorage = (route: Route): boolean => route === 'register' || route === 'fast-import';

/**
 * The key of the copy that the service reads. Copies have one prefix, so that a rule of the bucket can apply to them alone.
 * No other drop has the id, and image services refuse keys with spaces.
 */
export const copyKey = (imageId: string, format: string): string => `imagedrop/${imageId}.${format}`;

const COPY_KEY = /^imagedrop\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-z]+$/;

/** Whether a key is that of a copy or its bitmap. Where the drop bucket is the bucket of the service, copies are in it. */
export const isCopyKey = (key: string): boolean => COPY_KEY.test(key);

const MIB = 2 ** 20;

/** Amazon S3 and OBS: a multipart upload has 10,000 parts at most. */
const MAX_PARTS = 10_000;

/**
 * Ranges of 8 to 16 MiB, several at a time, read faster than one long range, and a part that fails costs little. Files
 * above 156 GiB need larger parts, or there would be too many.
 */
const SMALLEST_PART_BYTES = 16 * MIB;

/**
 * What one invocation copies: some four seconds of Lambda's 60 to 75 MB/s, ten times the start of a function, and at
 * 0.3 MB/s still within a quarter of an hour.
 */
const CHUNK_BYTES = 256 * MIB;

/** How a file is cut; the last part, and the last chunk, is what is left. */
export interface Cut {
  readonly partBytes: number;
  readonly partsPerChunk: number;
}

export interface CutFile extends Cut {
  readonly bytes: number;
}

/** The record remembers it: messages name chunks, and the next version of this stack may cut in another way. */
export function cutFor(fileBytes: number): Cut {
  const partBytes = Math.max(SMALLEST_PART_BYTES, Math.ceil(fileBytes / MAX_PARTS / MIB) * MIB);
  return { partBytes, partsPerChunk: Math.max(1, Math.floor(CHUNK_BYTES / partBytes)) };
}

function partCount({ bytes, partBytes }: CutFile): number {
  return Math.ceil(bytes / partBytes);
}

/** @param part counted from 1, as in a multipart upload */
export function rangeOfPart({ bytes, partBytes }: CutFile, part: number): ByteRange {
  const offset = (part - 1) * partBytes;
  return { offset, length: Math.min(partBytes, bytes - offset) };
}

/** @param chunk counted from 0; one beyond the file has no parts */
export function partsOfChunk(file: CutFile, chunk: number): readonly number[] {
  const first = chunk * file.partsPerChunk + 1;
  const last = Math.min(first + file.partsPerChunk - 1, partCount(file));
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, index) => first + index);
}

/** The chunks that lack a part. */
export function missingChunks(file: CutFile, stored: ReadonlySet<number>): readonly number[] {
  const chunks = Array.from({ length: Math.ceil(partCount(file) / file.partsPerChunk) }, (_, chunk) => chunk);
  return chunks.filter((chunk) => partsOfChunk(file, chunk).some((part) => !stored.has(part)));
}

/**
 * The key of the bitmap file of a raw image: the vendor's tool writes `image01.mf` for `image01.raw` (IMS user guide,
 * "Fast Importing an Image File").
 */
export function bitmapKey(key: string): string {
  return `${key.replace(/\.[^./]*$/, '')}.mf`;
}
