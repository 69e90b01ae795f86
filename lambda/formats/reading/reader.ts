/**
 * Random access to the bytes of one file: a local file, an S3 object pinned to its version, or bytes in memory.
 */
export interface RangeReader {
  /** Bytes in the file. */
  readonly size: number;
  /**
   * @returns exactly `length` bytes from `offset`.
   * @throws RangeError when the range is not inside the file: a format must bound what it asks for.
   */
  read(offset: number, length: number): Promise<Buffer>;
}

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
