import { crc32 } from 'node:zlib';
import { SparseFile } from './sparse-file.ts';

const ENTRIES_BYTES = 16384;
/** Linux file system data, 0FC63DAF-8483-4772-8E79-3D69D8477DE4. */
const LINUX_DATA = Buffer.from('af3dc60f838472478e793d69d8477de4', 'hex');

export interface GptOptions {
  /** Bytes in a logical sector: 512 or 4096. */
  readonly sectorBytes?: number;
}

/** A raw disk with a protective MBR, both GPT headers and one partition whose content is of the seed. */
export function gptDisk(bytes: number, seed = 1, { sectorBytes = 512 }: GptOptions = {}): Buffer {
  const { parts, first, last } = gptLayout(bytes, sectorBytes);
  const disk = Buffer.alloc(bytes);
  disk.fill(seed, first * sectorBytes, (last + 1) * sectorBytes);
  for (const { offset, bytes: part } of parts) part.copy(disk, offset);
  return disk;
}

/** The same with an empty partition, of any size. */
export const emptyGptDisk = (bytes: number, { sectorBytes = 512 }: GptOptions = {}): SparseFile =>
  new SparseFile(bytes, gptLayout(bytes, sectorBytes).parts);

/** What stands where, and the first and last sector of the partition. */
function gptLayout(bytes: number, sectorBytes: number) {
  const sectors = bytes / sectorBytes;
  const tableSectors = ENTRIES_BYTES / sectorBytes;
  const [first, last] = [2 + tableSectors, sectors - tableSectors - 2];
  const entries = Buffer.alloc(ENTRIES_BYTES);
  LINUX_DATA.copy(entries);
  entries.fill(0x5a, 16, 32);
  entries.writeBigUInt64LE(BigInt(first), 32);
  entries.writeBigUInt64LE(BigInt(last), 40);
  const header = (own: number, other: number, table: number): Buffer =>
    gptHeader({ own, other, table, first, last, entriesCrc: crc32(entries) });
  const parts = [
    { offset: 0, bytes: protectiveMbr(sectors) },
    { offset: sectorBytes, bytes: header(1, sectors - 1, 2) },
    { offset: 2 * sectorBytes, bytes: entries },
    { offset: (last + 1) * sectorBytes, bytes: entries },
    { offset: (sectors - 1) * sectorBytes, bytes: header(sectors - 1, 1, last + 1) },
  ];
  return { parts, first, last };
}

function protectiveMbr(sectors: number): Buffer {
  const mbr = Buffer.alloc(512);
  // CHS 0/0/2, the sector behind the MBR.
  mbr.writeUInt8(2, 448);
  mbr.writeUInt8(0xee, 450);
  mbr.writeUInt32LE(1, 454);
  mbr.writeUInt32LE(Math.min(sectors - 1, 0xffffffff), 458);
  mbr.writeUInt16LE(0xaa55, 510);
  return mbr;
}

interface GptFields {
  readonly own: number;
  readonly other: number;
  readonly table: number;
  readonly first: number;
  readonly last: number;
  readonly entriesCrc: number;
}

function gptHeader(fields: GptFields): Buffer {
  const header = Buffer.alloc(92);
  header.write('EFI PART', 'latin1');
  header.writeUInt32LE(0x10000, 8);
  header.writeUInt32LE(header.length, 12);
  const places: [value: number, offset: number][] = [
    [fields.own, 24],
    [fields.other, 32],
    [fields.first, 40],
    [fields.last, 48],
    [fields.table, 72],
  ];
  for (const [value, offset] of places) header.writeBigUInt64LE(BigInt(value), offset);
  header.fill(0x5a, 56, 72);
  header.writeUInt32LE(128, 80);
  header.writeUInt32LE(128, 84);
  header.writeUInt32LE(fields.entriesCrc, 88);
  header.writeUInt32LE(crc32(header), 16);
  return header;
}
