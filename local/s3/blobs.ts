import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { SparseWriteStream, writeSparsely } from '../sparse-file.ts';
import type { ByteRange } from './ranges.ts';
import { type FileRange, SMALL_BYTES, StoredBytes } from './stored-bytes.ts';
import type { BlobPart } from './version.ts';

/** Bytes that stand at one place of a blob whose rest is zeros. */
export interface BlobPiece {
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * The bytes of objects and parts, one file each, under names of our own: no key of a client comes near the file system.
 * A file that a reader still holds outlives its removal. Zeros are kept as holes, which take no room on disk.
 */
export class Blobs {
  readonly #folder: string;
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<Blobs> {
    await mkdir(folder, { recursive: true });
    return new Blobs(folder);
  }

  /** Removes all that no object and no part names: what interrupted writes left. */
  async removeAllBut(named: ReadonlySet<string>): Promise<void> {
    const orphans = (await readdir(this.#folder)).filter((blob) => !named.has(blob));
    for (const blob of orphans) await rm(this.#path(blob));
  }

  /**
   * Leaves nothing behind when the source or the disk fails.
   * @param maxBytes that the source has at most
   */
  async write(source: AsyncIterable<Buffer>, maxBytes: number): Promise<BlobPart> {
    const blob = randomUUID();
    const path = this.#path(blob);
    try {
      const size = await (maxBytes > SMALL_BYTES ? writeAsItComes(source, path) : writeAtOnce(source, path));
      return { blob, size };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Makes a blob of zeros, but for these pieces, without moving the zeros. */
  async writePieces(size: number, pieces: readonly BlobPiece[]): Promise<BlobPart> {
    const blob = randomUUID();
    const file = await open(this.#path(blob), 'wx');
    try {
      for (const { bytes, offset } of pieces) await writeSparsely(file, bytes, offset);
      await file.truncate(size);
    } finally {
      await file.close();
    }
    return { blob, size };
  }

  /** A range of the parts' bytes, one after the other. They must be read, or closed. */
  read(parts: readonly BlobPart[], range: ByteRange): StoredBytes {
    for (const { blob } of parts) this.#readers.set(blob, (this.#readers.get(blob) ?? 0) + 1);
    return new StoredBytes(this.#files(parts, range), () => this.#release(parts));
  }

  async remove(parts: readonly BlobPart[]): Promise<void> {
    for (const { blob } of parts) {
      if (this.#readers.has(blob)) this.#doomed.add(blob);
      else await rm(this.#path(blob), { force: true });
    }
  }

  #files(parts: readonly BlobPart[], { start, end }: ByteRange): readonly FileRange[] {
    let partStart = 0;
    return parts.flatMap(({ blob, size }) => {
      const from = Math.max(start - partStart, 0);
      const to = Math.min(end - partStart, size - 1);
      partStart += size;
      return from > to ? [] : [{ path: this.#path(blob), start: from, end: to }];
    });
  }

  #release(parts: readonly BlobPart[]): void {
    for (const { blob } of parts) {
      const others = (this.#readers.get(blob) ?? 1) - 1;
      if (others > 0) {
        this.#readers.set(blob, others);
      } else {
        this.#readers.delete(blob);
        if (this.#doomed.delete(blob)) rm(this.#path(blob), { force: true }).catch(() => undefined);
      }
    }
  }

  #path(blob: string): string {
    return join(this.#folder, blob);
  }
}

async function writeAtOnce(source: AsyncIterable<Buffer>, path: string): Promise<number> {
  const bytes = await buffer(source);
  writeFileSync(path, bytes, { flag: 'wx' });
  return bytes.length;
}

async function writeAsItComes(source: AsyncIterable<Buffer>, path: string): Promise<number> {
  const file = new SparseWriteStream(path);
  const closed = new Promise((resolve) => file.once('close', resolve));
  try {
    await pipeline(source, file);
    return file.bytesWritten;
  } finally {
    // A file that is still being opened when the source fails must not come after its removal.
    await closed;
  }
}
