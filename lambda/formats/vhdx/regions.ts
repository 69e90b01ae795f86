import { isDeepStrictEqual } from 'node:util';
import { Bytes, guidText } from '../reading/bytes.ts';
import { crc32cWithout } from '../reading/crc32c.ts';
import type { Ledger } from '../reading/ledger.ts';
import { type Notice, Refusal, type Rule } from '../reading/rule.ts';

/** Where the two region tables stand (MS-VHDX 2.2). */
const TABLE_OFFSETS = [0x30000, 0x40000];
const TABLE_BYTES = 0x10000;
const CRC_OFFSET = 4;
const MAX_ENTRIES = 2047;
const ENTRY_BYTES = 32;
const MIB = 1024 * 1024;
const METADATA = '8B7CA206-4790-4B9A-B8FE-575F050F886E';
const BLOCK_TABLE = '2DC27766-F623-4200-9D64-115E9BFD4A08';

const TABLES = 'region tables at 196608 and 262144';

const RULES = {
  checksum: { code: 'corrupt-header', title: 'checksum of a region table', at: 'u32 at 196612 or 262148' },
  same: { code: 'corrupt-header', title: 'both region tables name the same regions', at: TABLES },
  known: { code: 'unknown-feature', title: 'required regions are known', at: TABLES },
  places: { code: 'corrupt-header', title: 'regions lie at whole MiB, each once', at: TABLES },
  apart: { code: 'corrupt-header', title: 'regions do not lie over each other', at: TABLES },
  insideFile: { code: 'truncated', title: 'regions lie inside the file', at: TABLES },
  complete: { code: 'corrupt-header', title: 'metadata and block table are named', at: TABLES },
} as const satisfies Record<string, Rule>;

const BOTH_TABLES: Notice = { code: 'damaged-copy', title: 'both region tables are sound', at: TABLES };

export const REGION_RULES: readonly (Rule | Notice)[] = [...Object.values(RULES), BOTH_TABLES];

export interface Region {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

export interface Regions {
  readonly metadata: Region;
  readonly blockTable: Region;
}

/**
 * One copy of the region table must be sound; where both are, they must name the same regions, since readers may use
 * either (MS-VHDX 2.2.3). QEMU reads the first one only.
 * @param headers bytes of the file that hold both tables
 * @param origin of these bytes in the file
 */
export function checkedRegions(headers: Bytes, origin: number, ledger: Ledger): Regions {
  const tables = TABLE_OFFSETS.map((offset) => ({ offset, bytes: headers.slice(offset - origin, TABLE_BYTES) }));
  const sound = tables.filter(({ offset, bytes }) => isSound(new Bytes(bytes, offset, offset + bytes.length), bytes));
  ledger.refuseIf(sound.length === 0, RULES.checksum, 'The checksums of both VHDX region tables are wrong.');
  warnOfDamage(
    sound.map(({ offset }) => offset),
    ledger,
  );
  const [first = NO_REGIONS, second = first] = sound.map(({ offset, bytes }) => parseTable(bytes, offset, ledger));
  const isSame = isDeepStrictEqual(first, second);
  ledger.refuseIf(!isSame, RULES.same, 'The two VHDX region tables name different regions.');
  refuseOverlap([...first.values()], ledger);
  for (const [guid, { offset, length }] of first) {
    ledger.refuseShorterThan(offset + length, RULES.insideFile, `the VHDX region ${guid}`);
  }
  const found = { metadata: required(first, METADATA), blockTable: required(first, BLOCK_TABLE) };
  ledger.pass(RULES.complete);
  return found;
}

type RegionMap = ReadonlyMap<string, Region>;
const NO_REGIONS: RegionMap = new Map();

function isSound(bytes: Bytes, table: Buffer): boolean {
  const hasChecksum = bytes.has(0, 'regi') && bytes.u32le(CRC_OFFSET) === crc32cWithout(table, CRC_OFFSET);
  return hasChecksum && bytes.u32le(8) <= MAX_ENTRIES;
}

function warnOfDamage(sound: readonly number[], ledger: Ledger): void {
  const isFirst = sound[0] !== TABLE_OFFSETS[0];
  const advice = isFirst ? ' QEMU reads the damaged one only: repair the file with Hyper-V or convert it there.' : '';
  const message = `One of the two VHDX region tables is damaged; the other is sound.${advice}`;
  ledger.warnIf(sound.length < TABLE_OFFSETS.length, BOTH_TABLES, message);
}

function parseTable(table: Buffer, tableOffset: number, ledger: Ledger): RegionMap {
  const bytes = new Bytes(table, tableOffset, tableOffset + table.length);
  const count = bytes.u32le(8);
  const regions = new Map<string, Region>();
  for (let index = 0; index < count; index++) {
    const entry = 16 + index * ENTRY_BYTES;
    const guid = guidText(bytes.slice(entry, 16));
    const region = { offset: bytes.u64le(entry + 16), length: bytes.u32le(entry + 24) };
    const how = { isRequired: bytes.u32le(entry + 28) !== 0, isRepeated: regions.has(guid) };
    checkRegion({ guid, ...how }, region, ledger);
    regions.set(guid, region);
  }
  return regions;
}

/** MS-VHDX 2.2.3.2; an empty region overlaps none. */
function refuseOverlap(regions: readonly Region[], ledger: Ledger): void {
  const inOrder = regions.filter(({ length }) => length > 0).sort((one, other) => one.offset - other.offset);
  let end = 0;
  for (const { offset, length } of inOrder) {
    ledger.refuseIf(offset < end, RULES.apart, `The VHDX region at ${offset} begins before another has ended.`);
    end = offset + length;
  }
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
    `The VHDX region ${guid} cannot be at byte ${region.offset}, or occurs twice.`,
  );
}

function required(regions: ReadonlyMap<string, Region>, guid: string): Region {
  const region = regions.get(guid);
  if (region === undefined) throw new Refusal(RULES.complete, `The VHDX has no region ${guid}.`);
  return region;
}
