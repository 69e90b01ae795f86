import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { type ByteRange, rangeLength } from './ranges.ts';

/** Part of a file. */
export interface FileRange extends ByteRange {
  readonly path: string;
}

/** Large enough for few calls, small enough that two of them stay in the cache of a core. */
const BUFFER_BYTES = 256 * 1024;

/**
 * What has no more is read and written at once, as records are: another thread takes longer to begin than the system to
 * hand over so little.
 */
export const SMALL_BYTES = 64 * 1024;

/** Parts of files, one after the other, which are read once. */
export class StoredBytes implements AsyncIterable<Buffer> {
  readonly #files: readonly FileRange[];
  #release: (() => void) | undefined;

  /** @param release called once, when nothing is read any more */
  constructor(files: readonly FileRange[], release: () => void) {
    this.#files = files;
    this.#release = release;
  }

  /** Lets go of the files, read or not. */
  close(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** For the keeper of the pieces. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (const { path, start, end } of this.#files) yield* createReadStream(path, { start, end });
    } finally {
      this.close();
    }
  }

  /**
   * Ends an answer with them. All pieces go through the same two buffers: memory that is new for each costs as much CPU
   * time as reading and sending it.
   */
  async sendTo(response: Writable): Promise<void> {
    try {
      const length = this.#files.reduce((sum, file) => sum + rangeLength(file), 0);
      if (length <= SMALL_BYTES) {
        response.end(readAtOnce(this.#files, length));
      } else {
        const buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)] as const;
        for (const file of this.#files) await sendFile(file, buffers, response);
        response.end();
      }
    } finally {
      this.close();
    }
  }
}

function readAtOnce(files: readonly FileRange[], length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  for (const file of files) {
    const handle = openSync(file.path, 'r');
    try {
      filled += readSync(handle, bytes, filled, rangeLength(file), file.start);
    } finally {
      closeSync(handle);
    }
  }
  if (filled < length) throw new Error(`Of ${length} bytes only ${filled} are on disk.`);
  return bytes;
}

/** Fills one buffer while the other is sent. */
async function sendFile({ path, start, end }: FileRange, buffers: readonly [Buffer, Buffer], response: Writable) {
  const file = await open(path);
  try {
    let [filling, sending] = buffers;
    let bytes = await fill(file, filling, start, end);
    for (let at = start + bytes; bytes > 0; at += bytes) {
      [filling, sending] = [sending, filling];
      const sent = written(response, sending.subarray(0, bytes));
      [bytes] = await Promise.all([fill(file, filling, at, end), sent]);
    }
  } finally {
    await file.close();
  }
}

/** @returns 0 behind the end */
async function fill(file: FileHandle, buffer: Buffer, at: number, end: number): Promise<number> {
  if (at > end) return 0;
  const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end + 1 - at), at);
  if (bytesRead === 0) throw new Error(`The bytes from ${at} on are not on disk.`);
  return bytesRead;
}

/** Resolves when the buffer is free again; rejects where the client has hung up. */
function written(response: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const hungUp = () => reject(new Error('The client has hung up.'));
    response.once('close', hungUp);
    response.write(bytes, (error) => {
      response.off('close', hungUp);
      if (error) reject(error);
      else resolve();
    });
  });
}
