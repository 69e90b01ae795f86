import { crc32 } from 'node:zlib';

/** A running checksum. */
export interface Checksum {
  update(chunk: Uint8Array): void;
  digest(): Buffer;
}

/** Reversed polynomials: Castagnoli (RFC 3720 appendix B.4) and CRC-64/NVME (NVM Express NVM Command Set, 5.2.1.3.4). */
const CRC32_POLYNOMIAL = 0xedb88320n;
const CRC32C_POLYNOMIAL = 0x82f63b78n;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

/** Of CRC-32 Node has its own. */
export class Crc32 implements Checksum {
  #value = 0;

  update(chunk: Uint8Array): void {
    this.#value = crc32(chunk, this.#value);
  }

  digest(): Buffer {
    return bigEndian(BigInt(this.#value), 4);
  }
}

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => Number(remainder(byte, CRC32C_POLYNOMIAL)));

export class Crc32c implements Checksum {
  #value = 0xffffffff;

  update(chunk: Uint8Array): void {
    let value = this.#value;
    for (let i = 0; i < chunk.length; i++) {
      value = (value >>> 8) ^ at(CRC32C_TABLE, (value ^ at(chunk, i)) & 255);
    }
    this.#value = value >>> 0;
  }

  digest(): Buffer {
    return bigEndian(BigInt(~this.#value >>> 0), 4);
  }
}

const CRC64_REMAINDERS = Array.from({ length: 256 }, (_, byte) => remainder(byte, CRC64NVME_POLYNOMIAL));
const CRC64_HIGH = Uint32Array.from(CRC64_REMAINDERS, (it) => Number(it >> 32n));
const CRC64_LOW = Uint32Array.from(CRC64_REMAINDERS, (it) => Number(it & 0xffffffffn));

/** In two halves of 32 bits: BigInt would be a hundred times slower. */
export class Crc64Nvme implements Checksum {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(chunk: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < chunk.length; i++) {
      const index = (low ^ at(chunk, i)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(CRC64_LOW, index);
      high = (high >>> 8) ^ at(CRC64_HIGH, index);
    }
    this.#high = high >>> 0;
    this.#low = low >>> 0;
  }

  digest(): Buffer {
    return bigEndian((BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0), 8);
  }
}

/** Eight steps of the division, for the table. */
function remainder(byte: number, polynomial: bigint): bigint {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
  return value;
}

/** The index is always inside; the compiler cannot know. */
function at(bytes: Uint8Array | Uint32Array, index: number): number {
  return bytes[index] as number;
}

function bigEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
}

/** The checksum of one part of a whole. */
interface PartCrc {
  readonly value: Buffer;
  readonly sizeBytes: number;
}

const POLYNOMIALS = { CRC32: CRC32_POLYNOMIAL, CRC32C: CRC32C_POLYNOMIAL, CRC64NVME: CRC64NVME_POLYNOMIAL };

/**
 * The CRC of the whole from those of its parts, without their bytes: appending n bytes multiplies the CRC before them
 * by x^8n modulo the polynomial (the way of zlib's crc32_combine).
 */
export function combineCrcs(algorithm: keyof typeof POLYNOMIALS, parts: readonly PartCrc[]): Buffer {
  const bits = algorithm === 'CRC64NVME' ? 64 : 32;
  const field = new PolynomialField(POLYNOMIALS[algorithm], bits);
  // All parts but the last mostly have one size.
  const shifts = new Map<number, bigint>();
  const combined = parts.reduce((whole, { value, sizeBytes }) => {
    const shift = shifts.get(sizeBytes) ?? field.powerOfX(8 * sizeBytes);
    shifts.set(sizeBytes, shift);
    return field.multiply(whole, shift) ^ BigInt(`0x${value.toString('hex')}`);
  }, 0n);
  return Buffer.from(combined.toString(16).padStart(bits / 4, '0'), 'hex');
}

/** Polynomials over GF(2) modulo the CRC's own, in its reversed order of bits: the highest bit is x^0. */
class PolynomialField {
  readonly #polynomial: bigint;
  readonly #one: bigint;

  constructor(polynomial: bigint, bits: number) {
    this.#polynomial = polynomial;
    this.#one = 1n << BigInt(bits - 1);
  }

  multiply(a: bigint, b: bigint): bigint {
    let product = 0n;
    let shifted = b;
    for (let bit = this.#one; bit > 0n; bit >>= 1n) {
      if (a & bit) product ^= shifted;
      shifted = this.#timesX(shifted);
    }
    return product;
  }

  powerOfX(exponent: number): bigint {
    let result = this.#one;
    let square = this.#timesX(this.#one);
    for (let rest = BigInt(exponent); rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = this.multiply(result, square);
      square = this.multiply(square, square);
    }
    return result;
  }

  #timesX(value: bigint): bigint {
    return value & 1n ? (value >> 1n) ^ this.#polynomial : value >> 1n;
  }
}
