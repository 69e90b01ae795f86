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

/** Two tables, on a disk that is not a floppy. */
const FIXED_FAT = { 16: [2], 21: [0xf8] };

/** File systems that fill `bytes`, none of them with partitions. */
const fileSystems: [name: string, signs: (bytes: number) => Changes][] = [
  ['ext4', (bytes) => ({ 1028: u32le(bytes / 4096), 1048: u32le(2), 1080: [0x53, 0xef] })],
  ['XFS', (bytes) => ({ 0: 'XFSB', 4: u32be(4096), 8: u64be(bytes / 4096) })],
  ['btrfs', (bytes) => ({ 65600: '_BHRfS_M', 65745: u64le(bytes) })],
  ['NTFS', (bytes) => ({ 3: 'NTFS    ', 11: [0, 2], 40: u64le(bytes / 512), ...BOOT_MARK })],
  [
    'FAT12',
    (bytes) => ({ 11: [0, 2], ...FIXED_FAT, 19: u32le(bytes / 512).slice(0, 2), 54: 'FAT12   ', ...BOOT_MARK }),
  ],
  ['FAT16', (bytes) => ({ 11: [0, 2], ...FIXED_FAT, 32: u32le(bytes / 512), 54: 'FAT16   ', ...BOOT_MARK })],
  ['FAT32', (bytes) => ({ 11: [0, 2], ...FIXED_FAT, 32: u32le(bytes / 512), 82: 'FAT32   ', ...BOOT_MARK })],
  ['exFAT', (bytes) => ({ 3: 'EXFAT   ', 72: u64le(bytes / 512), 108: [9], ...BOOT_MARK })],
  ['ReFS', (bytes) => ({ 3: 'ReFS\0', 16: 'FSRS', 24: u64le(bytes / 512), 32: u32le(512) })],
  ['EROFS', (bytes) => ({ 1024: [0xe2, 0xe1, 0xf5, 0xe0], 1036: [12], 1060: u32le(bytes / 4096) })],
  ['HFS+', (bytes) => ({ 1024: 'H+\0\x04', 1064: u32be(4096), 1068: u32be(bytes / 4096) })],
  ['swap space', (bytes) => ({ 1024: u32le(1), 1028: u32le(bytes / 4096 - 1), 4086: 'SWAPSPACE2' })],
  ['squashfs', (bytes) => ({ 0: 'hsqs', 40: u64le(bytes) })],
  ['an LVM physical volume', (bytes) => ({ 512: 'LABELONE', 536: 'LVM2 001', 576: u64le(bytes) })],
];

/** Their boot sectors look like an MBR without partitions. */
const REFUSED_BY_GLANCE: readonly string[] = ['NTFS', 'exFAT'];

/** Volumes that do not say how large they are, or not in the first 64 KiB. */
const volumes: [name: string, signs: Changes][] = [
  ['ZFS', { 16408: 'version\0' }],
  ['bcache', { 4120: '\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81' }],
  ['mdraid of version 1.2', { 4096: [0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0] }],
  ['a BSD disklabel', { 512: u32le(0x82564557), 644: u32le(0x82564557) }],
  ['an Apple partition map', { 0: 'ER\x02\0', 512: 'PM\0\0' }],
  ['a DASD label', { 8192: [0xe5, 0xd6, 0xd3, 0xf1] }],
  ...[1024, 2048, 4096, 8192].map((at): [string, Changes] => [
    `OCFS2 in blocks of ${at / 2} bytes`,
    { [at]: 'OCFSV2' },
  ]),
  ['HFS+ in a wrapper of HFS', { 1024: 'BD', 1148: 'H+' }],
  ['F2FS', { 1024: u32le(0xf2f52010) }],
  ['JFS', { 32768: 'JFS1' }],
  ['UFS', { 9564: u32le(0x00011954) }],
  ['UFS2', { [65536 + 1372]: u32le(0x19540119) }],
  ['UFS2 of another byte order', { [65536 + 1372]: u32be(0x19540119) }],
  ['UFS2 that begins early (makefs)', { 9564: u32le(0x19540119) }],
  ['ReiserFS', { [65536 + 52]: 'ReIsEr2Fs' }],
  ['GFS2', { 65536: u32be(0x01161970) }],
  ['mdraid of version 1.0', { [BYTES - 8192]: [0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0] }],
  ['mdraid of version 0.90', { [BYTES - 65536]: [...u32le(0xa92b4efc), ...u32le(0), ...u32le(90)] }],
  [
    'mdraid of version 0.90 and another byte order',
    { [BYTES - 65536]: [...u32be(0xa92b4efc), ...u32be(0), ...u32be(90)] },
  ],
  ['swap space in pages of 64 KiB', { 1024: u32le(1), 1028: u32le(3), 65526: 'SWAPSPACE2' }],
  ['swap space of another byte order', { 1024: u32be(1), 1028: u32be(15), 4086: 'SWAPSPACE2' }],
];

