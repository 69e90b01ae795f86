import { GPT_SIGNATURE, SECTOR_SIZES } from './gpt.ts';
import { MBR_BYTES, mbrEntries } from './mbr.ts';
import type { Probe } from './probe.ts';

/**
 * Whether the file itself bears a partition table, as a raw disk does. A GPT counts by its signature alone: whoever
 * meets a file in two minds should err on the side of seeing it.
 */
export function hasPartitionTable(probe: Probe): boolean {
  return gptSectorSize(probe) !== undefined || hasMbr(probe);
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

function gptSectorSize({ head }: Probe): number | undefined {
  return SECTOR_SIZES.find((sectorSize) => head.has(sectorSize, GPT_SIGNATURE));
}

function hasMbr({ head, size }: Probe): boolean {
  return head.length >= MBR_BYTES && mbrEntries(head.slice(0, MBR_BYTES), size / MBR_BYTES).length > 0;
}
