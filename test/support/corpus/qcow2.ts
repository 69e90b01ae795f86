import type { ErrorCode } from '../../../lambda/model/errors.ts';
import { rawDisk } from '../disk.ts';
import { patched, u32be, u64be } from '../images/patched.ts';
import { qcow2Image } from '../images/qcow2.ts';
import { DISK } from '../images/samples.ts';
import { type Acceptance, accepted, type CorpusEntry, type CorpusGroup, refused } from './entry.ts';

const CLUSTER = 65536;
const TIB = 1024 ** 4;
/** 32 KiB: small enough for the one refcount block of the smallest clusters. */
const SMALL_DISK = rawDisk(64 * 512, 7);
const v2 = qcow2Image(DISK, { version: 2 });
const v3 = qcow2Image(DISK);

type Changes = Readonly<Record<number, readonly number[]>>;
const changed = (changes: Changes) => () => patched(v3, changes);
const extension = (type: number, length = 8): number[] => [...u32be(type), ...u32be(length)];
const incompatible = (bits: number | bigint): Changes => ({ 72: u64be(bits) });
/** A table of them in the cluster that follows the image. */
const snapshots = (count: number): Changes => ({ 60: u32be(count), 64: u64be(v3.length) });
/** A header with room for the compression type. */
const compression = (type: number, bits: number): Changes => ({ ...incompatible(bits), 100: u32be(112), 104: [type] });

/** The last cluster may be partial. */
const SOUND: Acceptance = { format: 'qcow2', subformat: 'v3', virtualSize: DISK.length, unnoticedBytes: CLUSTER - 1 };

const acceptedChanges: [name: string, changes: Changes, warning?: string][] = [
  ['with a header of 112 bytes', { 100: u32be(112) }],
  ['with a header of 256 bytes', { 100: u32be(256) }],
  ['compressed with zstd', compression(1, 8)],
  ['with the names of its features', { 104: extension(0x6803f857, 48) }],
  ['with an extension that nobody knows', { 104: extension(0x12345678, 5) }],
  ['with an end of its extensions that has 8 bytes', { 104: extension(0) }],
  ['with lazy refcounts', { 87: [1] }],
  ['with an autoclear feature that nobody knows', { 95: [128] }],
  ['that was not closed cleanly', incompatible(1), 'dirty bit'],
];

const variants: CorpusEntry[] = [
  accepted('of version 3', SOUND, () => v3),
  accepted('of version 2', { ...SOUND, subformat: 'v2' }, () => v2),
  accepted('of version 2 with clusters of 512 bytes', clustered(9, 'v2'), () =>
    qcow2Image(SMALL_DISK, { version: 2, clusterBits: 9 }),
  ),
  ...Array.from({ length: 13 }, (_, index) => 9 + index).map((clusterBits) =>
    accepted(`with clusters of 2^${clusterBits} bytes`, clustered(clusterBits), () =>
      qcow2Image(SMALL_DISK, { clusterBits }),
    ),
  ),
  ...[0, 1, 2, 3, 4, 5, 6].map((refcountOrder) =>
    accepted(`with refcounts of ${2 ** refcountOrder} bits`, SOUND, () => qcow2Image(DISK, { refcountOrder })),
  ),
  ...acceptedChanges.map(([name, changes, warning]) =>
    accepted(name, { ...SOUND, ...(warning === undefined ? {} : { warning }) }, changed(changes)),
  ),
  accepted('with persistent bitmaps', { ...SOUND, unlikeQemu: 'it opens the bitmaps, which are not there' }, () =>
    patched(v3, { 95: [1], 104: extension(0x23852875, 24) }),
  ),
  accepted(
    'with two internal snapshots',
    // Only their table must be there.
    { ...SOUND, warning: '2 internal snapshots', unnoticedBytes: CLUSTER - 2 * 40 },
    () => Buffer.concat([patched(v3, snapshots(2)), Buffer.alloc(CLUSTER)]),
  ),
  accepted('with an extension up to the end of a header of 512 bytes', clustered(9), () =>
    patched(qcow2Image(SMALL_DISK, { clusterBits: 9 }), { 104: extension(0x12345678, 512 - 104 - 8) }),
  ),
  accepted('of a disk of 512 bytes', { ...SOUND, virtualSize: 512 }, () => qcow2Image(DISK.subarray(0, 512))),
  accepted('of an all but empty disk of 10 TiB', { ...SOUND, virtualSize: 10 * TIB }, () =>
    qcow2Image(DISK, { virtualSize: 10 * TIB }),
  ),
  accepted('of an empty disk of 32 TiB', { ...SOUND, virtualSize: 32 * TIB, unnoticedBytes: CLUSTER - 8 }, () =>
    qcow2Image(Buffer.alloc(CLUSTER), { virtualSize: 32 * TIB }),
  ),
  accepted('that ends inside its last cluster', { ...SOUND, unnoticedBytes: 0 }, () => v3.subarray(0, 1 - CLUSTER)),
  accepted('with a cluster appended that is not in use', { ...SOUND, unnoticedBytes: 2 * CLUSTER - 1 }, () =>
    Buffer.concat([v3, Buffer.alloc(CLUSTER)]),
  ),
  accepted('that is said to be QCOW2', SOUND, () => v3, { claimedFormat: ' QCOW2 ' }),
  accepted('that is called disk.vmdk', SOUND, () => v3, { fileName: 'disk.vmdk' }),
];

