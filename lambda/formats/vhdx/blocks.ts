import type { BlockMap } from '../reading/block-map.ts';
import type { Bytes } from '../reading/bytes.ts';
import type { Ledger } from '../reading/ledger.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import type { VhdxMetadata } from './metadata.ts';
import type { Region, Regions } from './regions.ts';

/** Enough for 32,768 blocks: 1 TiB of the usual 32 MiB. Further on, a missing end is not seen. */
const MAX_TABLE_BYTES = 256 * 1024;
/** What is fetched before the number of blocks is known; enough for 256 GiB of the usual blocks. */
export const LIKELY_TABLE_BYTES = 64 * 1024;
/** A payload block's state is in the low three bits of its entry (MS-VHDX 2.5.1.1). */
const STATE_BITS = 7;
const FULLY_PRESENT = 6;
/** Reserved, and partially present, which needs a parent. 5, reserved as well, was "unmapped" in drafts of the format. */
const IMPOSSIBLE_STATES = [4, 7];
const ENTRY_BYTES = 8;
const MIB = 1024 * 1024;
/** The header section (2.2). */
const HEADERS: Region = { offset: 0, length: MIB };

const RULES = {
  table: { code: 'corrupt-header', title: 'block table fits the disk', at: 'region table at 196608' },
  states: { code: 'corrupt-header', title: 'states of the blocks', at: 'block table' },
  places: { code: 'corrupt-header', title: 'blocks have places of their own', at: 'block table' },
  blocks: { code: 'truncated', title: 'blocks in use lie inside the file', at: 'block table' },
} as const satisfies Record<string, Rule>;

export const BLOCK_TABLE_RULES: readonly Rule[] = Object.values(RULES);

/** @returns the map of the blocks, when all that are looked at are in the file */
export async function checkedBlocks(probe: Probe, regions: Regions, metadata: VhdxMetadata): Promise<BlockMap> {
  const { virtualSize, blockBytes, logicalSectorBytes } = metadata;
  const { ledger } = probe;
  const table = regions.blockTable;
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
  checkBlocks(bytes, { entries, blocksPerChunk, blockBytes, lastBytes, regions }, ledger);
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

interface Layout {
  readonly entries: number;
  readonly blocksPerChunk: number;
  readonly blockBytes: number;
  /** Of the last block that the disk reaches. */
  readonly lastBytes: number;
  readonly regions: Regions;
}

function checkBlocks(table: Bytes, layout: Layout, ledger: Ledger): void {
  const { entries, blocksPerChunk, blockBytes, lastBytes, regions } = layout;
  const taken: readonly Region[] = [HEADERS, regions.metadata, regions.blockTable];
  let reach = 0;
  for (let index = 0; index < table.length / ENTRY_BYTES; index++) {
    // Sector bitmaps are not allocated without a parent (2.5), and no reader looks at their entries.
    if (index % (blocksPerChunk + 1) === blocksPerChunk) continue;
    refuseState(table.u32le(index * ENTRY_BYTES) & STATE_BITS, ledger);
    const offset = placeOf(table, index * ENTRY_BYTES);
    if (offset === undefined) continue;
    const end = offset + (index === entries - 1 ? lastBytes : blockBytes);
    const isOver = taken.some((region) => offset < region.offset + region.length && region.offset < end);
    ledger.refuseIf(isOver, RULES.places, `A block of the VHDX cannot be at byte ${offset}.`);
    reach = Math.max(reach, end);
  }
  ledger.pass(RULES.places);
  ledger.refuseShorterThan(reach, RULES.blocks, 'a data block of the VHDX');
}

function refuseState(state: number, ledger: Ledger): void {
  const message = `A block of the VHDX is in state ${state}, which no disk without a parent has.`;
  ledger.refuseIf(IMPOSSIBLE_STATES.includes(state), RULES.states, message);
}

/** The offset in MiB is in bits 20 to 63 of an entry; undefined where the block is not stored. */
function placeOf(table: Bytes, place: number): number | undefined {
  const low = table.u32le(place);
  if ((low & STATE_BITS) !== FULLY_PRESENT) return undefined;
  return Math.floor(low / 2 ** 20) * MIB + table.u32le(place + 4) * 2 ** 12 * MIB;
}
