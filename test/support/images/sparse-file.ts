import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { RangeReader } from '../../../lambda/formats/reading/reader.ts';

interface Part {
  readonly offset: number;
  readonly bytes: Buffer;
}

const BLOCK_BYTES = 4096;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** A file of any size of which only parts are in memory; all else is zeros. A later part lies over an earlier one. */
export class SparseFile implements RangeReader {
  readonly size: number;
  readonly #parts: readonly Part[];

  constructor(size: number, parts: readonly Part[] = []) {
    this.size = size;
    this.#parts = parts;
  }

  /** Keeps only the blocks that are not zeros. */
  static of(bytes: Buffer): SparseFile {
    const parts: Part[] = [];
    let start = 0;
    for (let offset = 0; offset <= bytes.length; offset += BLOCK_BYTES) {
      const block = bytes.subarray(offset, offset + BLOCK_BYTES);
      if (!block.equals(ZERO_BLOCK.subarray(0, block.length)) && offset < bytes.length) continue;
      if (offset > start) parts.push({ offset: start, bytes: Buffer.from(bytes.subarray(start, offset)) });
      start = offset + BLOCK_BYTES;
    }
    if (start < bytes.length) parts.push({ offset: start, bytes: Buffer.from(bytes.subarray(start)) });
    return new SparseFile(bytes.length, parts);
  }

  /** @throws RangeError outside the file, as every reader does */
  async read(offset: number, length: number): Promise<Buffer> {
    return this.readNow(offset, length);
  }

  readNow(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new RangeError(`${length} bytes at ${offset} are not inside a file of ${this.size} bytes`);
    }
    const result = Buffer.alloc(length);
    for (const part of this.#parts) {
      if (part.offset >= offset + length || part.offset + part.bytes.length <= offset) continue;
      const skipped = Math.max(0, offset - part.offset);
      part.bytes.copy(result, Math.max(0, part.offset - offset), skipped);
    }
    return result;
  }

  /** Bytes past the end are left out. */
  patched(offset: number, bytes: Buffer): SparseFile {
    const inside = bytes.subarray(0, Math.max(0, this.size - offset));
    return inside.length === 0 ? this : new SparseFile(this.size, [...this.#parts, { offset, bytes: inside }]);
  }

  /** The bytes from `start` to before `end`. */
  slice(start: number, end: number): SparseFile {
    const parts = this.#parts
      .filter(({ offset, bytes }) => offset < end && offset + bytes.length > start)
      .map(({ offset, bytes }) => ({
        offset: Math.max(0, offset - start),
        bytes: bytes.subarray(Math.max(0, start - offset), end - offset),
      }));
    return new SparseFile(end - start, parts);
  }

  followedBy(other: SparseFile): SparseFile {
    const moved = other.#parts.map(({ offset, bytes }) => ({ offset: this.size + offset, bytes }));
    return new SparseFile(this.size + other.size, [...this.#parts, ...moved]);
  }

  /** Cut, or filled up with zeros. */
  resized(size: number): SparseFile {
    return size < this.size ? this.slice(0, size) : new SparseFile(size, this.#parts);
  }

  /** Writes it with holes where nothing is. */
  writeTo(path: string): void {
    const file = openSync(path, 'w');
    try {
      ftruncateSync(file, this.size);
      for (const { offset, bytes } of this.#parts) writeSync(file, bytes, 0, bytes.length, offset);
    } finally {
      closeSync(file);
    }
  }
}
