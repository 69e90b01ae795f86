import type { Format } from './format.ts';
import { BLOCK_TABLE_RULES, checkedBlocks, LIKELY_TABLE_BYTES } from './vhdx-blocks.ts';
import { checkHeaders, VHDX_HEADER_RULES } from './vhdx-headers.ts';
import { likelyMetadata, METADATA_RULES, readMetadata } from './vhdx-metadata.ts';
import { parseRegions, REGION_RULES, REGION_TABLE_OFFSET } from './vhdx-regions.ts';

/** From the first header to the end of the first region table (MS-VHDX 2.2). */
const HEADERS_OFFSET = 0x10000;
const HEADERS_BYTES = 0x30000;

/** Microsoft, [MS-VHDX]: Virtual Hard Disk v2 File Format. */
export const vhdx: Format = {
  name: 'vhdx',
  rules: [...VHDX_HEADER_RULES, ...REGION_RULES, ...METADATA_RULES, ...BLOCK_TABLE_RULES],
  matches: ({ head }) => head.has(0, 'vhdxfile'),
  async inspect(probe) {
    const { size, ledger } = probe;
    const headers = await probe.read(HEADERS_OFFSET, HEADERS_BYTES);
    checkHeaders(headers, ledger);
    const regionTable = headers.slice(REGION_TABLE_OFFSET - HEADERS_OFFSET, HEADERS_OFFSET);
    const { metadata: region, blockTable } = parseRegions(regionTable, size, ledger);
    const { offset, length } = blockTable;
    await probe.prefetch([likelyMetadata(region), { offset, length: Math.min(length, LIKELY_TABLE_BYTES) }]);
    const metadata = await readMetadata(probe, region);
    const guest = await checkedBlocks(probe, blockTable, metadata);
    return { subformat: metadata.isFixed ? 'fixed' : 'dynamic', virtualSize: metadata.virtualSize, guest };
  },
};