function clustered(clusterBits: number, subformat = 'v3'): Acceptance {
  return { ...SOUND, subformat, virtualSize: SMALL_DISK.length, unnoticedBytes: 2 ** clusterBits - 1 };
}

const dangers: [name: string, changes: Changes, code: ErrorCode][] = [
  ['with a backing file', { 8: u64be(512), 16: u32be(9) }, 'backing-file'],
  ['with the offset of a backing file, but a name of 0 bytes', { 8: u64be(512) }, 'backing-file'],
  ['with a backing file at an offset of 2^63', { 8: u64be(2n ** 63n), 16: u32be(9) }, 'backing-file'],
  ['with the format of a backing file alone', { 104: extension(0xe2792aca) }, 'backing-file'],
  ['with a data file by its feature bit', incompatible(4), 'external-data-file'],
  ['with a data file, not closed cleanly', incompatible(5), 'external-data-file'],
  ['with a raw data file by its autoclear bit', { 88: u64be(2) }, 'external-data-file'],
  ['with a data file by its extension alone', { 104: extension(0x44415441) }, 'external-data-file'],
  ['with a data file by bit and extension', { 79: [4], 104: extension(0x44415441) }, 'external-data-file'],
  ['with a data file named by nothing', { 104: extension(0x44415441, 0) }, 'external-data-file'],
  [
    'with a data file by an extension behind another',
    { 104: extension(0x6803f857, 3), 120: extension(0x44415441) },
    'external-data-file',
  ],
  [
    'with a data file by an extension behind a longer header',
    { 100: u32be(256), 256: extension(0x44415441) },
    'external-data-file',
  ],
  ['encrypted with AES', { 32: u32be(1) }, 'encrypted'],
  ['encrypted with LUKS', { 32: u32be(2), 104: extension(0x0537be77, 16) }, 'encrypted'],
  ['encrypted in a way that nobody knows', { 32: u32be(3) }, 'encrypted'],
  ['with a LUKS header, though it says that it is not encrypted', { 104: extension(0x0537be77, 16) }, 'encrypted'],
  ['with incompatible feature 5', incompatible(32), 'unknown-feature'],
  ['with incompatible feature 31', incompatible(2 ** 31), 'unknown-feature'],
  ['with incompatible feature 32', incompatible(2 ** 32), 'unknown-feature'],
  ['with incompatible feature 63', incompatible(2n ** 63n), 'unknown-feature'],
  ['compressed in a way that nobody knows', compression(2, 8), 'unknown-feature'],
  ['with extended L2 entries', incompatible(16), 'unsupported-variant'],
  ['of version 0', { 4: u32be(0) }, 'unsupported-variant'],
  ['of version 4', { 4: u32be(4) }, 'unsupported-variant'],
  ['of version 2^32 - 1', { 4: u32be(2 ** 32 - 1) }, 'unsupported-variant'],
];

/** No sound header has so many bytes of extensions, and what is read of it at first ends there. */
const HEAD_BYTES = 65536;
const dangersBehind64KiB: [name: string, type: number][] = [
  ['a data file', 0x44415441],
  ['the format of a backing file', 0xe2792aca],
  ['a LUKS header', 0x0537be77],
  ['nothing', 0],
];

/** The last entry of the L2 table in use, for the third cluster of the disk. */
const lastEntry = (offset: number): Changes => ({ [4 * CLUSTER + 2 * 8]: u64be(offset) });
const LEAK: Acceptance = { ...SOUND, warning: 'no table names' };

