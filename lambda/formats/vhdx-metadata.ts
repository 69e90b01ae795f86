import type { Bytes } from './bytes.ts';
import type { Probe } from './probe.ts';
import { isPowerOfTwo, refuseIf } from './refuse.ts';
import { guidText } from './vhdx-guid.ts';
import type { Region } from './vhdx-regions.ts';

/** The table fills the first 64 KiB of its region; the items follow it (MS-VHDX 2.6.1). */
const TABLE_BYTES = 65536;
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

export interface VhdxMetadata {
  readonly virtualSize: number;
  readonly blockBytes: number;
  readonly logicalSectorBytes: number;
  readonly isFixed: boolean;
}

export async function readMetadata(probe: Probe, region: Region): Promise<VhdxMetadata> {
  refuseIf(region.length < TABLE_BYTES, 'corrupt-header', `The VHDX metadata region has only ${region.length} bytes.`);
  const table = await probe.read(region.offset, TABLE_BYTES);
  const places = parseTable(table, region);
  const start = Math.min(...places.values());
  const end = Math.max(...places.values()) + 8;
  refuseIf(
    start < TABLE_BYTES || end > region.length || end - start > TABLE_BYTES,
    'corrupt-header',
    `The VHDX metadata items at ${start} to ${end} are not inside their region of ${region.length} bytes.`,
  );
  const items = await probe.read(region.offset + start, end - start);
  const placeOf = (guid: string): number => (places.get(guid) ?? 0) - start;
  return checkedMetadata({
    virtualSize: items.u64le(placeOf(VIRTUAL_DISK_SIZE)),
    blockBytes: items.u32le(placeOf(FILE_PARAMETERS)),
    flags: items.u32le(placeOf(FILE_PARAMETERS) + 4),
    logicalSectorBytes: items.u32le(placeOf(LOGICAL_SECTOR_SIZE)),
  });
}

/** The offsets, in the region, of the items that are read. */
function parseTable(table: Bytes, region: Region): Map<string, number> {
  const count = table.u16le(10);
  refuseIf(
    !table.has(0, 'metadata') || count > MAX_ENTRIES,
    'corrupt-header',
    `The VHDX has no metadata table at byte ${region.offset}.`,
  );
  const places = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const entry = 32 + index * ENTRY_BYTES;
    const guid = guidText(table.slice(entry, 16));
    refuseIf(guid === PARENT_LOCATOR, 'parent-image', 'The VHDX names a parent image.');
    if (!(guid in ITEM_BYTES)) {
      refuseUnknown(guid, table.u32le(entry + 24));
      continue;
    }
    refuseIf(
      places.has(guid) || table.u32le(entry + 20) !== ITEM_BYTES[guid],
      'corrupt-header',
      `The VHDX metadata item ${guid} stands twice or has ${table.u32le(entry + 20)} bytes.`,
    );
    places.set(guid, table.u32le(entry + 16));
  }
  refuseIf(
    places.size < Object.keys(ITEM_BYTES).length,
    'corrupt-header',
    'The VHDX lacks metadata that every one has.',
  );
  return places;
}

function refuseUnknown(guid: string, flags: number): void {
  const isRequired = (flags & IS_REQUIRED) !== 0 && !IGNORED.includes(guid);
  refuseIf(isRequired, 'unknown-feature', `The VHDX needs a metadata item ${guid} that is not known here.`);
}

function checkedMetadata(items: Omit<VhdxMetadata, 'isFixed'> & { flags: number }): VhdxMetadata {
  const { flags, ...metadata } = items;
  const { virtualSize, blockBytes, logicalSectorBytes } = metadata;
  refuseIf((flags & HAS_PARENT) !== 0, 'parent-image', 'The VHDX holds only the differences to a parent image.');
  refuseIf(flags > HAS_PARENT + LEAVE_ALLOCATED, 'unknown-feature', `The VHDX has file flags 0x${flags.toString(16)}.`);
  refuseIf(
    !isPowerOfTwo(blockBytes, MIB, 256 * MIB) || (logicalSectorBytes !== 512 && logicalSectorBytes !== 4096),
    'corrupt-header',
    `VHDX blocks of ${blockBytes} bytes with sectors of ${logicalSectorBytes} bytes are not possible.`,
  );
  refuseIf(
    virtualSize === 0 || virtualSize > MAX_DISK_BYTES || virtualSize % logicalSectorBytes !== 0,
    'corrupt-header',
    `A VHDX cannot have ${virtualSize} bytes.`,
  );
  return { ...metadata, isFixed: flags === LEAVE_ALLOCATED };
}
