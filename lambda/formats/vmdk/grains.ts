import { NotRead } from '../guest/disk.ts';
import type { BlockMap, StoredBlock } from '../reading/block-map.ts';
import type { Bytes } from '../reading/bytes.ts';
import { zlibGrain } from '../reading/packing.ts';
import type { Probe } from '../reading/probe.ts';
import { ENTRY_BYTES, SECTOR_BYTES, type SparseHeader, ZERO_GRAIN } from './header.ts';

/** A grain that is larger when packed than as it is: zlib adds little, the marker 12 bytes (RFC 1951). */
const PACKING_BYTES = 4096;

/**
 * Grain directory, grain table, grain (VMware, Virtual Disk Format 5.0, "Sparse Extent Data").
 * @param directory bytes from the start of the file
 */
export function vmdkGrains(probe: Probe, header: SparseHeader, directory: number): BlockMap {
  const { grainBytes, entriesPerTable } = header;
  return {
    blockBytes: grainBytes,
    async locate(first, count) {
      const blocks: (StoredBlock | undefined)[] = [];
      while (blocks.length < count) {
        const grain = first + blocks.length;
        const inTable = Math.min(count - blocks.length, entriesPerTable - (grain % entriesPerTable));
        const table = await tableOffset(probe, directory, Math.floor(grain / entriesPerTable));
        blocks.push(...(await locateInTable(probe, header, table, { first: grain % entriesPerTable, count: inTable })));
      }
      return blocks;
    },
  };
}

async function tableOffset(probe: Probe, directory: number, index: number): Promise<number> {
  const entry = await readTable(probe, directory + index * ENTRY_BYTES, ENTRY_BYTES);
  return entry.u32le(0) * SECTOR_BYTES;
}

/** What the examination of the tables has left of the reads may be too little for a place far behind. */
function readTable(probe: Probe, offset: number, length: number): Promise<Bytes> {
  if (probe.affords([{ offset, length }])) return probe.read(offset, length);
  throw new NotRead('Its place is in too many tables of the file to read them all.');
}

async function locateInTable(
  probe: Probe,
  header: SparseHeader,
  table: number,
  run: { first: number; count: number },
): Promise<(StoredBlock | undefined)[]> {
  if (table === 0) return Array.from({ length: run.count }, () => undefined);
  const entries = await readTable(probe, table + run.first * ENTRY_BYTES, run.count * ENTRY_BYTES);
  return Array.from({ length: run.count }, (_, index) => stored(header, entries.u32le(index * ENTRY_BYTES)));
}

function stored(header: SparseHeader, sector: number): StoredBlock | undefined {
  if (sector === 0 || (sector === ZERO_GRAIN && header.hasZeroGrains)) return undefined;
  const offset = sector * SECTOR_BYTES;
  if (!header.isCompressed) return { offset };
  return { offset, packing: zlibGrain(header.grainBytes + PACKING_BYTES, { hasMarker: header.hasMarkers }) };
}
