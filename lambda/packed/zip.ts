import { crc32, createInflateRaw } from 'node:zlib';
import { CHUNK_BYTES, decoded, isZlibError } from './decoder.ts';
import type { Contents, PackedFile } from './packed-file.ts';
import { corruptData, cutShort, trailingBytes, unsupported } from './refusals.ts';
import { ZIP } from './signatures.ts';

/** APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16. */
const END = { signature: 0x06054b50, bytes: 22 };
const END64_LOCATOR = { signature: 0x07064b50, bytes: 20 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const ENTRY = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const MAX_COMMENT_BYTES = 65_535;
/** About 100,000 entries. */
const MAX_DIRECTORY_BYTES = 8 * 1024 * 1024;
const [STORED, DEFLATE] = [0, 8];
const OTHER_METHODS: Readonly<Record<number, string>> = {
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'xz',
};
const ZIP64_EXTRA = 1;
const [ALL_ONES_16, ALL_ONES_32] = [0xffff, 0xffffffff];

/** A file in the archive, as the directory at the end tells: the header before the data may not know the sizes. */
export interface ZipEntry {
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly size: number;
  readonly headerOffset: number;
}

/**
 * The files in the archive, by ranged reads.
 * @throws ImageDropError `truncated`, `trailing-bytes`, `corrupt-data`, `unsupported-variant`
 */
export async function zipEntries(file: PackedFile): Promise<ZipEntry[]> {
  const { offset, bytes } = await directoryOf(file);
  if (bytes > MAX_DIRECTORY_BYTES) throw unsupported(`The file is ${ZIP} with a directory of ${bytes} bytes.`);
  if (offset + bytes > file.size) throw corruptData(ZIP, 'its directory ends after the file');
  const directory = await file.read(offset, bytes);
  const entries: ZipEntry[] = [];
  for (let place = 0; place < bytes; ) {
    const { entry, length } = entryAt(directory.subarray(place));
    if (!entry.name.endsWith('/')) entries.push(entry);
    place += length;
  }
  return entries;
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
}

async function directoryOf(file: PackedFile): Promise<Directory> {
  const tailStart = Math.max(0, file.size - END.bytes - MAX_COMMENT_BYTES);
  const tail = await file.read(tailStart, file.size - tailStart);
  const at = endIn(tail, tailStart);
  const [offset, bytes] = [tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12)];
  const isZip64 = offset === ALL_ONES_32 || bytes === ALL_ONES_32 || tail.readUInt16LE(at + 10) === ALL_ONES_16;
  return isZip64 ? directory64(file, tailStart + at - END64_LOCATOR.bytes) : { offset, bytes };
}

/** The last record whose comment ends with the file. */
function endIn(tail: Buffer, tailStart: number): number {
  let trailing: number | undefined;
  for (let at = tail.length - END.bytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END.signature) continue;
    const end = at + END.bytes + tail.readUInt16LE(at + 20);
    if (end === tail.length) return at;
    if (end < tail.length) trailing ??= tailStart + end;
  }
  throw trailing === undefined ? cutShort(ZIP) : trailingBytes(ZIP, trailing);
}

async function directory64(file: PackedFile, locatorAt: number): Promise<Directory> {
  const locator = await record(file, locatorAt, END64_LOCATOR);
  const end = await record(file, Number(locator.readBigUInt64LE(8)), END64);
  return { offset: Number(end.readBigUInt64LE(48)), bytes: Number(end.readBigUInt64LE(40)) };
}

async function record(file: PackedFile, offset: number, { signature, bytes }: typeof LOCAL): Promise<Buffer> {
  if (offset < 0 || offset + bytes > file.size) throw corruptData(ZIP, 'its directory points outside the file');
  const found = await file.read(offset, bytes);
  if (found.readUInt32LE(0) !== signature) throw corruptData(ZIP, `no header is at byte ${offset}`);
  return found;
}

