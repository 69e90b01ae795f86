import { crc32, deflateRawSync } from 'node:zlib';
import type { PackedFile } from '../../../lambda/packed/packed-file.ts';
import { openPacked } from '../../../lambda/packed/unpack.ts';

/** A file in memory whose stream comes in chunks of one size. */
export function packedFile(bytes: Buffer, chunkBytes = 65_536): PackedFile {
  return {
    size: bytes.length,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError(`${length} at ${offset}`);
      return bytes.subarray(offset, offset + length);
    },
    async *open(offset, length) {
      for (let at = offset; at < offset + length; at += chunkBytes) {
        yield bytes.subarray(at, Math.min(at + chunkBytes, offset + length));
      }
    },
  };
}

export interface Inside {
  readonly format: string;
  readonly member: string | undefined;
  readonly expectedBytes: number | undefined;
  readonly bytes: Buffer;
}

/** Unpacks all of it; undefined where the file is not packed. */
export async function inside(
  packed: Buffer,
  { chunkBytes = 65_536, maxBytes = 2 ** 40 } = {},
): Promise<Inside | undefined> {
  const unpacked = await openPacked(packedFile(packed, chunkBytes), { maxBytes });
  if (unpacked === undefined) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of unpacked.bytes) pieces.push(Buffer.from(piece));
  const { format, expectedBytes } = unpacked;
  return { format, expectedBytes, member: unpacked.memberName(), bytes: Buffer.concat(pieces) };
}

export interface TarEntry {
  readonly name: string;
  readonly bytes?: Buffer;
  /** A regular file by default. */
  readonly type?: string;
  /** Changes the header before its checksum is made. */
  readonly header?: (header: Buffer) => void;
}

/** An archive as ustar writes it. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(1024)]);
}

function tarEntry({ name, bytes = Buffer.alloc(0), type = '0', header: change }: TarEntry): Buffer[] {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('0000644\0', 100);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  change?.(header);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, bytes, Buffer.alloc(-bytes.length & 511)];
}

/** "30 path=a\n": the number counts itself, too. */
export function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

export interface ZipFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** 0 stored, 8 deflate; others are only named. */
  readonly method?: number;
  /** Bit 0: encrypted; bit 3: sizes stand behind the data. */
  readonly flags?: number;
  readonly isZip64?: boolean;
}

/** An archive with its directory at the end. */
export function zipOf(files: readonly ZipFile[], comment = ''): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const { local, entry } = zipEntry(file, offset);
    parts.push(local);
    directory.push(entry);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  if (!files.some(({ isZip64 }) => isZip64)) return Buffer.concat([...parts, entries, end, Buffer.from(comment)]);
  end.writeUInt32LE(0xffffffff, 16);
  const end64 = zip64End(files.length, entries.length, offset);
  return Buffer.concat([...parts, entries, end64, zip64Locator(offset + entries.length), end, Buffer.from(comment)]);
}

function zipEntry({ name, bytes, method = 8, flags = 0, isZip64 = false }: ZipFile, offset: number) {
  const data = method === 8 ? deflateRawSync(bytes) : bytes;
  const local = Buffer.alloc(30 + name.length);
  local.writeUInt32LE(0x04034b50);
  local.writeUInt16LE(flags, 6);
  local.writeUInt16LE(name.length, 26);
  local.write(name, 30);
  const extra = isZip64 ? zip64Extra([bytes.length, data.length, offset]) : Buffer.alloc(0);
  const entry = Buffer.alloc(46 + name.length);
  entry.writeUInt32LE(0x02014b50);
  entry.writeUInt16LE(flags, 8);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(crc32(bytes), 16);
  entry.writeUInt32LE(isZip64 ? 0xffffffff : data.length, 20);
  entry.writeUInt32LE(isZip64 ? 0xffffffff : bytes.length, 24);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt16LE(extra.length, 30);
  entry.writeUInt32LE(isZip64 ? 0xffffffff : offset, 42);
  entry.write(name, 46);
  return { local: Buffer.concat([local, data]), entry: Buffer.concat([entry, extra]) };
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1);
  extra.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return extra;
}

function zip64End(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(56);
  end.writeUInt32LE(0x06064b50);
  end.writeBigUInt64LE(44n, 4);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(bytes), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  return end;
}

function zip64Locator(offset: number): Buffer {
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(BigInt(offset), 8);
  locator.writeUInt32LE(1, 16);
  return locator;
}
