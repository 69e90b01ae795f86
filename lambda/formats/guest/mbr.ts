import type { Partition } from '../../model/image.ts';

/** The table fills the first 512 bytes of the disk, however large its sectors are. */
export const MBR_BYTES = 512;
/** The one entry of a GPT disk's MBR; its size may be all ones whatever the size of the disk (UEFI 2.10, section 5.2.3). */
export const PROTECTIVE_TYPE = 0xee;
/** Where the code ends that a BIOS starts; a disk signature and the entries follow (UEFI 2.10, section 5.2.1). */
const BOOT_CODE_BYTES = 440;
const ENTRY_OFFSETS = [446, 462, 478, 494];
const SIGNATURE_OFFSET = 510;
const SIGNATURE = 0xaa55;
const ACTIVE = 0x80;

/**
 * Words in the boot code of loaders that a BIOS starts. Other code proves nothing: Windows and several partitioning
 * tools write theirs into every MBR, the protective one of a UEFI disk too.
 */
const BOOT_LOADER_WORDS = [
  'GRUB',
  'GRLDR',
  'Missing MBR-helper', // GRUB4DOS
  'LILO',
  'LINUX',
  'Missing OS', // gptmbr.bin of SYSLINUX, and its others
  'Operating system load error',
  'Missing boot loader', // FreeBSD: pmbr, and boot0
  'FreeBS',
  'NetBSD',
  'Limine',
  'boot0', // Chameleon and Clover
  '1234F', // Debian's mbr
];

export interface MbrEntry {
  readonly type: number;
  readonly isActive: boolean;
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
  return allMbrEntries(sector).filter(
    ({ type, startSector }) => type !== 0 && startSector > 0 && startSector < diskSectors,
  );
}

/** All entries of a sane MBR that have sectors, wherever they lie; of that for a GPT, readers ignore the number. */
export function allMbrEntries(sector: Buffer): MbrEntry[] {
  if (!hasBootSignature(sector)) return [];
  const isSane = ENTRY_OFFSETS.every((offset) => (sector.readUInt8(offset) & ~ACTIVE) === 0);
  if (!isSane) return [];
  return ENTRY_OFFSETS.map((offset) => ({
    type: sector.readUInt8(offset + 4),
    isActive: sector.readUInt8(offset) === ACTIVE,
    startSector: sector.readUInt32LE(offset + 8),
    sectors: sector.readUInt32LE(offset + 12),
  })).filter(({ type, sectors }) => sectors > 0 || type === PROTECTIVE_TYPE);
}

export const mbrPartition = ({ type, startSector, sectors }: MbrEntry, sectorBytes: number): Partition => ({
  type: `0x${type.toString(16).padStart(2, '0')}`,
  offset: startSector * sectorBytes,
  length: sectors * sectorBytes,
});

/** A boot sector, of a disk or of a file system: the signature, and code before it. */
export const isBootSector = (sector: Buffer): boolean =>
  hasBootSignature(sector) && sector.subarray(0, BOOT_CODE_BYTES).some((byte) => byte !== 0);

/** Whether the MBR shows that a BIOS starts the disk: an active partition, or a known boot loader. */
export function showsBiosBoot(sector: Buffer): boolean {
  const code = sector.toString('latin1', 0, BOOT_CODE_BYTES);
  return (
    allMbrEntries(sector).some(({ isActive }) => isActive) || BOOT_LOADER_WORDS.some((word) => code.includes(word))
  );
}

const hasBootSignature = (sector: Buffer): boolean =>
  sector.length >= MBR_BYTES && sector.readUInt16LE(SIGNATURE_OFFSET) === SIGNATURE;
