import { randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { rawDisk } from './disk.ts';

const MIB = 2 ** 20;

/** Writes a raw disk of random content. @param bytes a multiple of 64 MiB */
export async function writeRandomDisk(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w');
  const chunk = Buffer.alloc(64 * MIB);
  for (let offset = 0; offset < bytes; offset += chunk.length) {
    randomFillSync(chunk);
    if (offset === 0) rawDisk(4096).copy(chunk, 0, 0, 512);
    await file.write(chunk, 0, chunk.length, offset);
  }
  await file.close();
}

/** Whether two files hold the same, read piece by piece. */
export async function sameBytes(one: string, other: string): Promise<boolean> {
  const others = createReadStream(other, { highWaterMark: MIB })[Symbol.asyncIterator]();
  for await (const chunk of createReadStream(one, { highWaterMark: MIB })) {
    const { value } = await others.next();
    if (value === undefined || !chunk.equals(value)) return false;
  }
  return (await others.next()).done === true;
}
