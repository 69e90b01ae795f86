import { crc32 } from 'node:zlib';
import type { Partition } from '../../model/image.ts';
import { guidText } from '../reading/bytes.ts';

/** Logical sector sizes of disks; the header is in the second sector (UEFI specification 2.10, section 5.3.2). */
export const SECTOR_SIZES: readonly number[] = [512, 4096];
export const GPT_SIGNATURE = 'EFI PART';
const HEADER_BYTES = 92;
const CRC_OFFSET = 16;
/** An entry has 128 × 2^n bytes. Tables are of 128 such entries, or a few hundred. */
const MIN_ENTRY_BYTES = 128;
/** Bit 2: a BIOS may start this partition (UEFI 2.10, table 5.8). */
const LEGACY_BOOT = 4;
const ATTRIBUTES_OFFSET = 48;
const NAME_OFFSET = 56;
const NAME_BYTES = 72;

export interface GptHeader {
  readonly sectorBytes: number;
  /** Of this header, and of its copy at the other end of the disk. */
  readonly ownSector: number;
  readonly otherSector: number;
  readonly entriesSector: number;
  readonly entries: number;
  readonly entryBytes: number;
  readonly entriesCrc: number;
}

/**
 * @param bytes the sector of the header, which is copied
 * @param ownSector where it was found: 1, and the last one of the disk for the copy
 * @returns undefined when the header is not sound: its checksum is wrong, or its values cannot be
 */
export function gptHeader(bytes: Buffer, ownSector: number, sectorBytes: number): GptHeader | undefined {
  const sector = Buffer.from(bytes.subarray(0, sectorBytes));
  if (sector.length < HEADER_BYTES || !isGptHeader(sector) || !hasRightCrc(sector)) return undefined;
  const header = {
    sectorBytes,
    ownSector,
    otherSector: Number(sector.readBigUInt64LE(32)),
    entriesSector: Number(sector.readBigUInt64LE(72)),
    entries: sector.readUInt32LE(80),
    entryBytes: sector.readUInt32LE(84),
    entriesCrc: sector.readUInt32LE(88),
  };
  const isItself = sector.readBigUInt64LE(24) === BigInt(ownSector);
  return isItself && isPossible(header) ? header : undefined;
}

const isGptHeader = (sector: Buffer): boolean => sector.toString('latin1', 0, GPT_SIGNATURE.length) === GPT_SIGNATURE;

function hasRightCrc(sector: Buffer): boolean {
  const bytes = sector.readUInt32LE(12);
  if (bytes < HEADER_BYTES || bytes > sector.length) return false;
  const crc = sector.readUInt32LE(CRC_OFFSET);
  sector.writeUInt32LE(0, CRC_OFFSET);
  return crc32(sector.subarray(0, bytes)) === crc;
}

function isPossible({ sectorBytes, otherSector, entriesSector, entries, entryBytes }: GptHeader): boolean {
  const isWhole = entryBytes >= MIN_ENTRY_BYTES && Number.isInteger(Math.log2(entryBytes));
  const reach = (Math.max(otherSector, entriesSector) + 1) * sectorBytes + entries * entryBytes;
  return isWhole && entriesSector > 1 && Number.isSafeInteger(reach);
}

export interface GptTable {
  readonly partitions: readonly Partition[];
  /** Whether one of them is marked for a BIOS to start. */
  readonly hasLegacyBoot: boolean;
}

/**
 * @param table all entries, used or not
 * @returns undefined when the table is not sound: its checksum is wrong, or a partition ends before it begins
 */
export function gptTable(table: Buffer, header: GptHeader): GptTable | undefined {
  const { entries, entryBytes, entriesCrc, sectorBytes } = header;
  if (table.length < entries * entryBytes || crc32(table) !== entriesCrc) return undefined;
  const inUse = Array.from({ length: entries }, (_, index) =>
    table.subarray(index * entryBytes, (index + 1) * entryBytes),
  ).filter((entry) => !isUnused(entry));
  const partitions = inUse.flatMap((entry) => gptPartition(entry, sectorBytes) ?? []);
  if (partitions.length < inUse.length) return undefined;
  const hasLegacyBoot = inUse.some((entry) => (entry.readUInt8(ATTRIBUTES_OFFSET) & LEGACY_BOOT) !== 0);
  return { partitions, hasLegacyBoot };
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
