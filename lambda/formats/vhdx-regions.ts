import { Bytes } from './bytes.ts';
import { crc32cWithout } from './crc32c.ts';
import { guidText } from './guid.ts';
import type { Ledger } from './ledger.ts';
import { Refusal, type Rule } from './rule.ts';

/** Where the first of the two region tables stands (MS-VHDX 2.2). */
export const REGION_TABLE_OFFSET = 0x30000;
const CRC_OFFSET = 4;
const MAX_ENTRIES = 2047;
const ENTRY_BYTES = 32;
const MIB = 1024 * 1024;
const METADATA = '8B7CA206-4790-4B9A-B8FE-575F050F886E';
const BLOCK_TABLE = '2DC27766-F623-4200-9D64-115E9BFD4A08';

const RULES = {
  checksum: { code: 'corrupt-header', title: 'checksum of the region table', at: 'u32 at 196612' },
  known: { code: 'unknown-feature', title: 'required regions are known', at: 'region table at 196608' },
  places: { code: 'corrupt-header', title: 'regions lie at whole MiB, each once', at: 'region table at 196608' },
  insideFile: { code: 'truncated', title: 'regions lie inside the file', at: 'region table at 196608' },
  complete: { code: 'corrupt-header', title: 'metadata and block table are named', at: 'region table at 196608' },
} as const satisfies Record<string, Rule>;

export const REGION_RULES: readonly Rule[] = Object.values(RULES);

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
export function parseRegions(buffer: Buffer, fileSize: number, ledger: Ledger): Regions {
  const table = new Bytes(buffer, REGION_TABLE_OFFSET, fileSize);
  const count = table.u32le(8);
  const isSound = table.has(0, 'regi') && table.u32le(CRC_OFFSET) === crc32cWithout(buffer, CRC_OFFSET);
  const isUsable = isSound && count <= MAX_ENTRIES;
  ledger.refuseIf(!isUsable, RULES.checksum, 'The checksum of the VHDX region table is wrong.');
  const regions = new Map<string, Region>();
  for (let index = 0; index < count; index++) {
    const entry = 16 + index * ENTRY_BYTES;
    const guid = guidText(table.slice(entry, 16));
    const region = { offset: table.u64le(entry + 16), length: table.u32le(entry + 24) };
    const how = { isRequired: table.u32le(entry + 28) !== 0, isRepeated: regions.has(guid) };
    checkRegion({ guid, ...how }, region, ledger);
    ledger.refuseShorterThan(region.offset + region.length, RULES.insideFile, `the VHDX region ${guid}`);
    regions.set(guid, region);
  }
  const found = { metadata: required(regions, METADATA), blockTable: required(regions, BLOCK_TABLE) };
  ledger.pass(RULES.complete);
  return found;
}

function checkRegion(
  { guid, isRequired, isRepeated }: { guid: string; isRequired: boolean; isRepeated: boolean },
  region: Region,
  ledger: Ledger,
): void {
  const isKnown = guid === METADATA || guid === BLOCK_TABLE;
  const message = `The VHDX needs a region ${guid} that is not known here.`;
  ledger.refuseIf(isRequired && !isKnown, RULES.known, message);
  ledger.refuseIf(
    isRepeated || region.offset < MIB || region.offset % MIB !== 0,
    RULES.places,
    `The VHDX region ${guid} cannot be at byte ${region.offset}, or stands twice.`,
  );
}

function required(regions: ReadonlyMap<string, Region>, guid: string): Region {
  const region = regions.get(guid);
  if (region === undefined) throw new Refusal(RULES.complete, `The VHDX has no region ${guid}.`);
  return region;
}
