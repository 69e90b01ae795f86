import { ImageDropError } from '../model/errors.ts';
import type { Bytes } from './bytes.ts';
import type { Probe } from './probe.ts';

/**
 * How much of the refcount table and of a block is looked at. A writer allocates from the front, so what lies past a
 * cut follows close upon it; 128 KiB of table stand for 32 TiB of usual clusters.
 */
const WINDOW_BYTES = 128 * 1024;
/** How many blocks are looked at: trailing ones can be all zero where clusters were freed. */
const MAX_BLOCKS = 3;

interface Refcounts {
  readonly clusterBytes: number;
  readonly refcountBits: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
}

/**
 * A qcow2 file does not know its own length, but its refcounts know the highest cluster in use: a cut file has
 * clusters in use past its end. The last cluster may be partial.
 */
export async function refuseClustersPastTheEnd(probe: Probe, refcounts: Refcounts): Promise<void> {
  const { clusterBytes, refcountBits } = refcounts;
  const clustersPerBlock = (clusterBytes * 8) / refcountBits;
  const clustersInFile = Math.ceil(probe.size / clusterBytes);
  const firstBlock = Math.floor(clustersInFile / clustersPerBlock);
  for (const block of await lastBlocks(probe, refcounts, firstBlock)) {
    const from = block.index === firstBlock ? clustersInFile % clustersPerBlock : 0;
    const highest = await highestInUse(probe, refcounts, block.offset, from);
    if (highest === undefined) continue;
    const cluster = block.index * clustersPerBlock + highest;
    throw new ImageDropError(
      'truncated',
      `The file has ${probe.size} bytes, but its cluster ${cluster} at byte ${cluster * clusterBytes} is in use.`,
    );
  }
}

interface RefcountBlock {
  readonly index: number;
  readonly offset: number;
}

/** The last blocks of the table from a block on, the very last first. */
async function lastBlocks(probe: Probe, refcounts: Refcounts, firstBlock: number): Promise<RefcountBlock[]> {
  const { refcountTableOffset, refcountTableClusters, clusterBytes } = refcounts;
  const tableBytes = refcountTableClusters * clusterBytes;
  // Reading the table's first entry, too, shows that the table is there at all.
  const from = firstBlock * 8 < WINDOW_BYTES / 2 ? 0 : firstBlock * 8;
  const table = await probe.read(refcountTableOffset + from, Math.max(0, Math.min(WINDOW_BYTES, tableBytes - from)));
  if (from === 0 && table.isZero(0, 8)) {
    throw new ImageDropError('corrupt-header', 'The qcow2 refcount table is empty: not even the header is in use.');
  }
  return Array.from({ length: table.length / 8 }, (_, index) => ({ index: from / 8 + index, place: index * 8 }))
    .filter(({ index, place }) => index >= firstBlock && !table.isZero(place, 8))
    .slice(-MAX_BLOCKS)
    .reverse()
    .map(({ index, place }) => ({ index, offset: table.u64be(place) }));
}

/** The highest nonzero refcount of a block, at or after `from`. */
async function highestInUse(
  probe: Probe,
  { clusterBytes, refcountBits }: Refcounts,
  blockOffset: number,
  from: number,
): Promise<number | undefined> {
  const start = Math.floor((from * refcountBits) / 8);
  const block = await probe.read(blockOffset + start, Math.min(WINDOW_BYTES, clusterBytes - start));
  const highestBit = lastBitSet(block);
  const highest = highestBit < 0 ? -1 : Math.floor((start * 8 + highestBit) / refcountBits);
  return highest >= from ? highest : undefined;
}

/** Refcounts below 8 bits lie in their byte from the lowest bit up (specification, "Refcount blocks"). */
function lastBitSet(block: Bytes): number {
  const bytes = block.slice(0, block.length);
  const index = bytes.findLastIndex((byte) => byte !== 0);
  return index < 0 ? -1 : index * 8 + 31 - Math.clz32(bytes[index] ?? 0);
}
