import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { patched, u64le } from '../images/patched.ts';
import { DISK } from '../images/samples.ts';
import { SparseFile } from '../images/sparse-file.ts';
import { guidBytes, type VhdxOptions, vhdxImage } from '../images/vhdx.ts';
import { type Acceptance, accepted, type CorpusEntry, type CorpusGroup, refused } from './entry.ts';

const MIB = 1024 * 1024;
const TIB = 1024 ** 4;
/** Offsets of items in the metadata region. */
const [FILE_PARAMETERS, DISK_SIZE, SECTOR_SIZE] = [65536, 65536 + 16, 65536 + 48];
const PARENT_LOCATOR = guidBytes('A8D35F2D-B30B-454D-ABF7-D3D84834AB0C');
const UNKNOWN = guidBytes('00112233-4455-6677-8899-AABBCCDDEEFF');
const image = vhdxImage(DISK);

/** The zeros that fill up the last block are not missed. */
const SOUND: Acceptance = {
  format: 'vhdx',
  subformat: 'dynamic',
  virtualSize: DISK.length,
  unnoticedBytes: MIB - DISK.length,
};
/** Nothing behind the block table is in use. */
const EMPTY: Acceptance = { ...SOUND, virtualSize: MIB, unnoticedBytes: 0 };

const metadata = (change: (region: Buffer) => void): VhdxOptions => ({ metadata: change });
const regions = (change: (table: Buffer) => void): VhdxOptions => ({ regions: change });
const headers = (change: (header: Buffer, number: 1 | 2) => void): VhdxOptions => ({ header: change });
const empty = (options?: VhdxOptions) => () => vhdxImage(Buffer.alloc(MIB), options);

/** Puts a sixth item into the metadata table. */
const itemAdded = (guid: Buffer, flags: number): VhdxOptions =>
  metadata((region) => {
    region.writeUInt16LE(6, 10);
    guid.copy(region, 192);
    region.writeUInt32LE(flags, 192 + 24);
  });

/** Puts a third region, of the log, into the table. */
const regionAdded = (isRequired: number): VhdxOptions =>
  regions((table) => {
    table.writeUInt32LE(3, 8);
    UNKNOWN.copy(table, 80);
    table.writeBigUInt64LE(BigInt(MIB), 96);
    table.writeUInt32LE(isRequired, 108);
  });

const withBlocksOf = (bytes: number): VhdxOptions =>
  metadata((region) => void region.writeUInt32LE(bytes, FILE_PARAMETERS));

/** 64 TiB in blocks of 256 MiB: its table needs 2.1 MiB. */
function largest(): SparseFile {
  const change = metadata((region) => {
    region.writeUInt32LE(256 * MIB, FILE_PARAMETERS);
    region.writeBigUInt64LE(BigInt(64 * TIB), DISK_SIZE);
  });
  const table = regions((bytes) => void bytes.writeUInt32LE(4 * MIB, 16 + 24));
  return SparseFile.of(vhdxImage(Buffer.alloc(MIB), { ...change, ...table })).resized(7 * MIB);
}

const variants: CorpusEntry[] = [
  accepted('of the dynamic kind', SOUND, () => image),
  accepted('of the fixed kind', { ...SOUND, subformat: 'fixed' }, () =>
    vhdxImage(
      DISK,
      metadata((region) => void region.writeUInt32LE(1, FILE_PARAMETERS + 4)),
    ),
  ),
  ...[1, 2, 4, 8, 16, 32, 64, 128, 256].map((mebibytes) =>
    accepted(`of an empty disk with blocks of ${mebibytes} MiB`, EMPTY, empty(withBlocksOf(mebibytes * MIB))),
  ),
  accepted(
    'of an empty disk with sectors of 4096 bytes',
    { ...EMPTY, unlikeQemu: 'it supports sectors of 512 bytes only' },
    empty(
      metadata((region) => {
        region.writeUInt32LE(4096, SECTOR_SIZE);
        region.writeUInt32LE(4096, SECTOR_SIZE + 16);
      }),
    ),
  ),
  accepted('of an empty disk of 64 TiB, the most', { ...EMPTY, virtualSize: 64 * TIB }, largest),
  accepted(
    'of which only the outdated header has a log',
    EMPTY,
    empty(headers(firstHas((header) => header.fill(1, 48, 64)))),
  ),
  accepted(
    'with two headers that are the same',
    EMPTY,
    empty(headers((header) => void header.writeBigUInt64LE(7n, 8))),
  ),
  ...[1n, 2n, 3n, 5n].map((state) =>
    accepted(`of an empty disk with a block of state ${state}`, EMPTY, () =>
      patched(vhdxImage(Buffer.alloc(MIB)), { [3 * MIB]: u64le(state) }),
    ),
  ),
  accepted('with a region that nobody knows and it does not need', EMPTY, empty(regionAdded(0))),
  accepted('with metadata that nobody knows and it does not need', EMPTY, empty(itemAdded(UNKNOWN, 0))),
];

