import type { Range } from '../reading/bounded-reads.ts';
import type { Bytes } from '../reading/bytes.ts';
import { guidText, isPowerOfTwo } from '../reading/bytes.ts';
import type { Ledger } from '../reading/ledger.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import type { Region } from './regions.ts';

/** The table fills the first 64 KiB of its region; the items follow it (MS-VHDX 2.6.1). */
const TABLE_BYTES = 65536;
/** Writers put the few items right behind the table. */
const LIKELY_ITEM_BYTES = 4096;
const MAX_ENTRIES = 2047;
const ENTRY_BYTES = 32;
const IS_REQUIRED = 4;
const MIB = 1024 * 1024;
const MAX_DISK_BYTES = 64 * 1024 ** 4;
/** File parameters: leave blocks allocated (a fixed disk); has a parent. */
const LEAVE_ALLOCATED = 1;
const HAS_PARENT = 2;

const FILE_PARAMETERS = 'CAA16737-FA36-4D43-B3B6-33F0AA44E76B';
const VIRTUAL_DISK_SIZE = '2FA54224-CD1B-4876-B211-5DBED83BF4B8';
const LOGICAL_SECTOR_SIZE = '8141BF1D-A96F-4709-BA47-F233A8FAAB5F';
const PARENT_LOCATOR = 'A8D35F2D-B30B-454D-ABF7-D3D84834AB0C';
/** Page 83 data and physical sector size say nothing that matters here. */
const IGNORED = ['BECA12AB-B2E6-4523-93EF-C309E000C746', 'CDA348C7-445D-4471-9CC9-E9885251C556'];
/** Bytes of each item that is read. */
const ITEM_BYTES: Readonly<Record<string, number>> = {
  [FILE_PARAMETERS]: 8,
  [VIRTUAL_DISK_SIZE]: 8,
  [LOGICAL_SECTOR_SIZE]: 4,
};

const RULES = {
  region: { code: 'corrupt-header', title: 'metadata region holds its table', at: 'region table at 196608' },
  table: { code: 'corrupt-header', title: 'metadata table', at: 'start of the metadata region' },
  parentLocator: { code: 'parent-image', title: 'locator of a parent', at: 'metadata table' },
  known: { code: 'unknown-feature', title: 'required metadata items are known', at: 'metadata table' },
  items: { code: 'corrupt-header', title: 'metadata items stand once, each of its size', at: 'metadata table' },
  complete: { code: 'corrupt-header', title: 'metadata are complete', at: 'metadata table' },
  places: { code: 'corrupt-header', title: 'metadata items lie inside their region', at: 'metadata table' },
  parent: { code: 'parent-image', title: 'mark of a parent', at: 'file parameters bit 1' },
  flags: { code: 'unknown-feature', title: 'file flags are known', at: 'file parameters' },
  sizes: { code: 'corrupt-header', title: 'sizes of blocks and sectors', at: 'file parameters, logical sector size' },
  size: { code: 'corrupt-header', title: 'size of the disk', at: 'virtual disk size' },
} as const satisfies Record<string, Rule>;

export const METADATA_RULES: readonly Rule[] = Object.values(RULES);

export interface VhdxMetadata {
  readonly virtualSize: number;
  readonly blockBytes: number;
  readonly logicalSectorBytes: number;
  readonly isFixed: boolean;
}

/** What `readMetadata` will most likely read. */
export const likelyMetadata = ({ offset }: Region): Range => ({ offset, length: TABLE_BYTES + LIKELY_ITEM_BYTES });

export async function readMetadata(probe: Probe, region: Region): Promise<VhdxMetadata> {
  const { ledger } = probe;
  ledger.refuseIf(
    region.length < TABLE_BYTES,
    RULES.region,
    `The VHDX metadata region has only ${region.length} bytes.`,
  );
  const table = await probe.read(region.offset, TABLE_BYTES);
  const places = parseTable(table, region, ledger);
  const start = Math.min(...places.values());
  const end = Math.max(...places.values()) + 8;
  ledger.refuseIf(
    start < TABLE_BYTES || end > region.length || end - start > TABLE_BYTES,
    RULES.places,
    `The VHDX metadata items at ${start} to ${end} are not inside their region of ${region.length} bytes.`,
  );
  const items = await probe.read(region.offset + start, end - start);
  const placeOf = (guid: string): number => (places.get(guid) ?? 0) - start;
  const flags = items.u32le(placeOf(FILE_PARAMETERS) + 4);
  checkFlags(flags, ledger);
  const metadata = {
    virtualSize: items.u64le(placeOf(VIRTUAL_DISK_SIZE)),
    blockBytes: items.u32le(placeOf(FILE_PARAMETERS)),
    logicalSectorBytes: items.u32le(placeOf(LOGICAL_SECTOR_SIZE)),
    isFixed: flags === LEAVE_ALLOCATED,
  };
  checkSizes(metadata, ledger);
  return metadata;
}

/** The offsets, in the region, of the items that are read. */
function parseTable(table: Bytes, region: Region, ledger: Ledger): Map<string, number> {
  const count = table.u16le(10);
  ledger.refuseIf(
    !table.has(0, 'metadata') || count > MAX_ENTRIES,
    RULES.table,
    `The VHDX has no metadata table at byte ${region.offset}.`,
  );
  const places = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const entry = 32 + index * ENTRY_BYTES;
    const guid = guidText(table.slice(entry, 16));
    ledger.refuseIf(guid === PARENT_LOCATOR, RULES.parentLocator, 'The VHDX names a parent image.');
    if (!(guid in ITEM_BYTES)) {
      refuseUnknown(guid, table.u32le(entry + 24), ledger);
      continue;
    }
    ledger.refuseIf(
      places.has(guid) || table.u32le(entry + 20) !== ITEM_BYTES[guid],
      RULES.items,
      `The VHDX metadata item ${guid} occurs twice or has ${table.u32le(entry + 20)} bytes.`,
    );
    places.set(guid, table.u32le(entry + 16));
  }
  const isComplete = places.size === Object.keys(ITEM_BYTES).length;
  ledger.refuseIf(!isComplete, RULES.complete, 'The VHDX lacks metadata that every one has.');
  return places;
}

function refuseUnknown(guid: string, flags: number, ledger: Ledger): void {
  const isRequired = (flags & IS_REQUIRED) !== 0 && !IGNORED.includes(guid);
  ledger.refuseIf(isRequired, RULES.known, `The VHDX needs a metadata item ${guid} that is not known here.`);
}

function checkFlags(flags: number, ledger: Ledger): void {
  const hasParent = (flags & HAS_PARENT) !== 0;
  ledger.refuseIf(hasParent, RULES.parent, 'The VHDX holds only the differences to a parent image.');
  const isUnknown = flags > HAS_PARENT + LEAVE_ALLOCATED;
  ledger.refuseIf(isUnknown, RULES.flags, `The VHDX has file flags 0x${flags.toString(16)}.`);
}

function checkSizes({ virtualSize, blockBytes, logicalSectorBytes }: VhdxMetadata, ledger: Ledger): void {
  ledger.refuseIf(
    !isPowerOfTwo(blockBytes, MIB, 256 * MIB) || (logicalSectorBytes !== 512 && logicalSectorBytes !== 4096),
    RULES.sizes,
    `VHDX blocks of ${blockBytes} bytes with sectors of ${logicalSectorBytes} bytes are not possible.`,
  );
  ledger.refuseIf(
    virtualSize === 0 || virtualSize > MAX_DISK_BYTES || virtualSize % logicalSectorBytes !== 0,
    RULES.size,
    `A VHDX cannot have ${virtualSize} bytes.`,
  );
}
