import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { gptDisk } from '../images/gpt.ts';
import { patched, u32be, u64be } from '../images/patched.ts';
import { DISK } from '../images/samples.ts';
import { SparseFile } from '../images/sparse-file.ts';
import { dynamicVhd, fixedVhd, type VhdOptions } from '../images/vhd.ts';
import { type Acceptance, accepted, type CorpusEntry, type CorpusGroup, refused } from './entry.ts';

const GIB = 1024 ** 3;
const MOST = 2040 * GIB;
const fixed = fixedVhd(DISK);
const dynamic = dynamicVhd(DISK);

/** The last byte of the footer is one of those that old footers do not have. */
const FIXED: Acceptance = { format: 'vhd', subformat: 'fixed', virtualSize: DISK.length, unnoticedBytes: 1 };
/** Without the footer, its copy at the start counts. */
const DYNAMIC: Acceptance = { format: 'vhd', subformat: 'dynamic', virtualSize: DISK.length, unnoticedBytes: 512 };
const NO_FOOTER: Acceptance = {
  ...DYNAMIC,
  warning: 'footer at the end of the dynamic VHD is missing or damaged',
  unnoticedBytes: 0,
};

type Changes = Readonly<Record<number, readonly number[] | string>>;

/** Changes made before the checksum is. */
function write(changes: Changes): (bytes: Buffer) => void {
  return (bytes) => void patched(bytes, changes).copy(bytes);
}

const footer = (changes: Changes): VhdOptions => ({ footer: write(changes) });
const header = (changes: Changes): VhdOptions => ({ header: write(changes) });

/** Cylinders, heads, sectors: 1,300 sectors, 1,000 more than the disk has. */
const LARGER_GEOMETRY = { 56: [5, 0x14, 1, 1] };
const SMALLER_GEOMETRY = { 56: [0, 1, 1, 1] };
const MAXIMAL_GEOMETRY = { 56: [0xff, 0xff, 16, 255] };

/** The fixed disk of any size: what counts is the footer. */
function largeFixed(bytes: number): SparseFile {
  const end = fixedVhd(DISK, footer({ 48: u64be(bytes) })).subarray(-512);
  return SparseFile.of(DISK).resized(bytes).followedBy(SparseFile.of(end));
}

/** Blocks of 2 MiB, none of them in use. */
function largeDynamic(bytes: number): SparseFile {
  const blocks = bytes / 2 ** 21;
  const empty = dynamicVhd(Buffer.alloc(0), {
    ...footer({ 48: u64be(bytes) }),
    header: write({ 28: u32be(blocks), 32: u32be(2 ** 21) }),
  });
  const table = SparseFile.of(Buffer.alloc(blocks * 4, 0xff));
  return SparseFile.of(empty.subarray(0, 1536))
    .followedBy(table)
    .followedBy(SparseFile.of(empty.subarray(-512)));
}

const variants: CorpusEntry[] = [
  accepted('of the fixed kind', FIXED, () => fixed),
  accepted('of the dynamic kind', DYNAMIC, () => dynamic),
  accepted('of the dynamic kind with blocks of 2 MiB', DYNAMIC, () => dynamicVhd(DISK, { blockBytes: 2 ** 21 })),
  accepted('of the fixed kind with a GPT', { ...FIXED, virtualSize: 2 ** 18 }, () => fixedVhd(gptDisk(2 ** 18))),
  accepted('of the fixed kind with an empty disk', FIXED, () => fixedVhd(Buffer.alloc(DISK.length))),
  // Its table of three entries must be there.
  accepted('of the dynamic kind with an empty disk', { ...DYNAMIC, unnoticedBytes: 512 + 512 - 12 }, () =>
    dynamicVhd(Buffer.alloc(DISK.length)),
  ),
  accepted('of the fixed kind of 2040 GiB, the most', { ...FIXED, virtualSize: MOST }, () => largeFixed(MOST)),
  accepted('of the dynamic kind of 2040 GiB, the most', { ...DYNAMIC, virtualSize: MOST, unnoticedBytes: 1 }, () =>
    largeDynamic(MOST),
  ),
  accepted('of the dynamic kind with a longer table than it needs', DYNAMIC, () =>
    dynamicVhd(DISK, header({ 28: u32be(64) })),
  ),
  ...['win ', 'qem2', 'd2v ', 'tap\0', 'CTXS'].map((creator) =>
    accepted(`by "${creator.replace('\0', '\\0')}" with a geometry larger than its size`, FIXED, () =>
      fixedVhd(DISK, footer({ 28: creator, ...LARGER_GEOMETRY })),
    ),
  ),
  ...['vpc ', 'vbox', 'qemu', 'vs  '].map((creator) =>
    accepted(`by "${creator}" with a geometry larger than its size`, { ...FIXED, virtualSize: 1300 * 512 }, () =>
      fixedVhd(DISK, footer({ 28: creator, ...LARGER_GEOMETRY })),
    ),
  ),
  accepted('by "vpc " with a geometry smaller than its size', { ...FIXED, unlikeQemu: 'it takes the geometry' }, () =>
    fixedVhd(DISK, footer({ 28: 'vpc ', ...SMALLER_GEOMETRY })),
  ),
  accepted('by "vpc " with the geometry of the largest disks', FIXED, () =>
    fixedVhd(DISK, footer({ 28: 'vpc ', ...MAXIMAL_GEOMETRY })),
  ),
  // VirtualBox reserved room for the names of a parent in every dynamic disk once.
  accepted('of the dynamic kind with a locator that is empty', DYNAMIC, () =>
    dynamicVhd(DISK, header({ 576: 'W2ku', 580: u32be(1024), 592: u64be(2048) })),
  ),
  accepted('that is said to be VPC', DYNAMIC, () => dynamic, { claimedFormat: 'VPC' }),
  accepted('of the fixed kind called disk.raw', FIXED, () => fixed, { fileName: 'disk.raw' }),
];