function firstHas(change: (header: Buffer) => void): (header: Buffer, number: 1 | 2) => void {
  return (header, number) => {
    if (number === 1) change(header);
  };
}

const sizeOf = (bytes: bigint): VhdxOptions => metadata((region) => void region.writeBigUInt64LE(bytes, DISK_SIZE));
const metadataWith = (change: (region: Buffer) => unknown): VhdxOptions => metadata((region) => void change(region));
const regionsWith = (change: (table: Buffer) => unknown): VhdxOptions => regions((table) => void change(table));

const bad: [name: string, options: VhdxOptions, code: ErrorCode][] = [
  ['with a log that is not replayed', headers((header) => void header.writeUInt8(1, 48)), 'unreplayed-log'],
  [
    'of which only the current header has a log',
    headers((header, number) => void header.writeUInt8(number === 2 ? 1 : 0, 63)),
    'unreplayed-log',
  ],
  ['of version 2', headers((header) => void header.writeUInt16LE(2, 66)), 'unsupported-variant'],
  [
    'of which the outdated header is of version 0',
    headers(firstHas((header) => header.writeUInt16LE(0, 66))),
    'unsupported-variant',
  ],
  ['without headers', headers((header) => void header.write('gone')), 'corrupt-header'],
  [
    'with two headers of the same sequence number that differ',
    headers((header, number) => {
      header.writeBigUInt64LE(7n, 8);
      header.writeUInt8(number, 16);
    }),
    'corrupt-header',
  ],
  ['without region tables', regionsWith((table) => table.write('gone')), 'corrupt-header'],
  ['with 2048 regions', regionsWith((table) => table.writeUInt32LE(2048, 8)), 'corrupt-header'],
  ['without a metadata region', regionsWith((table) => table.writeUInt32LE(1, 8)), 'corrupt-header'],
  ['without a region', regionsWith((table) => table.writeUInt32LE(0, 8)), 'corrupt-header'],
  ['with a region twice', regionsWith((table) => table.copy(table, 48, 16, 48)), 'corrupt-header'],
  ['with a region in the headers', regionsWith((table) => table.writeBigUInt64LE(0n, 32)), 'corrupt-header'],
  [
    'with a region between MiB',
    regionsWith((table) => table.writeBigUInt64LE(BigInt(3 * MIB + 512), 32)),
    'corrupt-header',
  ],
  [
    'with regions over each other',
    regionsWith((table) => table.writeBigUInt64LE(BigInt(2 * MIB), 32)),
    'corrupt-header',
  ],
  ['with a region that nobody knows and it needs', regionAdded(1), 'unknown-feature'],
  [
    'with its block table past the end',
    regionsWith((table) => table.writeBigUInt64LE(BigInt(5 * MIB), 32)),
    'truncated',
  ],
  ['with its metadata past the end', regionsWith((table) => table.writeBigUInt64LE(BigInt(2 ** 40), 64)), 'truncated'],
  ['with a region longer than the file', regionsWith((table) => table.writeUInt32LE(2 ** 31, 40)), 'truncated'],
  ['with a metadata region of 4 KiB', regionsWith((table) => table.writeUInt32LE(4096, 72)), 'corrupt-header'],
  ['without a metadata table', metadataWith((region) => region.write('gone')), 'corrupt-header'],
  ['with 2048 metadata items', metadataWith((region) => region.writeUInt16LE(2048, 10)), 'corrupt-header'],
  ['without its disk size', metadataWith((region) => region.writeUInt16LE(1, 10)), 'corrupt-header'],
  ['with a disk size of 4 bytes', metadataWith((region) => region.writeUInt32LE(4, 64 + 20)), 'corrupt-header'],
  ['with its file parameters twice', metadataWith((region) => region.copy(region, 64, 32, 64)), 'corrupt-header'],
  ['with an item outside its region', metadataWith((region) => region.writeUInt32LE(MIB, 48)), 'corrupt-header'],
  ['with an item in the metadata table', metadataWith((region) => region.writeUInt32LE(0, 48)), 'corrupt-header'],
  ['with a parent', metadataWith((region) => region.writeUInt32LE(2, FILE_PARAMETERS + 4)), 'parent-image'],
  [
    'with a parent, of the fixed kind',
    metadataWith((region) => region.writeUInt32LE(3, FILE_PARAMETERS + 4)),
    'parent-image',
  ],
  ['with a parent locator that it needs', itemAdded(PARENT_LOCATOR, 4), 'parent-image'],
  ['with a parent locator that it does not need', itemAdded(PARENT_LOCATOR, 0), 'parent-image'],
  ['with metadata that nobody knows and it needs', itemAdded(UNKNOWN, 4), 'unknown-feature'],
  [
    'with a file flag that nobody knows',
    metadataWith((region) => region.writeUInt32LE(4, FILE_PARAMETERS + 4)),
    'unknown-feature',
  ],
  ['with blocks of 0 bytes', withBlocksOf(0), 'corrupt-header'],
  ['with blocks of 512 KiB', withBlocksOf(MIB / 2), 'corrupt-header'],
  ['with blocks of 3 MiB', withBlocksOf(3 * MIB), 'corrupt-header'],
  ['with blocks of 512 MiB', withBlocksOf(512 * MIB), 'corrupt-header'],
  ['with sectors of 1 KiB', metadataWith((region) => region.writeUInt32LE(1024, SECTOR_SIZE)), 'corrupt-header'],
  ['with a disk of 0 bytes', sizeOf(0n), 'corrupt-header'],
  ['with a disk of half a sector', sizeOf(256n), 'corrupt-header'],
  ['with a disk of more than 64 TiB', sizeOf(2n ** 46n + 512n), 'corrupt-header'],
  ['with a disk of 2^64 - 512 bytes', sizeOf(2n ** 64n - 512n), 'corrupt-header'],
  ['with a disk larger than its block table can hold', sizeOf(2n ** 38n), 'corrupt-header'],
];

