import { crc32 } from 'node:zlib';
import type { Partition } from '../model/image.ts';
import { guidText } from './guid.ts';

/** Logical sector sizes of disks; the header stands in the second sector (UEFI specification 2.10, section 5.3.2). */
export const SECTOR_SIZES: readonly number[] = [512, 4096];
export const GPT_SIGNATURE = 'EFI PART';
const HEADER_BYTES = 92;
const CRC_OFFSET = 16;
/** An entry has 128 × 2^n bytes. Tables are of 128 such entries, or a few hundred. */
const MIN_ENTRY_BYTES = 128;
const NAME_OFFSET = 56;
const NAME_BYTES = 72;

export interface GptHeader {
  readonly sectorBytes: number;
  /** Of the copy of this header, at the end of the disk. */
  readonly backupSector: number;
  readonly entriesSector: number;
  readonly entries: number;
  readonly entryBytes: number;
  readonly entriesCrc: number;
}

/**
 * @param start of the disk
 * @returns undefined when the header is not sound: its checksum is wrong, or its values cannot be
 */
export function gptHeader(start: Buffer, sectorBytes: number): GptHeader | undefined {
  const sector = Buffer.from(start.subarray(sectorBytes, 2 * sectorBytes));
  if (sector.length < HEADER_BYTES || !hasRightCrc(sector)) return undefined;
  const header = {
    sectorBytes,
    backupSector: Number(sector.readBigUInt64LE(32)),
    entriesSector: Number(sector.readBigUInt64LE(72)),
    entries: sector.readUInt32LE(80),
    entryBytes: sector.readUInt32LE(84),
    entriesCrc: sector.readUInt32LE(88),
  };
  const isItself = sector.readBigUInt64LE(24) === 1n;
  return isItself && isPossible(header) ? header : undefined;
}

function hasRightCrc(sector: Buffer): boolean {
  const bytes = sector.readUInt32LE(12);
  if (bytes < HEADER_BYTES || bytes > sector.length) return false;
  const crc = sector.readUInt32LE(CRC_OFFSET);
  sector.writeUInt32LE(0, CRC_OFFSET);
  return crc32(sector.subarray(0, bytes)) === crc;
}

function isPossible({ sectorBytes, backupSector, entriesSector, entries, entryBytes }: GptHeader): boolean {
  const isWhole = entryBytes >= MIN_ENTRY_BYTES && Number.isInteger(Math.log2(entryBytes));
  const reach = (Math.max(backupSector, entriesSector) + 1) * sectorBytes + entries * entryBytes;
  return isWhole && entriesSector > 1 && Number.isSafeInteger(reach);
}

/**
 * @param table all entries, used or not
 * @returns undefined when the table is not sound: its checksum is wrong, or a partition ends before it begins
 */
export function gptPartitions(table: Buffer, header: GptHeader): Partition[] | undefined {
  const { entries, entryBytes, entriesCrc, sectorBytes } = header;
  if (table.length < entries * entryBytes || crc32(table) !== entriesCrc) return undefined;
  const partitions: Partition[] = [];
  for (let offset = 0; offset < table.length; offset += entryBytes) {
    const entry = table.subarray(offset, offset + entryBytes);
    if (isUnused(entry)) continue;
    const partition = gptPartition(entry, sectorBytes);
    if (partition === undefined) return undefined;
    partitions.push(partition);
  }
  return partitions;
}

/** The type of an entry that is not used is all zeros. */
const isUnused = (entry: Buffer): boolean => entry.readBigUInt64LE(0) === 0n && entry.readBigUInt64LE(8) === 0n;

function gptPartition(entry: Buffer, sectorBytes: number): Partition | undefined {
  const [first, last] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))];
  const end = (last + 1) * sectorBytes;
  if (first > last || !Number.isSafeInteger(end)) return undefined;
  const offset = first * sectorBytes;
  const name = nameOf(entry);
  return { type: guidText(entry.subarray(0, 16)), ...(name === '' ? {} : { name }), offset, length: end - offset };
}

/** 36 characters of UTF-16, the unused ones zeros. */
function nameOf(entry: Buffer): string {
  const [name = ''] = entry.toString('utf16le', NAME_OFFSET, NAME_OFFSET + NAME_BYTES).split('\0', 1);
  return name.toWellFormed();
}
