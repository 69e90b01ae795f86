import type { InspectOptions } from '../../../lambda/formats/inspect.ts';
import { rawDisk } from '../disk.ts';
import { emptyGptDisk, gptDisk } from '../images/gpt.ts';
import { patched, u32be, u32le, u64be, u64le } from '../images/patched.ts';
import { qcow2Image } from '../images/qcow2.ts';
import { DISK } from '../images/samples.ts';
import { SparseFile } from '../images/sparse-file.ts';
import { type Acceptance, accepted, type CorpusEntry, type CorpusGroup, refused } from './entry.ts';

type Changes = Readonly<Record<number, readonly number[] | string>>;
const BYTES = 256 * 1024;
const TIB = 1024 ** 4;
const blank = Buffer.alloc(BYTES);
const BOOT_MARK = { 510: [0x55, 0xaa] };
const raw = (virtualSize: number, more: Partial<Acceptance> = {}): Acceptance => ({
  format: 'raw',
  virtualSize,
  ...more,
});

/** A cut is warned of at most; the MBR itself and one byte behind it must be there. */
const MBR: Acceptance = raw(DISK.length, { unnoticedBytes: DISK.length - 513 });

/** File systems that fill `bytes`, none of them with partitions. */
const fileSystems: [name: string, signs: (bytes: number) => Changes][] = [
  ['ext4', (bytes) => ({ 1028: u32le(bytes / 4096), 1048: u32le(2), 1080: [0x53, 0xef] })],
  ['XFS', (bytes) => ({ 0: 'XFSB', 4: u32be(4096), 8: u64be(bytes / 4096) })],
  ['btrfs', (bytes) => ({ 65600: '_BHRfS_M', 65745: u64le(bytes) })],
  ['NTFS', (bytes) => ({ 3: 'NTFS    ', 11: [0, 2], 40: u64le(bytes / 512), ...BOOT_MARK })],
  ['FAT12', (bytes) => ({ 11: [0, 2], 19: u32le(bytes / 512).slice(0, 2), 54: 'FAT12   ', ...BOOT_MARK })],
  ['FAT16', (bytes) => ({ 11: [0, 2], 32: u32le(bytes / 512), 54: 'FAT16   ', ...BOOT_MARK })],
  ['FAT32', (bytes) => ({ 11: [0, 2], 32: u32le(bytes / 512), 82: 'FAT32   ', ...BOOT_MARK })],
  ['squashfs', (bytes) => ({ 0: 'hsqs', 40: u64le(bytes) })],
  ['an LVM physical volume', (bytes) => ({ 512: 'LABELONE', 536: 'LVM2 001', 576: u64le(bytes) })],
];

const withFileSystems = fileSystems.flatMap(([name, signs]): CorpusEntry[] => [
  accepted(`with ${name} and no partitions`, raw(BYTES), () => patched(blank, signs(BYTES))),
  refused(`with ${name} that goes on past the end`, 'truncated', () => patched(blank, signs(BYTES + 4096)), {
    claimedFormat: 'raw',
  }),
]);

/** The disk of a machine that keeps qcow2 files: the file begins in the first sector of its partition. */
function holdingQcow2(): Buffer {
  const disk = gptDisk(2 ** 20);
  qcow2Image(DISK).copy(disk, 34 * 512);
  return disk;
}

const partitioned: CorpusEntry[] = [
  accepted('with an MBR', MBR, () => DISK),
  accepted('with an MBR, called disk.qcow2', MBR, () => DISK, { fileName: 'disk.qcow2' }),
  accepted('with an MBR, said to be RAW', { ...MBR, unnoticedBytes: DISK.length - 1 }, () => DISK, {
    claimedFormat: 'RAW',
  }),
  accepted('with an MBR, called disk.iso', { ...MBR, unnoticedBytes: DISK.length - 34816 }, () => DISK, {
    fileName: 'disk.iso',
  }),
  refused('with an MBR of one partition of unknown size, as for a GPT', 'corrupt-header', () =>
    patched(DISK, { 450: [0xee], 458: u32le(0xffffffff) }),
  ),
  refused('with an MBR as for a GPT, said to be raw', 'corrupt-header', () => patched(DISK, { 450: [0xee] }), {
    claimedFormat: 'raw',
  }),
  accepted(
    'with an MBR of one partition beside that for a GPT, which is not there',
    { ...MBR, warning: 'announces a GPT' },
    () => patched(DISK, { 462: DISK.subarray(446, 462).toString('latin1'), 466: [0xee] }),
  ),
  accepted(
    'with an MBR whose partition goes on past the end',
    raw(DISK.length - 512, { warning: 'past the end', unnoticedBytes: DISK.length - 1025 }),
    () => DISK.subarray(0, -512),
  ),
  accepted(
    'with an MBR and half a sector too much',
    raw(DISK.length + 256, {
      warning: 'no multiple of 512',
      unnoticedBytes: DISK.length - 257,
      unlikeQemu: 'it takes the half for a whole sector',
    }),
    () => Buffer.concat([DISK, Buffer.alloc(256)]),
  ),
  ...[512, 4096].flatMap((sectorBytes) => [
    accepted(`with a GPT in sectors of ${sectorBytes} bytes`, raw(BYTES), () => gptDisk(BYTES, 1, { sectorBytes })),
    accepted(`with a GPT in sectors of ${sectorBytes} bytes, of 4 TiB`, raw(4 * TIB), () =>
      emptyGptDisk(4 * TIB, { sectorBytes }),
    ),
    refused(`with a GPT in sectors of ${sectorBytes} bytes, cut by one sector`, 'truncated', () =>
      gptDisk(BYTES, 1, { sectorBytes }).subarray(0, -sectorBytes),
    ),
  ]),
  accepted('with a GPT and a qcow2 image in its partition', raw(2 ** 20), holdingQcow2),
  refused('with a GPT, cut to its first half', 'truncated', () => gptDisk(BYTES).subarray(0, BYTES / 2)),
  refused('with a GPT, cut in its last byte', 'truncated', () => gptDisk(BYTES).subarray(0, -1)),
  refused('with a GPT cut in its header', 'truncated', () => gptDisk(BYTES).subarray(0, 540)),
  refused('with a GPT cut in its signature', 'truncated', () => gptDisk(BYTES).subarray(0, 519)),
  refused('with a GPT in sectors of 4096 bytes, cut in its signature', 'truncated', () =>
    gptDisk(BYTES, 1, { sectorBytes: 4096 }).subarray(0, 4103),
  ),
  refused('with the MBR of a GPT disk, but no GPT', 'corrupt-header', () =>
    patched(gptDisk(BYTES), { 512: '\0'.repeat(8) }),
  ),
];

