import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ImageDropError } from '../../../lambda/model/errors.ts';
import type { Part } from './part-plan.ts';

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
    nextStep: 'Wait until nobody writes to it any more, and drop it again.',
  });
