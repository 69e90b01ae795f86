/** A packed file: a local one, an S3 object pinned to its version, or bytes in memory. */
export interface PackedFile {
  /** Bytes in the file. */
  readonly size: number;
  /** @returns exactly `length` bytes from `offset`; the range is inside the file */
  read(offset: number, length: number): Promise<Buffer>;
  /** Streams `length` bytes from `offset`; the range is inside the file. */
  open(offset: number, length: number): AsyncIterable<Uint8Array>;
}

/** What comes out of one compression or archive. */
export interface Contents {
  /** Bytes that come out, where the file shows it up front; more only where other Zstandard frames follow the first. */
  readonly expectedBytes?: number;
  /** Fails with an ImageDropError where the file is not whole and sound; what came out before is then worthless. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** One compression format. */
export interface Compression {
  /** As people end file names with it: "gz". */
  readonly name: string;
  /** With its article: "a gzip file". */
  readonly title: string;
  /**
   * Bytes of the file that a function decodes in a second, at the most: twice what was measured with content that does
   * not compress, which decodes fastest by the size of the file.
   */
  readonly bytesPerSecond: number;
  /** Whether a file begins as this format does. */
  matches(head: Buffer): boolean;
  /**
   * Checks what can be checked by a few ranged reads.
   * @throws ImageDropError with the reason for which the file is refused
   */
  open(file: PackedFile): Promise<Contents>;
}

/** Enough to recognise all formats, disks among them: ISO 9660 has the last signature, at 32,769. */
export const HEAD_BYTES = 65_536;

export const startsWith = (head: Buffer, ...signature: readonly number[]): boolean =>
  head.length >= signature.length && signature.every((byte, index) => head[index] === byte);
