import { lengthWithoutZeros } from './bytes.ts';

/** The polynomial of Castagnoli, bits reversed (RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
  return remainder;
});

const withByte = (crc: number, byte: number): number => (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);

/** What a number of zero bytes makes of each single bit of a CRC; all else follows, since the CRC is linear. */
type ZerosOperator = Uint32Array;

/** For 1, 2, 4 … zero bytes: enough for 2^31 of them. */
const ZEROS_OPERATORS: readonly ZerosOperator[] = zerosOperators(31);

function zerosOperators(count: number): ZerosOperator[] {
  const operators = [Uint32Array.from({ length: 32 }, (_, bit) => withByte(2 ** bit, 0))];
  for (let index = 1; index < count; index++) {
    const half = operators[index - 1] ?? new Uint32Array();
    operators.push(half.map((crc) => applied(half, crc)));
  }
  return operators;
}

function applied(operator: ZerosOperator, crc: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) if ((crc >>> bit) & 1) result ^= operator[bit] ?? 0;
  return result;
}

/** The areas of VHDX are large and nearly empty: zeros at the end are not gone through one by one. */
export function crc32c(bytes: Uint8Array): number {
  const end = lengthWithoutZeros(bytes);
  let crc = 0xffffffff;
  for (let index = 0; index < end; index++) crc = withByte(crc, bytes[index] ?? 0);
  for (const [power, operator] of ZEROS_OPERATORS.entries()) {
    if (((bytes.length - end) >>> power) & 1) crc = applied(operator, crc);
  }
  return ~crc >>> 0;
}

/** The CRC of bytes that hold it themselves, with its four bytes taken as zeros. */
export function crc32cWithout(bytes: Uint8Array, crcOffset: number): number {
  const copy = Uint8Array.from(bytes);
  copy.fill(0, crcOffset, crcOffset + 4);
  return crc32c(copy);
}