/** Their boot sectors look like an MBR without partitions, too. */
const bitLocker: [name: string, signs: Changes][] = [
  ['BitLocker', { 3: '-FVE-FS-' }],
  ['BitLocker for sticks', { 424: '\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01' }],
];

/** The same each time; no signature is in them. */
function random(length: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 24;
    }),
  );
}

const withVolumes = volumes.map(([name, signs]) =>
  accepted(`with ${name}`, raw(BYTES, { unnoticedBytes: BYTES - 512 }), () => patched(blank, signs), {
    fileName: 'disk.img',
  }),
);

const withFileSystems = fileSystems.flatMap(([name, signs]): CorpusEntry[] => [
  accepted(`with ${name} and no partitions`, raw(BYTES, glanceWarning(name)), () => patched(blank, signs(BYTES))),
  refused(`with ${name} that goes on past the end`, 'truncated', () => patched(blank, signs(BYTES + 4096)), {
    claimedFormat: 'raw',
  }),
]);

function glanceWarning(name: string): Partial<Acceptance> {
  return REFUSED_BY_GLANCE.includes(name) ? { warning: 'Glance refuses' } : {};
}

/** The disk of a machine that keeps qcow2 files: the file begins in the first sector of its partition. */
function holdingQcow2(): Buffer {
  const disk = gptDisk(2 ** 20);
  qcow2Image(DISK).copy(disk, 34 * 512);
  return disk;
}

/** Of the table and the header behind the partition. */
const copyBytes = (sectorBytes: number): number => 16384 + sectorBytes;

/** What is behind the partition is warned of at most. */
const onGpt = (sectorBytes: number): Partial<Acceptance> => ({
  unnoticedBytes: copyBytes(sectorBytes),
  ...(sectorBytes === 512 ? {} : { warning: `sectors of ${sectorBytes} bytes` }),
});

const ONLY_COPY = raw(BYTES, { warning: 'copy at the end is intact', unnoticedBytes: 0 });