/** Clusters 8 and 9, behind the image, are counted too, and so is cluster 20, past the end. */
const WITH_COUNTS: Changes = { [2 * CLUSTER + 8 * 2]: [0, 1, 0, 1], [2 * CLUSTER + 20 * 2]: [0, 1] };
const PAST_END = u64be(20 * CLUSTER);
const behind = (changes: Changes): Buffer =>
  patched(Buffer.concat([v3, Buffer.alloc(3 * CLUSTER)]), { ...WITH_COUNTS, ...changes });

/** Without state of a machine, with the size of its disk, ID "1" and name "s" (specification, "Snapshots"). */
const SNAPSHOT = [
  ...[...u64be(9 * CLUSTER), ...u32be(1), 0, 1, 0, 1, ...u64be(0), ...u64be(0), ...u32be(0), ...u32be(16)],
  ...[...u64be(0), ...u64be(DISK.length), 0x31, 0x73],
];
/** A snapshot whose table and L1 table follow the image. */
const withSnapshot = (l2Table: number, changes: Changes = {}): Buffer =>
  behind({ ...snapshots(1), [v3.length]: SNAPSHOT, [9 * CLUSTER]: u64be(l2Table), ...changes });

/** A bitmap "b" of clusters of 64 KiB, whose directory and table follow the image (specification, "Bitmaps extension"). */
const withBitmap = (cluster: readonly number[]): Buffer =>
  behind({
    95: [1],
    104: [...extension(0x23852875, 24), ...u32be(1), ...u32be(0), ...u64be(32), ...u64be(v3.length)],
    [v3.length]: [...u64be(9 * CLUSTER), ...u32be(1), ...u32be(0), 1, 16, 0, 1, ...u32be(0), 0x62],
    [9 * CLUSTER]: cluster,
  });

const damages: [name: string, changes: Changes, code: ErrorCode][] = [
  ['that its writer marked as corrupt', incompatible(2), 'corrupt-header'],
  ['with a compression type but no bit for it', compression(1, 0), 'corrupt-header'],
  ['with the bit of a compression type but none', incompatible(8), 'corrupt-header'],
  ['with clusters of 1 byte', { 20: u32be(0) }, 'corrupt-header'],
  ['with clusters of 256 bytes', { 20: u32be(8) }, 'corrupt-header'],
  ['with clusters of 4 MiB', { 20: u32be(22) }, 'corrupt-header'],
  ['with clusters of 2^(2^31) bytes', { 20: u32be(2 ** 31) }, 'corrupt-header'],
  ['with a header of 0 bytes', { 100: u32be(0) }, 'corrupt-header'],
  ['with a header of 72 bytes in version 3', { 100: u32be(72) }, 'corrupt-header'],
  ['with a header of 108 bytes', { 100: u32be(108) }, 'corrupt-header'],
  ['with a header longer than a cluster', { 100: u32be(CLUSTER + 8) }, 'corrupt-header'],
  ['with refcounts of 128 bits', { 96: u32be(7) }, 'corrupt-header'],
  ['with a disk of 0 bytes', { 24: u64be(0) }, 'corrupt-header'],
  ['with a disk of 2^53 bytes', { 24: u64be(2n ** 53n) }, 'corrupt-header'],
  ['with a disk of 2^63 bytes', { 24: u64be(2n ** 63n) }, 'corrupt-header'],
  ['with a disk of 2^64 - 1 bytes', { 24: u64be(2n ** 64n - 1n) }, 'corrupt-header'],
  ['with a disk one byte larger than its L1 table can hold', { 24: u64be(2 ** 29 + 1) }, 'corrupt-header'],
  ['with an L1 table of no entry', { 36: u32be(0) }, 'corrupt-header'],
  ['with an L1 table of more than 32 MiB', { 36: u32be(4194305) }, 'corrupt-header'],
  ['with an L1 table between clusters', { 40: u64be(3 * CLUSTER + 8) }, 'corrupt-header'],
  ['with its L1 table in the header', { 40: u64be(0) }, 'corrupt-header'],
  ['with a refcount table between clusters', { 48: u64be(CLUSTER + 8) }, 'corrupt-header'],
  ['without a refcount table', { 56: u32be(0) }, 'corrupt-header'],
  ['with a refcount table of more than 8 MiB', { 56: u32be(129) }, 'corrupt-header'],
  ['with a refcount table without an entry', { [CLUSTER]: u64be(0) }, 'corrupt-header'],
  ['with an extension that leaves the header', { 104: extension(0x6803f857, CLUSTER) }, 'corrupt-header'],
  ['with an extension of 2^32 - 1 bytes', { 104: extension(0x6803f857, 2 ** 32 - 1) }, 'corrupt-header'],
  ['with an end of its extensions that is longer than the header', { 104: extension(0, CLUSTER) }, 'corrupt-header'],
  ['with its refcount table in the header', { 48: u64be(0) }, 'corrupt-header'],
  ['with 65,537 snapshots', snapshots(65537), 'corrupt-header'],
  ['with a snapshot table between clusters', { ...snapshots(1), 64: u64be(CLUSTER + 8) }, 'corrupt-header'],
  ['with a snapshot table between clusters, but no snapshot', { 64: u64be(CLUSTER + 8) }, 'corrupt-header'],
  ['with its snapshot table in the header', { ...snapshots(1), 64: u64be(0) }, 'corrupt-header'],
  ['with a snapshot table past the end', snapshots(2), 'truncated'],
  ['with an L1 table past the end', { 40: u64be(64 * CLUSTER) }, 'truncated'],
  ['with a refcount table past the end', { 48: u64be(64 * CLUSTER) }, 'truncated'],
  ['with a refcount block past the end', { [CLUSTER]: u64be(64 * CLUSTER) }, 'truncated'],
  ['with a cluster in use past the end', { [2 * CLUSTER + 2 * 8]: [0, 1], ...lastEntry(8 * CLUSTER) }, 'truncated'],
];

