import { gptHeader, gptTable } from '../guest/gpt.ts';
import { allMbrEntries, MBR_BYTES, PROTECTIVE_TYPE } from '../guest/mbr.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';

const SECTOR_BYTES = 2048;
const DESCRIPTORS = 16;
/** Descriptors end with one of type 255; discs have a handful. */
const MAX_DESCRIPTORS = 16;
const EL_TORITO = 'CD001\x01EL TORITO SPECIFICATION';
const CATALOG_OFFSET = 0x47;
/** El Torito 1.0, figures 2 to 5: entries of 32 bytes, the first validates the catalog; bootable ones begin with 0x88. */
const ENTRY_BYTES = 32;
const BOOTABLE = 0x88;
const VIRTUAL_SECTOR_BYTES = 512;
/** 255 heads of 63 sectors, the most of a BIOS. */
const MAX_CYLINDER_BYTES = 255 * 63 * 512;

const RULES = {
  partitions: { code: 'truncated', title: 'partitions of a hybrid lie inside the file', at: 'MBR, GPT' },
  catalog: { code: 'truncated', title: 'boot catalog is inside the file', at: 'u32@71 of the boot record' },
  boot: { code: 'truncated', title: 'boot images lie inside the file', at: 'boot catalog' },
} as const satisfies Record<string, Rule>;

export const ISO_BOOT_RULES: readonly Rule[] = Object.values(RULES);

/**
 * Tools append the partition for UEFI behind the volume of a hybrid, and name it in the MBR, the GPT and the boot
 * catalog. A partition that begins inside the volume may end behind the file: isohybrid rounds it up to whole cylinders.
 */
export async function refuseCutHybrid(probe: Probe, volumeBytes: number): Promise<void> {
  const { ledger } = probe;
  const ends = partitionsOf(probe).map(({ offset, length }) =>
    offset < volumeBytes ? offset + length - MAX_CYLINDER_BYTES : offset + length,
  );
  const end = Math.max(0, ...ends);
  ledger.refuseShorterThan(end, RULES.partitions, 'a partition of the hybrid ISO');
  const catalog = catalogSector(probe);
  if (catalog === undefined) return;
  const start = catalog * SECTOR_BYTES;
  ledger.refuseShorterThan(start + SECTOR_BYTES, RULES.catalog, 'the boot catalog of the ISO');
  const bytes = await probe.read(start, SECTOR_BYTES);
  ledger.refuseShorterThan(endOfBootImages(bytes.slice(0, SECTOR_BYTES)), RULES.boot, 'a boot image of the ISO');
}

function partitionsOf({ head }: Probe): readonly { offset: number; length: number }[] {
  const entries = allMbrEntries(head.slice(0, MBR_BYTES));
  const own = entries
    .filter(({ type }) => type !== 0 && type !== PROTECTIVE_TYPE)
    .map(({ startSector, sectors }) => ({ offset: startSector * MBR_BYTES, length: sectors * MBR_BYTES }));
  return entries.some(({ type }) => type === PROTECTIVE_TYPE)
    ? [...own, ...gptPartitions(head.slice(0, head.length))]
    : own;
}

/** Of a table inside the head of the file, where mastering programs put it. */
function gptPartitions(head: Buffer): readonly { offset: number; length: number }[] {
  const header = gptHeader(head.subarray(MBR_BYTES), 1, MBR_BYTES);
  if (header === undefined) return [];
  const start = header.entriesSector * MBR_BYTES;
  return gptTable(head.subarray(start, start + header.entries * header.entryBytes), header)?.partitions ?? [];
}

/** The sector of the boot catalog; undefined on a disc that does not boot. */
function catalogSector({ head }: Probe): number | undefined {
  const record = Array.from({ length: MAX_DESCRIPTORS }, (_, index) => (DESCRIPTORS + index) * SECTOR_BYTES).find(
    (offset) => head.has(offset, '\0') && head.has(offset + 1, EL_TORITO),
  );
  return record === undefined || record + SECTOR_BYTES > head.length ? undefined : head.u32le(record + CATALOG_OFFSET);
}

function endOfBootImages(catalog: Buffer): number {
  let end = 0;
  for (let offset = ENTRY_BYTES; offset < catalog.length; offset += ENTRY_BYTES) {
    if (catalog.readUInt8(offset) !== BOOTABLE) continue;
    const sectors = Math.max(1, catalog.readUInt16LE(offset + 6));
    end = Math.max(end, catalog.readUInt32LE(offset + 8) * SECTOR_BYTES + sectors * VIRTUAL_SECTOR_BYTES);
  }
  return end;
}
