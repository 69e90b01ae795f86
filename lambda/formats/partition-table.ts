import type { Probe } from './probe.ts';

/** Logical sector sizes of disks; a GPT header stands in the second sector (UEFI specification 2.10, section 5.3.2). */
const SECTOR_SIZES = [512, 4096];
const MBR_SECTOR_BYTES = 512;
const MBR_SIGNATURE = Buffer.from([0x55, 0xaa]);
/** The one entry of a GPT disk's MBR; its size may be all ones whatever the size of the disk (section 5.2.3). */
const PROTECTIVE_TYPE = 0xee;

interface MbrPartition {
  readonly type: number;
  readonly startSector: number;
  readonly sectors: number;
}

export function hasPartitionTable(probe: Probe): boolean {
  return gptSectorSize(probe) !== undefined || mbrPartitions(probe).length > 0;
}

/**
 * Where a GPT's backup header ends, in bytes: no sound disk is shorter.
 * @returns undefined without a GPT
 * @throws `truncated` or `corrupt-header` when the header is not whole
 */
export function gptEnd(probe: Probe): number | undefined {
  const sectorSize = gptSectorSize(probe);
  if (sectorSize === undefined) return undefined;
  const backupLba = probe.head.u64le(sectorSize + 32);
  return (backupLba + 1) * sectorSize;
}

/** Where the last partition of an MBR ends, in bytes; 0 when none has an end of its own. */
export function mbrEnd(probe: Probe): number {
  const ends = mbrPartitions(probe)
    .filter(({ type }) => type !== PROTECTIVE_TYPE)
    .map(({ startSector, sectors }) => (startSector + sectors) * MBR_SECTOR_BYTES);
  return Math.max(0, ...ends);
}

function gptSectorSize({ head }: Probe): number | undefined {
  return SECTOR_SIZES.find((sectorSize) => head.has(sectorSize, 'EFI PART'));
}

/** The partitions of a sane MBR: each boot flag is 0 or 0x80, and what is in use begins inside the file. */
function mbrPartitions({ head, size }: Probe): MbrPartition[] {
  if (!head.has(510, MBR_SIGNATURE)) return [];
  const entries = [446, 462, 478, 494].map((offset) => ({
    bootFlag: head.u8(offset),
    type: head.u8(offset + 4),
    startSector: head.u32le(offset + 8),
    sectors: head.u32le(offset + 12),
  }));
  if (entries.some(({ bootFlag }) => bootFlag !== 0 && bootFlag !== 0x80)) return [];
  return entries.filter(
    ({ type, startSector, sectors }) =>
      type !== 0 && sectors > 0 && startSector > 0 && startSector * MBR_SECTOR_BYTES < size,
  );
}