const mbrsOfNothing: [name: string, changes: Changes][] = [
  ['boot flags that no partition has', { 446: [1] }],
  ['no partition', { 450: [0] }],
  ['a partition of no sectors', { 458: u32le(0) }],
  ['a partition at the MBR itself', { 454: u32le(0) }],
  ['a partition that begins past the end', { 454: u32le(300) }],
  ['no signature', { 510: [0] }],
];

/** Whatever the user vouches for has no end of its own: by its word any byte is enough, by its name one sector. */
const TRUSTED = raw(BYTES, { warning: 'the user says so', unnoticedBytes: BYTES - 1 });
const NAMED = { ...TRUSTED, unnoticedBytes: BYTES - 512 };
const unsigned: CorpusEntry[] = [
  ...(
    [
      ['called disk.raw', NAMED, { fileName: 'disk.raw' }],
      ['called a/b/disk.IMG', NAMED, { fileName: 'a/b/disk.IMG' }],
      ['called disk.dd', NAMED, { fileName: 'disk.dd' }],
      ['said to be raw', TRUSTED, { claimedFormat: 'raw' }],
      ['said to be raw, though it is called disk.vhd', TRUSTED, { claimedFormat: 'raw', fileName: 'disk.vhd' }],
    ] satisfies [string, Acceptance, InspectOptions][]
  ).map(([name, expected, options]) => accepted(`of zeros, ${name}`, expected, () => blank, options)),
  accepted(
    'of 4 TiB of zeros, called disk.img',
    { ...NAMED, virtualSize: 4 * TIB, unnoticedBytes: 4 * TIB - 512 },
    () => new SparseFile(4 * TIB),
    { fileName: 'disk.img' },
  ),
  refused('of zeros', 'not-a-disk-image', () => blank),
  refused('of zeros, called disk', 'not-a-disk-image', () => blank, { fileName: 'disk' }),
  refused('of zeros, called img', 'not-a-disk-image', () => blank, { fileName: 'img' }),
  refused('of zeros, called disk.raw.bin', 'not-a-disk-image', () => blank, { fileName: 'disk.raw.bin' }),
  refused('of zeros that are no whole sectors, called disk.img', 'not-a-disk-image', () => blank.subarray(1), {
    fileName: 'disk.img',
  }),
  refused('of zeros, called disk.vhd', 'truncated', () => blank, { fileName: 'disk.vhd' }),
  refused('of zeros, called disk.vpc', 'truncated', () => blank, { fileName: 'disk.vpc' }),
  refused('of zeros, said to be qcow2', 'wrong-format', () => blank, { claimedFormat: 'qcow2', fileName: 'disk.img' }),
  refused('with an MBR, said to be vmdk', 'wrong-format', () => DISK, { claimedFormat: 'vmdk' }),
  refused('of no bytes', 'empty', () => Buffer.alloc(0)),
  refused('of no bytes, said to be raw', 'empty', () => Buffer.alloc(0), { claimedFormat: 'raw' }),
];

export const rawDisks: CorpusGroup = {
  title: 'A raw disk',
  entries: [
    ...partitioned,
    ...withFileSystems,
    refused('with ext4 of 16 TiB by the high half of its size', 'truncated', () =>
      patched(blank, { 1028: u32le(1), 1080: [0x53, 0xef], 1120: u32le(0x80), 1360: u32le(1) }),
    ),
    ...mbrsOfNothing.map(([name, changes]) =>
      refused(`with an MBR of ${name}`, 'not-a-disk-image', () => patched(rawDisk(300 * 512), changes)),
    ),
    ...unsigned,
  ],
};
