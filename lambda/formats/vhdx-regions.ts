import { ImageDropError } from '../model/errors.ts';
import { Bytes } from './bytes.ts';
import { crc32cWithout } from './crc32c.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';
import { guidText } from './vhdx-guid.ts';

/** Where the first of the two region tables stands (MS-VHDX 2.2). */
export const REGION_TABLE_OFFSET = 0x30000;
const CRC_OFFSET = 4;
const MAX_ENTRIES = 2047;
const ENTRY_BYTES = 32;
const MIB = 1024 * 1024;
const METADATA = '8B7CA206-4790-4B9A-B8FE-575F050F886E';
const BLOCK_TABLE = '2DC27766-F623-4200-9D64-115E9BFD4A08';

export interface Region {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

export interface Regions {
  readonly metadata: Region;
  readonly blockTable: Region;
}

/** @param buffer the whole region table (MS-VHDX 2.2.3) */
export function parseRegions(buffer: Buffer, fileSize: number): Regions {
  const table = new Bytes(buffer, REGION_TABLE_OFFSET, fileSize);
  const count = table.u32le(8);
  const isSound = table.has(0, 'regi') && table.u32le(CRC_OFFSET) === crc32cWithout(buffer, CRC_OFFSET);
  refuseIf(!isSound || count > MAX_ENTRIES, 'corrupt-header', 'The checksum of the VHDX region table is wrong.');
  const regions = new Map<string, Region>();
  for (let index = 0; index < count; index++) {
    const entry = 16 + index * ENTRY_BYTES;
    const guid = guidText(table.slice(entry, 16));
    const region = { offset: table.u64le(entry + 16), length: table.u32le(entry + 24) };
    checkRegion(guid, region, { isRequired: table.u32le(entry + 28) !== 0, isRepeated: regions.has(guid) });
    refuseShorterThan(region.offset + region.length, fileSize, `the VHDX region ${guid}`);
    regions.set(guid, region);
  }
  return { metadata: required(regions, METADATA), blockTable: required(regions, BLOCK_TABLE) };
}

function checkRegion(guid: string, region: Region, entry: { isRequired: boolean; isRepeated: boolean }): void {
  const isKnown = guid === METADATA || guid === BLOCK_TABLE;
  refuseIf(entry.isRequired && !isKnown, 'unknown-feature', `The VHDX needs a region ${guid} that is not known here.`);
  refuseIf(
    entry.isRepeated || region.offset < MIB || region.offset % MIB !== 0,
    'corrupt-header',
    `The VHDX region ${guid} cannot be at byte ${region.offset}, or stands twice.`,
  );
}

function required(regions: ReadonlyMap<string, Region>, guid: string): Region {
  const region = regions.get(guid);
  if (region === undefined) throw new ImageDropError('corrupt-header', `The VHDX has no region ${guid}.`);
  return region;
}
