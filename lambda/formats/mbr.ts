import type { Partition } from '../model/image.ts';

/** The table fills the first 512 bytes of the disk, however large its sectors are. */
export const MBR_BYTES = 512;
/** The one entry of a GPT disk's MBR; its size may be all ones whatever the size of the disk (UEFI 2.10, section 5.2.3). */
export const PROTECTIVE_TYPE = 0xee;
/** Where the code ends that a BIOS starts; a disk signature and the entries follow (UEFI 2.10, section 5.2.1). */
const BOOT_CODE_BYTES = 440;
const ENTRY_OFFSETS = [446, 462, 478, 494];
const SIGNATURE_OFFSET = 510;
const SIGNATURE = 0xaa55;

export interface MbrEntry {
  readonly type: number;
  readonly startSector: number;
  readonly sectors: number;
}

/**
 * The entries in use of a sane MBR: each boot flag is 0 or 0x80, and what is in use begins inside the disk. Boot
 * sectors of file systems bear the same signature, and have other bytes there.
 * @param sector the first 512 bytes of the disk; fewer have no table
 * @param diskSectors sectors of the disk
 */
export function mbrEntries(sector: Buffer, diskSectors: number): MbrEntry[] {
  if (sector.length < MBR_BYTES || sector.readUInt16LE(SIGNATURE_OFFSET) !== SIGNATURE) return [];
  const isSane = ENTRY_OFFSETS.every((offset) => (sector.readUInt8(offset) & 0x7f) === 0);
  if (!isSane) return [];
  return ENTRY_OFFSETS.map((offset) => ({
    type: sector.readUInt8(offset + 4),
    startSector: sector.readUInt32LE(offset + 8),
    sectors: sector.readUInt32LE(offset + 12),
  })).filter(
    ({ type, startSector, sectors }) => type !== 0 && sectors > 0 && startSector > 0 && startSector < diskSectors,
  );
}

export const mbrPartition = ({ type, startSector, sectors }: MbrEntry, sectorBytes: number): Partition => ({
  type: `0x${type.toString(16).padStart(2, '0')}`,
  offset: startSector * sectorBytes,
  length: sectors * sectorBytes,
});

export const hasBootCode = (sector: Buffer): boolean => sector.subarray(0, BOOT_CODE_BYTES).some((byte) => byte !== 0);
