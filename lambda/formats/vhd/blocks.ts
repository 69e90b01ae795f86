import type { BlockMap } from '../reading/block-map.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import type { VhdFooter } from './footer.ts';

/** Enough for 131,072 blocks: 256 GiB of the usual 2 MiB. Further on, a missing end is not seen. */
const MAX_TABLE_BYTES = 512 * 1024;
const ENTRY_BYTES = 4;
const SECTOR_BYTES = 512;
const NOT_STORED = 0xffffffff;

const RULES = {
  places: { code: 'corrupt-header', title: 'blocks have places of their own', at: 'block table' },
  all: { code: 'truncated', title: 'without a footer, the whole block table is looked at', at: 'block table' },
  insideFile: { code: 'truncated', title: 'blocks in use lie inside the file', at: 'block table' },
} as const satisfies Record<string, Rule>;

export const VHD_BLOCK_RULES: readonly Rule[] = Object.values(RULES);

/** Bytes of the file from `offset` to before `end`. */
interface Extent {
  readonly offset: number;
  readonly end: number;
}

export interface BlockTable {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly blockBytes: number;
  /** Headers and tables, where no block can be. */
  readonly taken: readonly Extent[];
}

/** Each block follows a bitmap of its sectors ("Block Allocation Table and Data Blocks"). */
const bitmapBytes = ({ blockBytes }: BlockTable): number =>
  Math.ceil(blockBytes / SECTOR_BYTES / 8 / SECTOR_BYTES) * SECTOR_BYTES;

/** The footer is found at the end of a file however much is missing before it: only the blocks tell. */
export async function checkBlocks(
  probe: Probe,
  table: BlockTable,
  { virtualSize, footerBytes }: Pick<VhdFooter, 'virtualSize' | 'footerBytes'>,
): Promise<void> {
  const { ledger } = probe;
  const blocks = Math.ceil(virtualSize / table.blockBytes);
  const length = Math.min(blocks * ENTRY_BYTES, MAX_TABLE_BYTES);
  const isUnsure = footerBytes === 0 && length < blocks * ENTRY_BYTES;
  ledger.refuseIf(isUnsure, RULES.all, 'The VHD has no footer in its last 512 bytes: the end is missing.');
  const entries = await probe.read(table.offset, length);
  const storedBytes = bitmapBytes(table) + table.blockBytes;
  let end = 0;
  for (let place = 0; place < length; place += ENTRY_BYTES) {
    const sector = entries.u32be(place);
    if (sector === NOT_STORED) continue;
    const block = { offset: sector * SECTOR_BYTES, end: sector * SECTOR_BYTES + storedBytes };
    const isOver = table.taken.some((taken) => block.offset < taken.end && taken.offset < block.end);
    ledger.refuseIf(isOver, RULES.places, `A block of the VHD cannot be at byte ${block.offset}.`);
    end = Math.max(end, block.end);
  }
  ledger.pass(RULES.places);
  ledger.refuseShorterThan(end + footerBytes, RULES.insideFile, 'the last block of the VHD with the footer behind it');
}

/** In a disk without a parent, what was not written is zeros, and the bitmaps say nothing more. */
export function vhdBlocks(probe: Probe, table: BlockTable): BlockMap {
  return {
    blockBytes: table.blockBytes,
    async locate(first, count) {
      const entries = await probe.read(table.offset + first * ENTRY_BYTES, count * ENTRY_BYTES);
      return Array.from({ length: count }, (_, index) => {
        const sector = entries.u32be(index * ENTRY_BYTES);
        return sector === NOT_STORED ? undefined : { offset: sector * SECTOR_BYTES + bitmapBytes(table) };
      });
    },
  };
}