const badFooters: [name: string, changes: Changes, code: ErrorCode][] = [
  ['of version 2', { 12: u32be(0x20000) }, 'unsupported-variant'],
  ['of no kind', { 60: u32be(0) }, 'unsupported-variant'],
  ['of an unknown kind', { 60: u32be(5) }, 'unsupported-variant'],
  ['of the differencing kind', { 60: u32be(4) }, 'parent-image'],
  ['with features that nobody knows', { 8: u32be(6) }, 'unknown-feature'],
  ['of a disk of more than 2040 GiB', { 48: u64be(MOST + 512) }, 'corrupt-header'],
  ['of a disk of 2^64 - 1 bytes', { 48: u64be(2n ** 64n - 1n) }, 'corrupt-header'],
];

const badHeaders: [name: string, changes: Changes, code: ErrorCode][] = [
  ['with the UUID of a parent', { 40: [1] }, 'parent-image'],
  ['without the signature of its header', { 0: 'cx_parse' }, 'corrupt-header'],
  ['with blocks of 96 KiB', { 32: u32be(98304) }, 'corrupt-header'],
  ['with blocks of 0 bytes', { 32: u32be(0) }, 'corrupt-header'],
  ['with fewer blocks than its disk', { 28: u32be(2) }, 'corrupt-header'],
  ['with a table of no block', { 28: u32be(0) }, 'corrupt-header'],
  ['with a header of version 2', { 24: u32be(0x20000) }, 'unsupported-variant'],
  ['with the name of a parent', { 64: [0, 0x61] }, 'parent-image'],
  ['with a locator of a parent', { [576 + 7 * 24]: 'W2ku', [576 + 7 * 24 + 8]: u32be(22) }, 'parent-image'],
  ['with its table in the copy of its footer', { 16: u64be(0) }, 'corrupt-header'],
  ['with its table in its header', { 16: u64be(1535) }, 'corrupt-header'],
  ['with its table past the end', { 16: u64be(2 ** 40) }, 'truncated'],
  ['with a table that goes on past the end', { 28: u32be(2 ** 32 - 1) }, 'truncated'],
];

/** The last of the three blocks at another sector: the start of the disk is read anyway. */
const withBlock = (sector: number): Buffer => patched(dynamic, { [1536 + 2 * 4]: u32be(sector) });

const featuresInUse: [name: string, features: number][] = [
  ['without features', 0],
  ['for temporary use, without the reserved bit', 1],
  ['for temporary use', 3],
];

/** What is left of the footer does not count then, so that nothing of it is missed. */
const DAMAGED_FOOTER: Acceptance = { ...NO_FOOTER, unnoticedBytes: 512 };
const damagedEnds: [name: string, changes: Changes][] = [
  ['in its checksum', { [dynamic.length - 443]: [0] }],
  ['in its size', { [dynamic.length - 512 + 50]: [1] }],
  ['in its kind', { [dynamic.length - 512 + 63]: [4] }],
  ['in its reserved bytes', { [dynamic.length - 200]: [1] }],
];

const kinds = [
  ['fixed', fixedVhd],
  ['dynamic', dynamicVhd],
] as const;

