import { CRC32_POLYNOMIAL, CRC32C_POLYNOMIAL, CRC64NVME_POLYNOMIAL } from './crc.ts';

/** The checksum of one part of a whole. */
export interface PartCrc {
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
