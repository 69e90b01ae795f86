import type { Format } from '../reading/format.ts';
import { BLOCK_TABLE_RULES, checkedBlocks, LIKELY_TABLE_BYTES } from './blocks.ts';
import { checkHeaders, VHDX_HEADER_RULES } from './headers.ts';
import { likelyMetadata, METADATA_RULES, readMetadata } from './metadata.ts';
import { checkedRegions, REGION_RULES } from './regions.ts';

/** From the first header to the end of the second region table (MS-VHDX 2.2). */
const HEADERS_OFFSET = 0x10000;
const HEADERS_BYTES = 0x40000;

/** Microsoft, [MS-VHDX]: Virtual Hard Disk v2 File Format. */
export const vhdx: Format = {
  name: 'vhdx',
  rules: [...VHDX_HEADER_RULES, ...REGION_RULES, ...METADATA_RULES, ...BLOCK_TABLE_RULES],
  matches: ({ head }) => head.has(0, 'vhdxfile'),
  async inspect(probe) {
    const { ledger } = probe;
    const headers = await probe.read(HEADERS_OFFSET, HEADERS_BYTES);
    checkHeaders(headers, ledger);
    const regions = checkedRegions(headers, HEADERS_OFFSET, ledger);
    const { metadata: region, blockTable } = regions;
    const { offset, length } = blockTable;
    await probe.prefetch([likelyMetadata(region), { offset, length: Math.min(length, LIKELY_TABLE_BYTES) }]);
    const metadata = await readMetadata(probe, region);
    const guest = await checkedBlocks(probe, regions, metadata);
    return { subformat: metadata.isFixed ? 'fixed' : 'dynamic', virtualSize: metadata.virtualSize, guest };
  },
};
