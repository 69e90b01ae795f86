/** A copy of the image with some bytes changed: `patched(image, { 72: [0, 1] })`. */
export function patched(image: Buffer, changes: Readonly<Record<number, readonly number[] | string>>): Buffer {
  const copy = Buffer.from(image);
  for (const [offset, bytes] of Object.entries(changes)) {
    const change = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
    change.copy(copy, Number(offset));
  }
  return copy;
}

/** Integers as bytes, for patches. */
export const u32be = (value: number): number[] => [...u64be(value)].slice(4);
export const u32le = (value: number): number[] => [...u64le(value)].slice(0, 4);

export function u64be(value: number | bigint): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return [...bytes];
}

/** In both byte orders, as in the volume descriptor of an ISO. */
export const both32 = (value: number): number[] => [...u32le(value), ...u32be(value)];
export const both16 = (value: number): number[] => [...u32le(value).slice(0, 2), ...u32be(value).slice(2)];

export const u64le = (value: number | bigint): number[] => u64be(value).reverse();

/** Fills up with zeros to a multiple of `unit` bytes. */
export function padded(bytes: Buffer, unit: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((unit - (bytes.length % unit)) % unit)]);
}

/** The disk in pieces of `bytes`, the last filled up with zeros. */
export const piecesOf = (disk: Buffer, bytes: number): Buffer[] =>
  partsOf(disk, bytes).map((part) => padded(part, bytes));

/** The disk in parts of `bytes`, the last as short as it is. */
export const partsOf = (disk: Buffer, bytes: number): Buffer[] =>
  Array.from({ length: Math.ceil(disk.length / bytes) }, (_, index) =>
    disk.subarray(index * bytes, (index + 1) * bytes),
  );

const ZEROS = Buffer.alloc(2 ** 21);

/** At most 2 MiB, the largest cluster. */
export const isZero = (bytes: Buffer): boolean => bytes.equals(ZEROS.subarray(0, bytes.length));
