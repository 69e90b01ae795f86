import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import { ENTRY_BYTES, GRAIN_MARKER_BYTES, SECTOR_BYTES, type SparseHeader, ZERO_GRAIN } from './header.ts';

const RULES = {
  marker: { code: 'truncated', title: 'marker of the last grain is inside the file', at: 'last grain' },
  length: { code: 'corrupt-header', title: 'length of the last grain', at: 'u32@8 of the last grain' },
} as const satisfies Record<string, Rule>;

export const PACKED_RULES: readonly Rule[] = Object.values(RULES);

/** Where some grains are, in bytes. */
export interface GrainExtent {
  /** Where the first one begins; Infinity without any. */
  readonly start: number;
  /** Where the last one begins; 0 without any. */
  readonly last: number;
  /** Where they end, if they are stored as they are. */
  readonly end: number;
}

export const NO_GRAINS: GrainExtent = { start: Infinity, last: 0, end: 0 };

export const union = (one: GrainExtent, other: GrainExtent): GrainExtent => ({
  start: Math.min(one.start, other.start),
  last: Math.max(one.last, other.last),
  end: Math.max(one.end, other.end),
});

/**
 * What a table says of grains past the end of the disk has no meaning, and of the disk's last grain only its part of
 * the disk must be there.
 * @param index of the table in the directory
 */
export function grainsOf(index: number, table: Buffer, header: SparseHeader): GrainExtent {
  const { capacityBytes, grainBytes, entriesPerTable, hasZeroGrains } = header;
  const firstByte = index * entriesPerTable * grainBytes;
  const entries = Math.min(entriesPerTable, Math.ceil((capacityBytes - firstByte) / grainBytes));
  let { start, last, end } = NO_GRAINS;
  for (let entry = 0; entry < entries; entry++) {
    const sector = table.readUInt32LE(entry * ENTRY_BYTES);
    if (sector === 0 || (sector === ZERO_GRAIN && hasZeroGrains)) continue;
    const offset = sector * SECTOR_BYTES;
    const bytes = Math.min(grainBytes, capacityBytes - firstByte - entry * grainBytes);
    start = Math.min(start, offset);
    last = Math.max(last, offset);
    end = Math.max(end, offset + bytes);
  }
  return { start, last, end };
}

/**
 * Where a packed grain ends; without a marker only its first byte is known of.
 * @param offset of the grain in the file
 */
export async function endOfPacked(probe: Probe, header: SparseHeader, offset: number): Promise<number> {
  if (!header.hasMarkers) return offset + 1;
  const { ledger } = probe;
  ledger.refuseShorterThan(offset + GRAIN_MARKER_BYTES, RULES.marker, 'a grain of the VMDK');
  const marker = await probe.read(offset, GRAIN_MARKER_BYTES);
  const length = marker.u32le(8);
  // QEMU gives up on more, and no packing doubles what it packs.
  const isPossible = length > 0 && length <= 2 * header.grainBytes;
  ledger.refuseIf(!isPossible, RULES.length, `A packed VMDK grain cannot have ${length} bytes.`);
  return offset + GRAIN_MARKER_BYTES + length;
}
