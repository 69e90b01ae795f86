import type { BlockMap } from './block-map.ts';
import type { Bytes } from './bytes.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import type { VhdxMetadata } from './vhdx-metadata.ts';
import type { Region } from './vhdx-regions.ts';

/** Enough for 32,768 blocks: 1 TiB of the usual 32 MiB. Further on, a missing end is not seen. */
const MAX_TABLE_BYTES = 256 * 1024;
/** What is fetched before the number of blocks is known; enough for 256 GiB of the usual blocks. */
export const LIKELY_TABLE_BYTES = 64 * 1024;
/** A payload block's state stands in the low three bits of its entry (MS-VHDX 2.5.1). */
const FULLY_PRESENT = 6;
const ENTRY_BYTES = 8;
const MIB = 1024 * 1024;

const RULES = {
  table: { code: 'corrupt-header', title: 'block table fits the disk', at: 'region table at 196608' },
  blocks: { code: 'truncated', title: 'blocks in use lie inside the file', at: 'block table' },
} as const satisfies Record<string, Rule>;

export const BLOCK_TABLE_RULES: readonly Rule[] = Object.values(RULES);

/** @returns the map of the blocks, when all that are looked at are in the file */
export async function checkedBlocks(probe: Probe, table: Region, metadata: VhdxMetadata): Promise<BlockMap> {
  const { virtualSize, blockBytes, logicalSectorBytes } = metadata;
  const { ledger } = probe;
  const blocks = Math.ceil(virtualSize / blockBytes);
  // An entry for a sector bitmap follows each chunk (2.5).
  const blocksPerChunk = (2 ** 23 * logicalSectorBytes) / blockBytes;
  const entries = blocks + Math.floor((blocks - 1) / blocksPerChunk);
  ledger.refuseIf(
    entries * ENTRY_BYTES > table.length,
    RULES.table,
    `The VHDX block table has ${table.length} bytes; a disk of ${virtualSize} bytes needs ${entries * ENTRY_BYTES}.`,
  );
  const bytes = await probe.read(table.offset, Math.min(entries * ENTRY_BYTES, MAX_TABLE_BYTES));
  const lastBytes = virtualSize - (blocks - 1) * blockBytes;
  ledger.refuseShorterThan(
    endOfBlocks(bytes, { entries, blockBytes, lastBytes }),
    RULES.blocks,
    'a data block of the VHDX',
  );
  return {
    blockBytes,
    sectorBytes: logicalSectorBytes,
    async locate(first, count) {
      return Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const block = first + index;
          const entry = block + Math.floor(block / blocksPerChunk);
          const offset = placeOf(await probe.read(table.offset + entry * ENTRY_BYTES, ENTRY_BYTES), 0);
          return offset === undefined ? undefined : { offset };
        }),
      );
    },
  };
}

/** @param lastBytes of the last block that the disk reaches */
function endOfBlocks(
  table: Bytes,
  { entries, blockBytes, lastBytes }: { entries: number; blockBytes: number; lastBytes: number },
): number {
  let end = 0;
  for (let index = 0; index < table.length / ENTRY_BYTES; index++) {
    const offset = placeOf(table, index * ENTRY_BYTES);
    if (offset !== undefined) end = Math.max(end, offset + (index === entries - 1 ? lastBytes : blockBytes));
  }
  return end;
}

/** The offset in MiB stands in bits 20 to 63 of an entry; undefined where the block is not stored. */
function placeOf(table: Bytes, place: number): number | undefined {
  const low = table.u32le(place);
  if ((low & 7) !== FULLY_PRESENT) return undefined;
  return Math.floor(low / 2 ** 20) * MIB + table.u32le(place + 4) * 2 ** 12 * MIB;
}
