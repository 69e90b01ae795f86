import type { BlockMap } from './block-map.ts';
import type { Probe } from './probe.ts';

const ENTRY_BYTES = 4;
const SECTOR_BYTES = 512;
const NOT_STORED = 0xffffffff;

/**
 * Virtual Hard Disk Image Format Specification 1.0, "Block Allocation Table and Data Blocks": each block follows a
 * bitmap of its sectors, which only a differencing disk needs; in the others what was not written is zeros.
 * @param table bytes from the start of the file
 */
export function vhdBlocks(probe: Probe, table: number, blockBytes: number): BlockMap {
  const bitmapBytes = Math.ceil(blockBytes / SECTOR_BYTES / 8 / SECTOR_BYTES) * SECTOR_BYTES;
  return {
    blockBytes,
    async locate(first, count) {
      const entries = await probe.read(table + first * ENTRY_BYTES, count * ENTRY_BYTES);
      return Array.from({ length: count }, (_, index) => {
        const sector = entries.u32be(index * ENTRY_BYTES);
        return sector === NOT_STORED ? undefined : { offset: sector * SECTOR_BYTES + bitmapBytes };
      });
    },
  };
}
