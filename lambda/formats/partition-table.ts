import { GPT_SIGNATURE, SECTOR_SIZES } from './gpt.ts';
import { MBR_BYTES, type MbrEntry, mbrEntries, PROTECTIVE_TYPE } from './mbr.ts';
import type { Probe } from './probe.ts';

/** Where the first header ends in the largest sectors. */
export const GPT_HEADERS_END = 2 * Math.max(...SECTOR_SIZES);

/**
 * Whether the file itself bears a partition table, as a raw disk does. A GPT counts by its signature alone: whoever
 * meets a file in two minds should err on the side of seeing it.
 */
export function hasPartitionTable(probe: Probe): boolean {
  return gptSectorSize(probe) !== undefined || entriesOfMbr(probe).length > 0;
}

/**
 * Where a GPT's backup header ends, in bytes: no sound disk is shorter.
 * @returns undefined without a GPT
 * @throws Refusal when the header is not whole, or names an impossible place
 */
export function gptEnd(probe: Probe): number | undefined {
  const sectorSize = gptSectorSize(probe);
  if (sectorSize === undefined) return undefined;
  const backupLba = probe.head.u64le(sectorSize + 32);
  return (backupLba + 1) * sectorSize;
}

/** Whether the MBR is that of a GPT disk and names no partition of its own (UEFI 2.10, section 5.2.3). */
export function announcesGptOnly(probe: Probe): boolean {
  const entries = entriesOfMbr(probe);
  return entries.length > 0 && entries.every(({ type }) => type === PROTECTIVE_TYPE);
}

function gptSectorSize({ head }: Probe): number | undefined {
  return SECTOR_SIZES.find((sectorSize) => head.has(sectorSize, GPT_SIGNATURE));
}

function entriesOfMbr({ head, size }: Probe): MbrEntry[] {
  return head.length < MBR_BYTES ? [] : mbrEntries(head.slice(0, MBR_BYTES), size / MBR_BYTES);
}
