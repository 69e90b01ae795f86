import { isZero, piecesOf } from './patched.ts';

const MIB = 1024 * 1024;
const METADATA_OFFSET = 2 * MIB;
const TABLE_OFFSET = 3 * MIB;
const DATA_OFFSET = 4 * MIB;
const ITEMS = 65536;

export interface VhdxOptions {
  /** Changes header 1 or 2 before its CRC is made. */
  readonly header?: (header: Buffer, number: 1 | 2) => void;
  /** Changes the region table before its CRC is made. */
  readonly regions?: (table: Buffer) => void;
  /** Changes the metadata region: the table, and the items from 64 KiB on. */
  readonly metadata?: (region: Buffer) => void;
}

/** Log at 1 MiB, metadata at 2, block table at 3, data from 4; blocks of 1 MiB. */
export function vhdxImage(disk: Buffer, options: VhdxOptions = {}): Buffer {
  const start = Buffer.alloc(DATA_OFFSET);
  start.write('vhdxfile', 'latin1');
  for (const number of [1, 2] as const) header(number, options.header).copy(start, number * 0x10000);
  for (const offset of [0x30000, 0x40000]) regionTable(options.regions).copy(start, offset);
  metadata(disk.length, options.metadata).copy(start, METADATA_OFFSET);
  const data: Buffer[] = [];
  for (const [index, block] of piecesOf(disk, MIB).entries()) {
    if (isZero(block)) continue;
    // The place in MiB from bit 20 on; state 6: fully present.
    const place = BigInt(DATA_OFFSET / MIB + data.length);
    start.writeBigUInt64LE((place << 20n) | 6n, TABLE_OFFSET + index * 8);
    data.push(block);
  }
  return Buffer.concat([start, ...data]);
}

function header(number: 1 | 2, change?: VhdxOptions['header']): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('head', 'latin1');
  bytes.writeBigUInt64LE(BigInt(number), 8);
  bytes.fill(0x5a, 16, 48);
  bytes.writeUInt16LE(1, 66);
  bytes.writeUInt32LE(MIB, 68);
  bytes.writeBigUInt64LE(BigInt(MIB), 72);
  change?.(bytes, number);
  return sealed(bytes);
}

function regionTable(change?: (table: Buffer) => void): Buffer {
  const table = Buffer.alloc(65536);
  table.write('regi', 'latin1');
  table.writeUInt32LE(2, 8);
  region('2DC27766-F623-4200-9D64-115E9BFD4A08', TABLE_OFFSET).copy(table, 16);
  region('8B7CA206-4790-4B9A-B8FE-575F050F886E', METADATA_OFFSET).copy(table, 48);
  change?.(table);
  return sealed(table);
}

function region(guid: string, offset: number): Buffer {
  const entry = Buffer.alloc(32);
  guidBytes(guid).copy(entry);
  entry.writeBigUInt64LE(BigInt(offset), 16);
  entry.writeUInt32LE(MIB, 24);
  entry.writeUInt32LE(1, 28);
  return entry;
}

function metadata(diskBytes: number, change?: (region: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(MIB);
  bytes.write('metadata', 'latin1');
  const items: [guid: string, length: number, flags: number][] = [
    ['CAA16737-FA36-4D43-B3B6-33F0AA44E76B', 8, 4],
    ['2FA54224-CD1B-4876-B211-5DBED83BF4B8', 8, 6],
    ['BECA12AB-B2E6-4523-93EF-C309E000C746', 16, 6],
    ['8141BF1D-A96F-4709-BA47-F233A8FAAB5F', 4, 6],
    ['CDA348C7-445D-4471-9CC9-E9885251C556', 4, 6],
  ];
  bytes.writeUInt16LE(items.length, 10);
  for (const [index, [guid, length, flags]] of items.entries()) {
    const entry = 32 + index * 32;
    guidBytes(guid).copy(bytes, entry);
    bytes.writeUInt32LE(ITEMS + index * 16, entry + 16);
    bytes.writeUInt32LE(length, entry + 20);
    bytes.writeUInt32LE(flags, entry + 24);
  }
  bytes.writeUInt32LE(MIB, ITEMS);
  bytes.writeBigUInt64LE(BigInt(diskBytes), ITEMS + 16);
  bytes.writeUInt32LE(512, ITEMS + 48);
  bytes.writeUInt32LE(512, ITEMS + 64);
  change?.(bytes);
  return bytes;
}

/** The first three groups of a GUID are little-endian. */
export function guidBytes(guid: string): Buffer {
  const [first = '', second = '', third = '', ...rest] = guid.split('-');
  const reversed = [first, second, third].map((group) => Buffer.from(group, 'hex').reverse());
  return Buffer.concat([...reversed, Buffer.from(rest.join(''), 'hex')]);
}

function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(0, 4);
  bytes.writeUInt32LE(crc32c(bytes), 4);
  return bytes;
}

/** Bit by bit, so that it shares nothing with the code that it tests. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