const cuts: [name: string, bytes: number][] = [
  ['behind its signature', 4],
  ['in its version', 7],
  ['in the header of version 2', 71],
  ['in the header of version 3', 103],
  ['behind its header', CLUSTER],
  ['in its refcount table', CLUSTER + 7],
  ['before its refcount block', 2 * CLUSTER],
  ['before its L1 table', 3 * CLUSTER],
  ['in its L1 table', 3 * CLUSTER + 7],
  ['before its L2 table', 4 * CLUSTER],
  ['in its data', 6 * CLUSTER],
  ['before its last cluster', v3.length - CLUSTER],
];

export const qcow2: CorpusGroup = {
  title: 'A qcow2 image',
  entries: [
    ...variants,
    accepted(
      'with a cluster counted past the end that nothing names',
      LEAK,
      changed({ [2 * CLUSTER + 8 * 2]: [0, 1] }),
    ),
    accepted(
      'with a cluster counted 2 GiB past the end that nothing names',
      LEAK,
      changed({ [CLUSTER + 8]: u64be(2 * CLUSTER) }),
    ),
    // What follows the tables is not missed.
    accepted(
      'with a snapshot and a cluster counted past the end that nothing names',
      { ...LEAK, warning: ['1 internal snapshots', 'no table names'], unnoticedBytes: 2 * CLUSTER - 8 },
      () => withSnapshot(4 * CLUSTER),
    ),
    accepted(
      'with a bitmap and a cluster counted past the end that nothing names',
      { ...LEAK, unnoticedBytes: 2 * CLUSTER - 8 },
      () => withBitmap(u64be(0)),
    ),
    refused('with a snapshot that names a cluster past the end', 'truncated', () =>
      withSnapshot(10 * CLUSTER, { [10 * CLUSTER]: PAST_END }),
    ),
    refused('with a snapshot that names a table past the end', 'truncated', () => withSnapshot(20 * CLUSTER)),
    refused('with a bitmap that names a cluster past the end', 'truncated', () => withBitmap(PAST_END)),
    ...[...dangers, ...damages].map(([name, changes, code]) => refused(name, code, changed(changes))),
    refused('of version 2 with a backing file', 'backing-file', () => patched(v2, { 8: u64be(512), 16: u32be(9) })),
    refused('of version 2 with a data file by its extension', 'external-data-file', () =>
      patched(v2, { 72: extension(0x44415441) }),
    ),
    ...dangersBehind64KiB.map(([name, type]) =>
      refused(`with ${name} by an extension behind 64 KiB of another`, 'corrupt-header', () =>
        patched(qcow2Image(DISK, { clusterBits: 17 }), {
          104: extension(0x6803f857, HEAD_BYTES - 104 - 8),
          [HEAD_BYTES]: extension(type),
        }),
      ),
    ),
    refused('of version 2 that is encrypted', 'encrypted', () => patched(v2, { 32: u32be(1) })),
    ...cuts.map(([name, bytes]) => refused(`cut ${name}`, 'truncated', () => v3.subarray(0, bytes))),
    ...['raw', 'vmdk', 'qcow', 'luks'].map((claimedFormat) =>
      refused(`that is said to be ${claimedFormat}`, 'wrong-format', () => v3, { claimedFormat }),
    ),
    refused('that is said to be raw and called disk.raw', 'wrong-format', () => v3, {
      claimedFormat: 'raw',
      fileName: 'disk.raw',
    }),
  ],
};