const states: [name: string, entry: bigint][] = [
  ['a partially present block past the end, though it has no parent', (50n << 20n) | 7n],
  ['a partially present block, though it has no parent', (4n << 20n) | 7n],
  ['a block of state 4', 4n],
  ['a block in its headers', 6n],
  ['a block in its metadata', (2n << 20n) | 6n],
  ['a block in its block table', (3n << 20n) | 6n],
];

/** The first table names one more region than the second; both have right checksums. */
function otherSecondTable(): Buffer {
  const second = vhdxImage(DISK, regionAdded(0)).subarray(0x40000, 0x50000);
  return Buffer.concat([image.subarray(0, 0x40000), second, image.subarray(0x50000)]);
}

const cuts: [name: string, bytes: number][] = [
  ['behind its signature', 8],
  ['between its headers', 0x20000],
  ['behind its first region table', 0x40000],
  ['in its second region table', 0x4ffff],
  ['before its metadata', 2 * MIB],
  ['in its block table', 3 * MIB + 8],
  ['in its data', 4 * MIB + 512],
];

export const vhdx: CorpusGroup = {
  title: 'A VHDX image',
  entries: [
    ...variants,
    ...bad.map(([name, options, code]) => refused(name, code, () => vhdxImage(DISK, options))),
    ...(
      [
        ['its first header', 0x10020, 'VHDX headers is damaged'],
        ['its second header', 0x20020, 'VHDX headers is damaged'],
        ['its second region table', 0x40120, 'region tables is damaged'],
      ] as const
    ).map(([name, offset, warning]) =>
      accepted(`with a wrong checksum of ${name}`, { ...SOUND, warning }, () => patched(image, { [offset]: [0xee] })),
    ),
    accepted(
      'with a wrong checksum of its first region table',
      { ...SOUND, warning: 'QEMU reads the damaged one', unlikeQemu: 'it reads the first region table only' },
      () => patched(image, { 196896: [0xee] }),
    ),
    accepted('without its first header', { ...SOUND, warning: 'VHDX headers is damaged' }, () =>
      patched(image, { 65536: 'gone' }),
    ),
    accepted('without its second region table', { ...SOUND, warning: 'region tables is damaged' }, () =>
      patched(image, { 262144: 'gone' }),
    ),
    refused('with a wrong checksum of both headers', 'corrupt-header', () =>
      patched(image, { 65568: [0xee], 131104: [0xee] }),
    ),
    refused('with a wrong checksum of both region tables', 'corrupt-header', () =>
      patched(image, { 196896: [0xee], 262432: [0xee] }),
    ),
    refused('with other regions in its second region table', 'corrupt-header', () => otherSecondTable()),
    ...states.map(([name, entry]) =>
      refused(`with ${name}`, 'corrupt-header', () => patched(image, { [3 * MIB]: u64le(entry) })),
    ),
    refused('with a block past the end', 'truncated', () => patched(image, { [3 * MIB]: u64le((5n << 20n) | 6n) })),
    refused('with a block at 2^63', 'truncated', () => patched(image, { [3 * MIB]: u64le(((2n ** 43n) << 20n) | 6n) })),
    ...cuts.map(([name, bytes]) => refused(`cut ${name}`, 'truncated', () => image.subarray(0, bytes))),
    refused('that is said to be vhd', 'wrong-format', () => image, { claimedFormat: 'vhd' }),
  ],
};