function entryAt(bytes: Buffer): { entry: ZipEntry; length: number } {
  if (bytes.length < ENTRY.bytes || bytes.readUInt32LE(0) !== ENTRY.signature) {
    throw corruptData(ZIP, 'its directory has an entry that is not one');
  }
  const [nameBytes, extraBytes, commentBytes] = [
    bytes.readUInt16LE(28),
    bytes.readUInt16LE(30),
    bytes.readUInt16LE(32),
  ];
  const nameEnd = ENTRY.bytes + nameBytes;
  const extra = bytes.subarray(nameEnd, nameEnd + extraBytes);
  const [size, packedBytes, headerOffset] = sizesOf(
    [bytes.readUInt32LE(24), bytes.readUInt32LE(20), bytes.readUInt32LE(42)],
    extra,
  );
  const entry = {
    name: bytes.toString('utf8', ENTRY.bytes, nameEnd),
    isEncrypted: (bytes.readUInt16LE(8) & 1) !== 0,
    method: bytes.readUInt16LE(10),
    crc: bytes.readUInt32LE(16),
    packedBytes,
    size,
    headerOffset,
  };
  return { entry, length: nameEnd + extraBytes + commentBytes };
}

type Sizes = [size: number, packedBytes: number, headerOffset: number];

/** Section 4.5.3: ZIP64 has those of them that need more than 32 bits, in this order. */
function sizesOf(sizes: Sizes, extra: Buffer): Sizes {
  const zip64 = extraField(extra);
  let place = 0;
  return sizes.map((value) => {
    if (value !== ALL_ONES_32 || zip64 === undefined) return value;
    if (place + 8 > zip64.length) throw corruptData(ZIP, 'an entry lacks its ZIP64 sizes');
    place += 8;
    return Number(zip64.readBigUInt64LE(place - 8));
  }) as Sizes;
}

function extraField(extra: Buffer): Buffer | undefined {
  for (let place = 0; place + 4 <= extra.length; place += 4 + extra.readUInt16LE(place + 2)) {
    const end = place + 4 + extra.readUInt16LE(place + 2);
    if (extra.readUInt16LE(place) === ZIP64_EXTRA) return extra.subarray(place + 4, end);
  }
  return undefined;
}

export const canBeUnpacked = ({ isEncrypted, method }: ZipEntry): boolean =>
  !isEncrypted && (method === STORED || method === DEFLATE);

/** @throws ImageDropError `unsupported-variant`, `corrupt-data` */
export async function openEntry(file: PackedFile, entry: ZipEntry): Promise<Contents> {
  const { name, method, isEncrypted, headerOffset, packedBytes, size } = entry;
  if (isEncrypted) throw unsupported(`The file is ${ZIP} and ${name} in it is encrypted.`);
  if (!canBeUnpacked(entry)) {
    throw unsupported(
      `The file is ${ZIP} and ${name} in it is packed by ${OTHER_METHODS[method] ?? `method ${method}`}.`,
    );
  }
  const local = await record(file, headerOffset, LOCAL);
  const start = headerOffset + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + packedBytes > file.size) throw corruptData(ZIP, `${name} in it ends after the file`);
  return { expectedBytes: size, bytes: verified(entry, packed(file, start, entry)) };
}

function packed(file: PackedFile, start: number, { method, packedBytes }: ZipEntry): AsyncIterable<Uint8Array> {
  const bytes = file.open(start, packedBytes);
  return method === STORED ? bytes : decoded(bytes, createInflateRaw({ chunkSize: CHUNK_BYTES }));
}

/** zlib does not know the CRC-32 of the directory. */
async function* verified({ name, crc, size }: ZipEntry, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let count = 0;
  let found = 0;
  try {
    for await (const piece of bytes) {
      count += piece.byteLength;
      found = crc32(piece, found);
      if (count <= size) yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    }
  } catch (error) {
    throw isZlibError(error) ? corruptData(ZIP, `${name} in it cannot be unpacked`, error) : error;
  }
  if (count !== size) throw corruptData(ZIP, `${name} in it has ${count} bytes instead of ${size}`);
  if (found !== crc) throw corruptData(ZIP, `${name} in it has another CRC-32`);
}
