import type { Range } from '../reading/bounded-reads.ts';
import type { Bytes } from '../reading/bytes.ts';
import { lengthWithoutZeros } from '../reading/bytes.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';

/**
 * How much of the refcount table and of a block is looked at. A writer allocates from the front, so what is past a
 * cut follows close upon it; 128 KiB of table stand for 32 TiB of usual clusters, 64 KiB of block for all that one of
 * usual size counts.
 */
const TABLE_WINDOW_BYTES = 128 * 1024;
const BLOCK_WINDOW_BYTES = 64 * 1024;
/** How many blocks are looked at: trailing ones can be all zero where clusters were freed. */
const MAX_BLOCKS = 3;

const RULES = {
  table: { code: 'corrupt-header', title: 'refcount table is in use', at: 'u64@48' },
} as const satisfies Record<string, Rule>;

export const REFCOUNT_RULES: readonly Rule[] = Object.values(RULES);

interface Refcounts {
  readonly clusterBytes: number;
  readonly refcountBits: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
}

/** The part of the refcount table that counts what may lie past a cut. */
export function refcountTableWindow({ size }: Probe, refcounts: Refcounts): Range {
  const { refcountTableOffset, refcountTableClusters, clusterBytes } = refcounts;
  const firstBlock = firstBlockPastCut(size, refcounts);
  // Reading the table's first entry, too, shows that the table is there at all.
  const from = firstBlock * 8 < TABLE_WINDOW_BYTES / 2 ? 0 : firstBlock * 8;
  const length = Math.max(0, Math.min(TABLE_WINDOW_BYTES, refcountTableClusters * clusterBytes - from));
  return { offset: refcountTableOffset + from, length };
}

/**
 * Where QEMU puts the block that counts the last clusters of a file that has grown from front to back. The cluster for
 * which the block is needed has its place already, the first that the block counts, and the block follows it
 * (block/qcow2-refcount.c, alloc_refcount_block); the very first block follows header and refcount table.
 */
export function likelyLastBlock({ size }: Probe, refcounts: Refcounts): Range {
  const block = firstBlockPastCut(size, refcounts);
  const cluster = block === 0 ? 2 : block * clustersPerBlock(refcounts) + 1;
  return blockWindow(
    cluster * refcounts.clusterBytes,
    clustersInFile(size, refcounts) % clustersPerBlock(refcounts),
    refcounts,
  );
}

/**
 * A qcow2 file does not know its own length, but its refcounts know the highest cluster in use: a cut file has
 * clusters in use past its end. The last cluster may be partial.
 * @returns the offset of such a cluster, in bytes; undefined without any
 */
export async function clusterPastTheEnd(probe: Probe, refcounts: Refcounts): Promise<number | undefined> {
  const { size } = probe;
  const firstBlock = firstBlockPastCut(size, refcounts);
  const blocks = (await lastBlocks(probe, refcounts)).map(({ index, offset }) => {
    const from = index === firstBlock ? clustersInFile(size, refcounts) % clustersPerBlock(refcounts) : 0;
    return { index, from, window: blockWindow(offset, from, refcounts) };
  });
  await probe.prefetch(blocks.map(({ window }) => window));
  for (const { index, from, window } of blocks) {
    const counts = await probe.read(window.offset, window.length);
    const highest = highestInUse(counts, from, refcounts.refcountBits);
    if (highest === undefined) continue;
    return (index * clustersPerBlock(refcounts) + highest) * refcounts.clusterBytes;
  }
  return undefined;
}

const clustersPerBlock = ({ clusterBytes, refcountBits }: Refcounts): number => (clusterBytes * 8) / refcountBits;
const clustersInFile = (size: number, { clusterBytes }: Refcounts): number => Math.ceil(size / clusterBytes);
const firstBlockPastCut = (size: number, refcounts: Refcounts): number =>
  Math.floor(clustersInFile(size, refcounts) / clustersPerBlock(refcounts));

/** A block's counts from the byte on that holds the count `from`. */
function blockWindow(block: number, from: number, { clusterBytes, refcountBits }: Refcounts): Range {
  const start = Math.floor((from * refcountBits) / 8);
  return { offset: block + start, length: Math.min(BLOCK_WINDOW_BYTES, clusterBytes - start) };
}

interface RefcountBlock {
  readonly index: number;
  readonly offset: number;
}

/** The last blocks of the table that may count clusters past the end of the file, the very last first. */
async function lastBlocks(probe: Probe, refcounts: Refcounts): Promise<RefcountBlock[]> {
  const { offset, length } = refcountTableWindow(probe, refcounts);
  const table = await probe.read(offset, length);
  const from = (offset - refcounts.refcountTableOffset) / 8;
  const isEmpty = from === 0 && table.isZero(0, 8);
  probe.ledger.refuseIf(isEmpty, RULES.table, 'The qcow2 refcount table is empty: not even the header is in use.');
  const blocks: RefcountBlock[] = [];
  const first = Math.max(0, firstBlockPastCut(probe.size, refcounts) - from);
  const inUse = Math.ceil(lengthWithoutZeros(table.slice(0, length)) / 8);
  for (let place = inUse - 1; place >= first && blocks.length < MAX_BLOCKS; place--) {
    if (table.u32be(place * 8) === 0 && table.u32be(place * 8 + 4) === 0) continue;
    blocks.push({ index: from + place, offset: table.u64be(place * 8) });
  }
  return blocks;
}

/** The highest count that is not zero, at or after `from`, in counts that begin at the byte that holds `from`. */
function highestInUse(counts: Bytes, from: number, refcountBits: number): number | undefined {
  const start = Math.floor((from * refcountBits) / 8);
  const highestBit = lastBitSet(counts);
  const highest = highestBit < 0 ? -1 : Math.floor((start * 8 + highestBit) / refcountBits);
  return highest >= from ? highest : undefined;
}

/** Refcounts below 8 bits lie in their byte from the lowest bit up (specification, "Refcount blocks"). */
function lastBitSet(counts: Bytes): number {
  const bytes = counts.slice(0, counts.length);
  const index = lengthWithoutZeros(bytes) - 1;
  return index < 0 ? -1 : index * 8 + 31 - Math.clz32(bytes[index] ?? 0);
}