export const vhd: CorpusGroup = {
  title: 'A VHD image',
  entries: [
    ...variants,
    ...kinds.flatMap(([kind, build]) =>
      badFooters.map(([name, changes, code]) => refused(`(${kind}) ${name}`, code, () => build(DISK, footer(changes)))),
    ),
    ...badHeaders.map(([name, changes, code]) =>
      refused(`of the dynamic kind ${name}`, code, () => dynamicVhd(DISK, header(changes))),
    ),
    refused('of the fixed kind with a wrong checksum', 'corrupt-header', () =>
      patched(fixed, { [fixed.length - 443]: [0] }),
    ),
    ...damagedEnds.map(([name, changes]) =>
      accepted(`of the dynamic kind with a footer that is damaged ${name}`, DAMAGED_FOOTER, () =>
        patched(dynamic, changes),
      ),
    ),
    refused('of the dynamic kind with a damaged footer and a damaged copy of it', 'corrupt-header', () =>
      patched(dynamic, { 80: [0], [dynamic.length - 432]: [0] }),
    ),
    refused('of the dynamic kind with a damaged footer and a block past the end', 'truncated', () =>
      patched(withBlock(0x00100000), { [dynamic.length - 432]: [0] }),
    ),
    refused('of the dynamic kind with a wrong checksum in its header', 'corrupt-header', () =>
      patched(dynamic, { 560: [1] }),
    ),
    refused('of the dynamic kind whose start is not its end', 'corrupt-header', () => patched(dynamic, { 24: [1] })),
    refused('of the dynamic kind without its start', 'corrupt-header', () => patched(dynamic, { 0: [0] })),
    refused('of the dynamic kind with a block past the end', 'truncated', () => withBlock(0x00100000)),
    refused('of the dynamic kind with its last block over its footer', 'truncated', () =>
      withBlock((dynamic.length - 512 - 65536) / 512),
    ),
    refused('of the dynamic kind with a block in the copy of its footer', 'corrupt-header', () => withBlock(0)),
    refused('of the dynamic kind with a block in its header', 'corrupt-header', () => withBlock(1)),
    refused('of the dynamic kind with a block in its table', 'corrupt-header', () => withBlock(3)),
    refused('of the dynamic kind with its header in the copy of its footer', 'corrupt-header', () =>
      dynamicVhd(DISK, footer({ 16: u64be(8) })),
    ),
    refused('of the dynamic kind with its header past the end', 'truncated', () =>
      dynamicVhd(DISK, footer({ 16: u64be(2 ** 40) })),
    ),
    refused('of the dynamic kind with its header at 2^64 - 1', 'corrupt-header', () =>
      dynamicVhd(DISK, footer({ 16: u64be(2n ** 64n - 1n) })),
    ),
    refused('of the fixed kind that points to a header', 'corrupt-header', () =>
      fixedVhd(DISK, footer({ 16: u64be(512) })),
    ),
    refused('of the fixed kind that is shorter than it says', 'truncated', () =>
      Buffer.concat([fixed.subarray(0, 1024), fixed.subarray(-512)]),
    ),
    refused('of the fixed kind that is longer than it says', 'corrupt-header', () =>
      Buffer.concat([fixed.subarray(0, 512), fixed]),
    ),
    refused('of the fixed kind that is nothing but its footer', 'two-formats', () => fixedVhd(Buffer.alloc(0))),
    refused('of the fixed kind that begins like a dynamic one', 'two-formats', () => fixedVhd(dynamic)),
    refused('of the fixed kind without its footer, by its name', 'truncated', () => fixed.subarray(0, -512), {
      fileName: 'backup/disk.VHD',
    }),
    refused('of the fixed kind without its footer, said to be vhd', 'wrong-format', () => fixed.subarray(0, -512), {
      claimedFormat: 'vhd',
    }),
    accepted('of the dynamic kind without its footer', NO_FOOTER, () => dynamic.subarray(0, -512)),
    accepted('of the dynamic kind cut in its footer', { ...NO_FOOTER, unnoticedBytes: 400 }, () =>
      dynamic.subarray(0, -112),
    ),
    accepted('of the dynamic kind with bytes behind its footer', { ...NO_FOOTER, unnoticedBytes: 512 + 4096 }, () =>
      Buffer.concat([dynamic, Buffer.alloc(4096)]),
    ),
    accepted('of the dynamic kind with bytes before its footer', { ...DYNAMIC, unnoticedBytes: 512 + 4096 }, () =>
      Buffer.concat([dynamic.subarray(0, -512), Buffer.alloc(4096), dynamic.subarray(-512)]),
    ),
    refused('of the dynamic kind without its footer and the last byte of its disk', 'truncated', () =>
      dynamic.subarray(0, -513),
    ),
    refused('of the dynamic kind of 2040 GiB without its footer', 'truncated', () =>
      largeDynamic(MOST).resized(largeDynamic(MOST).size - 512),
    ),
    accepted('of the dynamic kind with a footer of 511 bytes', { ...DYNAMIC, unnoticedBytes: 511 }, () =>
      dynamic.subarray(0, -1),
    ),
    accepted('of the fixed kind with a footer of 511 bytes', { ...FIXED, unnoticedBytes: 0 }, () =>
      fixed.subarray(0, -1),
    ),
    ...kinds.flatMap(([kind, build]) =>
      featuresInUse.map(([name, features]) =>
        accepted(`of the ${kind} kind ${name}`, kind === 'fixed' ? FIXED : DYNAMIC, () =>
          build(DISK, footer({ 8: u32be(features) })),
        ),
      ),
    ),
    accepted('of the fixed kind whose header would be at 0xFFFFFFFF', FIXED, () =>
      fixedVhd(DISK, footer({ 16: u64be(0xffffffff) })),
    ),
    accepted('of the fixed kind called disk.img', FIXED, () => fixed, { fileName: 'disk.img' }),
    refused('of the dynamic kind cut in its table', 'truncated', () => dynamic.subarray(0, 1540)),
    refused('that is said to be vhdx', 'wrong-format', () => dynamic, { claimedFormat: 'vhdx' }),
    refused('of the fixed kind that is said to be raw', 'wrong-format', () => fixed, { claimedFormat: 'raw' }),
  ],
};
