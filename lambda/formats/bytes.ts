import { ImageDropError } from '../model/errors.ts';

/**
 * Some bytes of a file, read by offsets that the file itself may have chosen. A read outside them throws an
 * ImageDropError: `truncated` past the end of the file, `corrupt-header` inside it.
 */
export class Bytes {
  readonly #buffer: Buffer;
  readonly #origin: number;
  readonly #fileSize: number;

  /** @param origin offset of the first byte in the file */
  constructor(buffer: Buffer, origin: number, fileSize: number) {
    this.#buffer = buffer;
    this.#origin = origin;
    this.#fileSize = fileSize;
  }

  get length(): number {
    return this.#buffer.length;
  }

  /** @throws ImageDropError when the range is not inside these bytes */
  slice(offset: number, length: number): Buffer {
    const end = offset + length;
    if (offset >= 0 && length >= 0 && end <= this.#buffer.length) return this.#buffer.subarray(offset, end);
    const fileEnd = this.#origin + end;
    throw fileEnd > this.#fileSize
      ? new ImageDropError('truncated', `The file ends at byte ${this.#fileSize}; its header goes on to ${fileEnd}.`)
      : new ImageDropError(
          'corrupt-header',
          `The header points to ${length} bytes at ${offset}, outside its own area.`,
        );
  }

  /** Whether the signature stands at the offset; false where the bytes do not reach so far. */
  has(offset: number, signature: string | Uint8Array): boolean {
    const expected = typeof signature === 'string' ? Buffer.from(signature, 'latin1') : signature;
    const end = offset + expected.length;
    return offset >= 0 && end <= this.#buffer.length && this.#buffer.subarray(offset, end).equals(expected);
  }

  isZero(offset: number, length: number): boolean {
    return this.slice(offset, length).every((byte) => byte === 0);
  }

  isAllOnes(offset: number, length: number): boolean {
    return this.slice(offset, length).every((byte) => byte === 0xff);
  }

  u8(offset: number): number {
    return this.slice(offset, 1).readUInt8();
  }

  u16le(offset: number): number {
    return this.slice(offset, 2).readUInt16LE();
  }

  u16be(offset: number): number {
    return this.slice(offset, 2).readUInt16BE();
  }

  u32le(offset: number): number {
    return this.slice(offset, 4).readUInt32LE();
  }

  u32be(offset: number): number {
    return this.slice(offset, 4).readUInt32BE();
  }

  /** @throws `corrupt-header` beyond Number.MAX_SAFE_INTEGER (8 PiB): no size or offset of a real image is so large */
  u64le(offset: number): number {
    return safe(this.slice(offset, 8).readBigUInt64LE(), offset);
  }

  /** @throws `corrupt-header` beyond Number.MAX_SAFE_INTEGER (8 PiB): no size or offset of a real image is so large */
  u64be(offset: number): number {
    return safe(this.slice(offset, 8).readBigUInt64BE(), offset);
  }
}

function safe(value: bigint, offset: number): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new ImageDropError('corrupt-header', `The header says ${value} at byte ${offset}: no image is so large.`);
}
