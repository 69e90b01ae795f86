import { crc32 } from 'node:zlib';
import { guidBytes } from './vhdx.ts';

export const LINUX = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';
export const EFI_SYSTEM = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
export const BIOS_BOOT = '21686148-6449-6E6F-744E-656564454649';

/** First and last sector, the name, and the attributes. */
export type GptEntry = readonly [type: string, first: number, last: number, name?: string, attributes?: bigint];

export interface GptShape {
  readonly sectorBytes?: number;
  /** Sector of the table's first entry. */
  readonly entriesSector?: number;
  readonly entries?: number;
  readonly entryBytes?: number;
  /** Changes the header before its checksum is made. */
  readonly header?: (header: Buffer) => void;
}

/** A disk of so many sectors with a protective MBR and the first header and table of a GPT; nothing else. */
export function gptStart(sectors: number, partitions: readonly GptEntry[], shape: GptShape = {}): Buffer {
  const { sectorBytes = 512, entriesSector = 2, entries = 128, entryBytes = 128 } = shape;
  const disk = Buffer.alloc(sectors * sectorBytes);
  disk.writeUInt8(2, 448);
  disk.writeUInt8(0xee, 450);
  disk.writeUInt32LE(1, 454);
  disk.writeUInt32LE(sectors - 1, 458);
  disk.writeUInt16LE(0xaa55, 510);
  const table = disk.subarray(entriesSector * sectorBytes, entriesSector * sectorBytes + entries * entryBytes);
  for (const [index, [type, first, last, name = '', attributes = 0n]] of partitions.entries()) {
    const entry = table.subarray(index * entryBytes);
    guidBytes(type).copy(entry);
    entry.fill(0x5a, 16, 32);
    entry.writeBigUInt64LE(BigInt(first), 32);
    entry.writeBigUInt64LE(BigInt(last), 40);
    entry.writeBigUInt64LE(attributes, 48);
    entry.write(name, 56, 'utf16le');
  }
  const header = disk.subarray(sectorBytes, sectorBytes + 92);
  header.write('EFI PART', 'latin1');
  header.writeUInt32LE(0x10000, 8);
  header.writeUInt32LE(92, 12);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(BigInt(sectors - 1), 32);
  header.writeBigUInt64LE(BigInt(entriesSector), 72);
  header.writeUInt32LE(entries, 80);
  header.writeUInt32LE(entryBytes, 84);
  header.writeUInt32LE(crc32(table), 88);
  shape.header?.(header);
  header.writeUInt32LE(crc32(header), 16);
  return disk;
}

/** Type, first sector, number of sectors. */
export type MbrEntry = readonly [type: number, start: number, sectors: number];

export function mbrDisk(sectors: number, partitions: readonly MbrEntry[]): Buffer {
  const disk = Buffer.alloc(sectors * 512);
  for (const [index, [type, start, length]] of partitions.entries()) {
    const offset = 446 + index * 16;
    disk.writeUInt8(type, offset + 4);
    disk.writeUInt32LE(start, offset + 8);
    disk.writeUInt32LE(length, offset + 12);
  }
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
