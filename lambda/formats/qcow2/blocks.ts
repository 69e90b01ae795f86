import type { BlockMap, StoredBlock } from '../reading/block-map.ts';
import type { Range } from '../reading/bounded-reads.ts';
import type { Bytes } from '../reading/bytes.ts';
import { rawDeflate, zstd } from '../reading/packing.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import type { Qcow2Header } from './header.ts';

export const ENTRY_BYTES = 8;
const SECTOR_BYTES = 512;
/** Bits 9 to 55 of an entry; those of the high word, and of the low one. */
const OFFSET_HIGH = 0x00ffffff;
const OFFSET_LOW = 0xfffffe00;
/** Bits 62 and 0 of an L2 entry. */
const COMPRESSED_HIGH = 0x40000000;
const ALL_ZEROS = 1;
/** Bits 0 to 61 of the entry of a compressed cluster. */
const DESCRIPTOR = (1n << 62n) - 1n;

const RULES = {
  l2Table: { code: 'corrupt-header', title: 'L2 tables begin at a cluster', at: 'first entries of the L1 table' },
  cluster: { code: 'corrupt-header', title: 'clusters begin at a cluster', at: 'first entries of the L2 table' },
} as const satisfies Record<string, Rule>;

export const BLOCK_RULES: readonly Rule[] = Object.values(RULES);

/** The part of the L1 table that leads to the start of the disk. */
export const l1Start = ({ l1Offset }: Qcow2Header): Range => ({ offset: l1Offset, length: ENTRY_BYTES });

/** QEMU, docs/interop/qcow2.txt, "Cluster mapping". */
export function qcow2Blocks(probe: Probe, header: Qcow2Header): BlockMap {
  const { clusterBytes } = header;
  const perTable = clusterBytes / ENTRY_BYTES;
  return {
    blockBytes: clusterBytes,
    mayEndInBlock: true,
    async locate(first, count) {
      const blocks: (StoredBlock | undefined)[] = [];
      while (blocks.length < count) {
        const block = first + blocks.length;
        const inTable = Math.min(count - blocks.length, perTable - (block % perTable));
        blocks.push(...(await locateInTable(probe, header, { block, count: inTable })));
      }
      return blocks;
    },
  };
}

/** A place in the last cluster that an L2 entry names, which compressed data may share; 0 where it names nothing. */
export function lastPlaceIn(header: Qcow2Header, table: Bytes, place: number): number {
  if ((table.u32be(place) & COMPRESSED_HIGH) === 0) return offsetIn(table, place);
  const { offset, packing } = compressed(header, table.slice(place, ENTRY_BYTES));
  return offset + (packing?.bytes ?? 1) - 1;
}

/** @param run clusters that one L2 table knows */
async function locateInTable(
  probe: Probe,
  header: Qcow2Header,
  run: { block: number; count: number },
): Promise<(StoredBlock | undefined)[]> {
  const { clusterBytes, l1Offset } = header;
  const perTable = clusterBytes / ENTRY_BYTES;
  const entry = await probe.read(l1Offset + Math.floor(run.block / perTable) * ENTRY_BYTES, ENTRY_BYTES);
  const table = offsetIn(entry, 0);
  const message = `A qcow2 L2 table cannot be at byte ${table}.`;
  probe.ledger.refuseIf(table % clusterBytes !== 0, RULES.l2Table, message);
  if (table === 0) return Array.from({ length: run.count }, () => undefined);
  const bytes = await probe.read(table + (run.block % perTable) * ENTRY_BYTES, run.count * ENTRY_BYTES);
  return Array.from({ length: run.count }, (_, index) => stored(probe, header, bytes, index * ENTRY_BYTES));
}

function stored(probe: Probe, header: Qcow2Header, table: Bytes, place: number): StoredBlock | undefined {
  if ((table.u32be(place) & COMPRESSED_HIGH) !== 0) return compressed(header, table.slice(place, ENTRY_BYTES));
  const isZeros = header.version >= 3 && (table.u32be(place + 4) & ALL_ZEROS) !== 0;
  const offset = isZeros ? 0 : offsetIn(table, place);
  const message = `A qcow2 cluster cannot be at byte ${offset}.`;
  probe.ledger.refuseIf(offset % header.clusterBytes !== 0, RULES.cluster, message);
  return offset === 0 ? undefined : { offset };
}

export const offsetIn = (table: Bytes, place: number): number =>
  (table.u32be(place) & OFFSET_HIGH) * 2 ** 32 + ((table.u32be(place + 4) & OFFSET_LOW) >>> 0);

/** "Compressed Clusters Descriptor": the offset in the low bits, above it the sectors after the first. */
function compressed({ clusterBytes, compressionType }: Qcow2Header, entry: Buffer): StoredBlock {
  const offsetBits = BigInt(62 - (Math.log2(clusterBytes) - 8));
  const descriptor = entry.readBigUInt64BE() & DESCRIPTOR;
  const offset = Number(descriptor & ((1n << offsetBits) - 1n));
  const sectors = Number(descriptor >> offsetBits) + 1;
  const bytes = sectors * SECTOR_BYTES - (offset % SECTOR_BYTES);
  return { offset, packing: compressionType === 0 ? rawDeflate(bytes) : zstd(bytes) };
}
