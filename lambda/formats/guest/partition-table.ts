import type { Probe } from '../reading/probe.ts';
import { GPT_SIGNATURE, SECTOR_SIZES } from './gpt.ts';
import { MBR_BYTES, type MbrEntry, mbrEntries, PROTECTIVE_TYPE } from './mbr.ts';

/** Where the first header ends in the largest sectors. */
export const GPT_HEADERS_END = 2 * Math.max(...SECTOR_SIZES);

/**
 * Whether the file could be read as a partitioned disk. Some readers take a GPT for one even where no MBR announces it,
 * so its signature alone is enough here.
 */
export function mayHavePartitionTable(probe: Probe): boolean {
  return gptSectorSize(probe) !== undefined || entriesOfMbr(probe).length > 0;
}

/** A GPT counts only where the MBR announces it, so a valid MBR is what a partitioned disk has. */
export const hasMbr = (probe: Probe): boolean => entriesOfMbr(probe).length > 0;

export const hasGptSignature = (probe: Probe): boolean => gptSectorSize(probe) !== undefined;

/**
 * Where the copy of the GPT ends by a header that need not be sound, in bytes.
 * @returns undefined without a header
 * @throws Refusal when the header is not whole, or names an impossible place
 */
export function gptEnd(probe: Probe): number | undefined {
  const sectorSize = gptSectorSize(probe);
  if (sectorSize === undefined) return undefined;
  const backupLba = probe.head.u64le(sectorSize + 32);
  return (backupLba + 1) * sectorSize;
}

/** Whether the MBR is that of a GPT disk (UEFI 2.10, section 5.2.3); it may name partitions of its own too. */
export const announcesGpt = (probe: Probe): boolean => entriesOfMbr(probe).some(({ type }) => type === PROTECTIVE_TYPE);

/** Whether it names no partition of its own. */
export const announcesGptOnly = (probe: Probe): boolean =>
  announcesGpt(probe) && entriesOfMbr(probe).every(({ type }) => type === PROTECTIVE_TYPE);

function gptSectorSize({ head }: Probe): number | undefined {
  return SECTOR_SIZES.find((sectorSize) => head.has(sectorSize, GPT_SIGNATURE));
}

function entriesOfMbr({ head, size }: Probe): MbrEntry[] {
  return head.length < MBR_BYTES ? [] : mbrEntries(head.slice(0, MBR_BYTES), size / MBR_BYTES);
}
