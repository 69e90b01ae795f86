import type { RangeReader } from './reader.ts';

/** A file whose bytes are in memory. */
export function bytesReader(bytes: Buffer): RangeReader {
  return {
    size: bytes.length,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) {
        throw new RangeError(`${length} bytes at ${offset} are not inside a file of ${bytes.length} bytes`);
      }
      return bytes.subarray(offset, offset + length);
    },
  };
}
