import { Refusal, type Rule } from './rule.ts';

/** What a header points to must be inside the file; checked by every read at a place that the file has chosen. */
export const INSIDE_FILE: Rule = { code: 'truncated', title: 'all that the headers point to is inside the file' };
/** Likewise: inside the area that it belongs to, and no larger than any sound file needs. */
export const BOUNDED: Rule = { code: 'corrupt-header', title: 'offsets, lengths and sizes in the headers are bounded' };

/**
 * Some bytes of a file, read by offsets that the file itself may have chosen. A read outside them throws a Refusal:
 * `truncated` past the end of the file, `corrupt-header` inside it.
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

  /** @throws Refusal when the range is not inside these bytes */
  slice(offset: number, length: number): Buffer {
    return this.#buffer.subarray(this.#checked(offset, length), offset + length);
  }

  /** Whether the signature is at the offset; false when the bytes do not reach so far. */
  has(offset: number, signature: string | Uint8Array): boolean {
    const { length } = signature;
    if (offset < 0 || offset + length > this.#buffer.length) return false;
    for (let index = 0; index < length; index++) {
      const expected = typeof signature === 'string' ? signature.charCodeAt(index) : signature[index];
      if (this.#buffer[offset + index] !== expected) return false;
    }
    return true;
  }

  isZero(offset: number, length: number): boolean {
    return lengthWithoutZeros(this.slice(offset, length)) === 0;
  }

  isAllOnes(offset: number, length: number): boolean {
    for (const byte of this.slice(offset, length)) if (byte !== 0xff) return false;
    return true;
  }

  u8(offset: number): number {
    return this.#buffer.readUInt8(this.#checked(offset, 1));
  }

  u16le(offset: number): number {
    return this.#buffer.readUInt16LE(this.#checked(offset, 2));
  }

  u16be(offset: number): number {
    return this.#buffer.readUInt16BE(this.#checked(offset, 2));
  }

  u32le(offset: number): number {
    return this.#buffer.readUInt32LE(this.#checked(offset, 4));
  }

  u32be(offset: number): number {
    return this.#buffer.readUInt32BE(this.#checked(offset, 4));
  }

  /** @throws `corrupt-header` beyond Number.MAX_SAFE_INTEGER (8 PiB): no size or offset of a real image is so large */
  u64le(offset: number): number {
    return this.#safe(this.u32le(offset + 4), this.u32le(offset), offset);
  }

  /** @throws `corrupt-header` beyond Number.MAX_SAFE_INTEGER (8 PiB): no size or offset of a real image is so large */
  u64be(offset: number): number {
    return this.#safe(this.u32be(offset), this.u32be(offset + 4), offset);
  }

  #safe(high: number, low: number, offset: number): number {
    if (high < 2 ** 21) return high * 2 ** 32 + low;
    const value = (BigInt(high) << 32n) | BigInt(low);
    throw new Refusal(BOUNDED, `The header says ${value} at byte ${this.#origin + offset}: no image is so large.`);
  }

  /** @returns the offset */
  #checked(offset: number, length: number): number {
    const end = offset + length;
    if (offset >= 0 && length >= 0 && end <= this.#buffer.length) return offset;
    const fileEnd = this.#origin + end;
    throw fileEnd > this.#fileSize
      ? new Refusal(INSIDE_FILE, `The file ends at byte ${this.#fileSize}; its header goes on to ${fileEnd}.`)
      : new Refusal(BOUNDED, `The header points to ${length} bytes at ${offset}, outside its own area.`);
  }
}

/** True for 1, 2, 4, 8 … within the bounds, both included. */
export function isPowerOfTwo(value: number, lowest: number, highest: number): boolean {
  return value >= lowest && value <= highest && Number.isInteger(Math.log2(value));
}

/** A GUID as text, in upper case; its first three groups are little-endian (MS-DTYP 2.3.4.2; UEFI specification 2.10, appendix A). */
export function guidText(bytes: Buffer): string {
  const groups = [
    Buffer.from(bytes.subarray(0, 4)).reverse(),
    Buffer.from(bytes.subarray(4, 6)).reverse(),
    Buffer.from(bytes.subarray(6, 8)).reverse(),
    bytes.subarray(8, 10),
    bytes.subarray(10, 16),
  ];
  return groups.map((group) => group.toString('hex').toUpperCase()).join('-');
}

/** Buffers are compared in pieces of this size: the native comparison is far faster than a loop. */
const STEP_BYTES = 1024;
const ZEROS = Buffer.alloc(STEP_BYTES);

/** How many bytes there are before the zeros at the end. */
export function lengthWithoutZeros(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end >= STEP_BYTES && ZEROS.equals(bytes.subarray(end - STEP_BYTES, end))) end -= STEP_BYTES;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
