import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ImageDropError } from '../../lambda/model/errors.ts';

/** Amazon S3 user guide, "Amazon S3 multipart upload limits". */
const MAX_PARTS = 10_000;
/** Parts wait in memory for their turn, and an interrupted upload sends whole parts again: so they are small if the file allows it. */
const USUAL_PART_BYTES = 8 * 2 ** 20;
/** All parts of one file that are under way together; a terabyte has parts of 100 MiB. */
const MEMORY_BYTES = 256 * 2 ** 20;
const MOST_AT_A_TIME = 4;

export interface Part {
  /** From 1 on. */
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

/** The bytes of each part but the last. */
export function partBytesOf(size: number, usualBytes = USUAL_PART_BYTES): number {
  return Math.max(usualBytes, Math.ceil(size / MAX_PARTS));
}

/** A file in parts, the same at each try. */
export function partsOf(size: number): readonly Part[] {
  const partBytes = partBytesOf(size);
  return Array.from({ length: Math.max(Math.ceil(size / partBytes), 1) }, (_, i) => {
    const offset = i * partBytes;
    return { number: i + 1, offset, length: Math.min(partBytes, size - offset) };
  });
}

export function partsAtATime(size: number): number {
  return Math.min(Math.max(Math.floor(MEMORY_BYTES / partBytesOf(size)), 1), MOST_AT_A_TIME);
}

export interface ReadPart {
  readonly bytes: Buffer;
  /** Base64, as S3 takes it. */
  readonly sha256: string;
}

/** @throws when the file has become shorter */
export async function readPart(file: FileHandle, { offset, length }: Part): Promise<ReadPart> {
  const bytes = Buffer.allocUnsafe(length);
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
    if (bytesRead === 0) throw changed('It was made shorter while it was sent.');
    read += bytesRead;
  }
  return { bytes, sha256: createHash('sha256').update(bytes).digest('base64') };
}

/** Makes sure that the file is still the one whose parts were sent: it may be written by another program. */
export async function requireUnchanged(file: FileHandle, before: { size: number; mtimeMs: number }): Promise<void> {
  const { size, mtimeMs } = await file.stat();
  if (size !== before.size || mtimeMs !== before.mtimeMs) throw changed('It was changed while it was sent.');
}

const changed = (message: string) =>
  new ImageDropError('object-changed', message, {
    nextStep: 'Wait until the file is no longer written, and drop it again.',
  });