/** The front of a GPT of 1 MiB under whatever the disk begins with. */
function withStaleGpt(disk: Buffer): Buffer {
  const stale = Buffer.from(disk);
  gptDisk(2 ** 20).copy(stale, 512, 512, 1024);
  return stale;
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
    { ...MBR, warning: ['announces a GPT', 'Glance refuses'] },
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
      warning: 'not a multiple of 512',
      unnoticedBytes: DISK.length - 257,
      unlikeQemu: 'it takes the half for a whole sector',
    }),
    () => Buffer.concat([DISK, Buffer.alloc(256)]),
  ),
  ...[512, 4096].flatMap((sectorBytes) => [
    accepted(`with a GPT in sectors of ${sectorBytes} bytes`, raw(BYTES, onGpt(sectorBytes)), () =>
      gptDisk(BYTES, 1, { sectorBytes }),
    ),
    accepted(`with a GPT in sectors of ${sectorBytes} bytes, of 4 TiB`, raw(4 * TIB, onGpt(sectorBytes)), () =>
      emptyGptDisk(4 * TIB, { sectorBytes }),
    ),
    refused(`with a GPT in sectors of ${sectorBytes} bytes, cut in its partition`, 'truncated', () =>
      gptDisk(BYTES, 1, { sectorBytes }).subarray(0, -copyBytes(sectorBytes) - 1),
    ),
  ]),
  ...[1, 512, copyBytes(512)].map((bytes) =>
    accepted(
      `with a GPT, cut by ${bytes} bytes behind its partition`,
      raw(BYTES - bytes, {
        warning: bytes === 1 ? ['not a multiple of 512', 'past the end'] : 'past the end',
        unnoticedBytes: copyBytes(512) - bytes,
        ...(bytes === 1 && { unlikeQemu: 'it takes the rest for a whole sector' }),
      }),
      () => gptDisk(BYTES).subarray(0, -bytes),
    ),
  ),
  accepted('with a GPT and a qcow2 image in its partition', raw(2 ** 20, onGpt(512)), holdingQcow2),
  refused('with a GPT, cut to its first half', 'truncated', () => gptDisk(BYTES).subarray(0, BYTES / 2)),
  refused('with a GPT cut in its header', 'truncated', () => gptDisk(BYTES).subarray(0, 540)),
  refused('with a GPT cut in its signature', 'truncated', () => gptDisk(BYTES).subarray(0, 519)),
  refused('with a GPT in sectors of 4096 bytes, cut in its signature', 'truncated', () =>
    gptDisk(BYTES, 1, { sectorBytes: 4096 }).subarray(0, 4103),
  ),
  accepted('with a GPT whose header is lost, and its copy', ONLY_COPY, () =>
    patched(gptDisk(BYTES), { 512: '\0'.repeat(92) }),
  ),
  accepted('with a GPT whose header is damaged, and its copy', ONLY_COPY, () =>
    patched(gptDisk(BYTES), { [512 + 56]: [1] }),
  ),
  accepted('with a GPT whose table is damaged, and its copy', ONLY_COPY, () =>
    patched(gptDisk(BYTES), { [1024 + 16]: [1] }),
  ),
  accepted(
    'with a GPT in sectors of 4096 bytes whose header is lost, and its copy',
    { ...ONLY_COPY, warning: ['copy at the end is intact', 'sectors of 4096 bytes'] },
    () => patched(gptDisk(BYTES, 1, { sectorBytes: 4096 }), { 4096: '\0'.repeat(92) }),
  ),
  refused('with the MBR of a GPT disk, but neither a GPT nor its copy', 'corrupt-header', () =>
    patched(gptDisk(BYTES), { 512: '\0'.repeat(8), [BYTES - 512]: '\0'.repeat(8) }),
  ),
  accepted('with an MBR over a GPT of a larger disk', { ...MBR, unnoticedBytes: DISK.length - 513 }, () =>
    withStaleGpt(DISK),
  ),
  accepted(
    'with a GPT of a larger disk that no MBR announces',
    raw(DISK.length, { warning: 'no MBR announces it', unnoticedBytes: DISK.length - 520 }),
    () => withStaleGpt(Buffer.alloc(DISK.length)),
  ),
  accepted('with a hybrid MBR', raw(BYTES, { ...onGpt(512), warning: 'Glance refuses' }), () =>
    patched(gptDisk(BYTES), { 462: [0, 0, 3, 0, 0x83, 0, 0, 0, ...u32le(40), ...u32le(40)] }),
  ),
  accepted('with a protective MBR of CHS 0/1/0', raw(BYTES, { ...onGpt(512), warning: 'CHS 0/0/2' }), () =>
    patched(gptDisk(BYTES), { 447: [0, 1, 0] }),
  ),
  accepted('with a protective MBR of no sectors', raw(BYTES, onGpt(512)), () =>
    patched(gptDisk(BYTES), { 458: u32le(0) }),
  ),
  accepted('with a protective MBR that starts at LBA 2', raw(BYTES, { ...onGpt(512), warning: 'LBA 1' }), () =>
    patched(gptDisk(BYTES), { 454: u32le(2) }),
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
const TRUSTED = raw(BYTES, { warning: 'The disk is blank', unnoticedBytes: BYTES - 1 });
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
    ...withVolumes,
    accepted(
      'with a boot sector alone, called disk.img',
      raw(BYTES, { warning: 'Glance refuses', unnoticedBytes: BYTES - 512 }),
      () => patched(blank, { 0: [0xfa, 0x31, 0xc0], ...BOOT_MARK }),
      { fileName: 'disk.img' },
    ),
    ...bitLocker.map(([name, signs]) =>
      accepted(`with ${name}`, raw(BYTES, { warning: 'Glance refuses', unnoticedBytes: BYTES - 512 }), () =>
        patched(blank, { ...signs, ...BOOT_MARK }),
      ),
    ),
    accepted(
      'with VMFS',
      raw(2 ** 21, { unnoticedBytes: 2 ** 21 - 512 }),
      () => patched(Buffer.alloc(2 ** 21), { [2 ** 20]: u32le(0xc001d00d) }),
      { fileName: 'disk.img' },
    ),
    accepted(
      'of random bytes, called disk.img',
      raw(BYTES, { warning: 'this image will probably not boot', unnoticedBytes: BYTES - 512 }),
      () => random(BYTES),
      { fileName: 'disk.img' },
    ),
    refused('with ext4 of 16 TiB by the high half of its size', 'truncated', () =>
      patched(blank, { 1028: u32le(1), 1080: [0x53, 0xef], 1120: u32le(0x80), 1360: u32le(1) }),
    ),
    ...mbrsOfNothing.map(([name, changes]) =>
      refused(`with an MBR of ${name}`, 'not-a-disk-image', () => patched(rawDisk(300 * 512), changes)),
    ),
    ...unsigned,
  ],
};
