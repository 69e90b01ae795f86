import { type Format, foundImage } from './format.ts';
import type { Probe } from './probe.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';
import { checkHeaders } from './vhdx-headers.ts';
import { readMetadata, type VhdxMetadata } from './vhdx-metadata.ts';
import { parseRegions, REGION_TABLE_OFFSET, type Region } from './vhdx-regions.ts';

/** From the first header to the end of the first region table (MS-VHDX 2.2). */
const HEADERS_OFFSET = 0x10000;
const HEADERS_BYTES = 0x30000;
/** Enough for 32,768 blocks: 1 TiB of the usual 32 MiB. Further on, a missing end is not seen. */
const MAX_TABLE_BYTES = 256 * 1024;
/** A payload block's state stands in the low three bits of its entry (2.5.1). */
const FULLY_PRESENT = 6;
const MIB = 1024 * 1024;

/** Microsoft, [MS-VHDX]: Virtual Hard Disk v2 File Format. */
export const vhdx: Format = {
  name: 'vhdx',
  matches: ({ head }) => head.has(0, 'vhdxfile'),
  async inspect(probe) {
    const headers = await probe.read(HEADERS_OFFSET, HEADERS_BYTES);
    checkHeaders(headers);
    const regions = parseRegions(headers.slice(REGION_TABLE_OFFSET - HEADERS_OFFSET, HEADERS_OFFSET), probe.size);
    const metadata = await readMetadata(probe, regions.metadata);
    await checkBlocks(probe, regions.blockTable, metadata);
    const subformat = metadata.isFixed ? 'fixed' : 'dynamic';
    return foundImage('vhdx', metadata.virtualSize, { subformat });
  },
};

async function checkBlocks(probe: Probe, table: Region, metadata: VhdxMetadata): Promise<void> {
  const { virtualSize, blockBytes, logicalSectorBytes } = metadata;
  const blocks = Math.ceil(virtualSize / blockBytes);
  // An entry for a sector bitmap follows each chunk (2.5).
  const blocksPerChunk = (2 ** 23 * logicalSectorBytes) / blockBytes;
  const entries = blocks + Math.floor((blocks - 1) / blocksPerChunk);
  refuseIf(
    entries * 8 > table.length,
    'corrupt-header',
    `The VHDX block table has ${table.length} bytes; a disk of ${virtualSize} bytes needs ${entries * 8}.`,
  );
  const bytes = await probe.read(table.offset, Math.min(entries * 8, MAX_TABLE_BYTES));
  for (let index = 0; index < bytes.length / 8; index++) {
    const state = bytes.u8(index * 8) & 7;
    if (state !== FULLY_PRESENT) continue;
    // The offset in MiB stands in bits 20 to 63.
    const offset = Math.floor(bytes.u32le(index * 8) / 2 ** 20) * MIB + bytes.u32le(index * 8 + 4) * 2 ** 12 * MIB;
    const isLast = index === entries - 1;
    const length = isLast ? virtualSize - (blocks - 1) * blockBytes : blockBytes;
    refuseShorterThan(offset + length, probe.size, 'a data block of the VHDX');
  }
}
