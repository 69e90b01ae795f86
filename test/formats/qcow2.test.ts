import { describe, expect, test } from '@jest/globals';
import { patched, u32be, u64be } from '../support/images/patched.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';

const CLUSTER = 65536;
const v2 = qcow2Image(DISK, { version: 2 });
const v3 = qcow2Image(DISK);
const extension = (type: number, length = 8): number[] => [...u32be(type), ...u32be(length)];
const incompatible = (bits: number): Record<number, number[]> => ({ 72: u64be(bits) });
/** A longer header, with room for the compression type. */
const compression = (type: number, bits: number) => ({ ...incompatible(bits), 100: u32be(112), 104: [type] });

describe('a qcow2 image is refused', () => {
  test.each([
    ['with a backing file', { 8: u64be(512), 16: u32be(9) }, 'backing-file'],
    ['with a backing file without a name', { 8: u64be(512) }, 'backing-file'],
    ['with the format of a backing file', { 104: extension(0xe2792aca) }, 'backing-file'],
    ['with a data file by its feature bit', incompatible(4), 'external-data-file'],
    ['with a raw data file by its autoclear bit', { 88: u64be(2) }, 'external-data-file'],
    ['with a data file by its extension alone', { 104: extension(0x44415441) }, 'external-data-file'],
    [
      'with a data file by an extension behind another',
      { 104: extension(0x6803f857, 3), 120: extension(0x44415441) },
      'external-data-file',
    ],
    ['encrypted', { 32: u32be(1) }, 'encrypted'],
    ['encrypted with LUKS', { 32: u32be(2) }, 'encrypted'],
    ['with a LUKS extension alone', { 104: extension(0x0537be77) }, 'encrypted'],
    ['with feature bit 5', incompatible(32), 'unknown-feature'],
    ['with feature bit 32', incompatible(2 ** 32), 'unknown-feature'],
    ['with an unknown compression', compression(2, 8), 'unknown-feature'],
    ['with a compression type but no bit', compression(1, 0), 'corrupt-header'],
    ['with a compression bit but no type', incompatible(8), 'corrupt-header'],
    ['with extended L2 entries', incompatible(16), 'unsupported-variant'],
    ['of version 0', { 4: u32be(0) }, 'unsupported-variant'],
    ['of version 4', { 4: u32be(4) }, 'unsupported-variant'],
    ['marked as corrupt', incompatible(2), 'corrupt-header'],
    ['with clusters of 256 bytes', { 20: u32be(8) }, 'corrupt-header'],
    ['with clusters of 4 MiB', { 20: u32be(22) }, 'corrupt-header'],
    ['with a header of 100 bytes', { 100: u32be(100) }, 'corrupt-header'],
    ['with a header of 108 bytes', { 100: u32be(108) }, 'corrupt-header'],
    ['with a header longer than a cluster', { 100: u32be(CLUSTER + 8) }, 'corrupt-header'],
    ['with refcounts of 128 bits', { 96: u32be(7) }, 'corrupt-header'],
    ['with a disk of 0 bytes', { 24: u64be(0) }, 'corrupt-header'],
    ['with a disk of 2^63 bytes', { 24: u64be(2n ** 63n) }, 'corrupt-header'],
    ['with a disk larger than its L1 table', { 24: u64be(2 ** 29 + 1) }, 'corrupt-header'],
    ['with an L1 table of more than 32 MiB', { 36: u32be(4194305) }, 'corrupt-header'],
    ['with an L1 table between clusters', { 40: u64be(3 * CLUSTER + 8) }, 'corrupt-header'],
    ['with an L1 table in the header', { 40: u64be(0) }, 'corrupt-header'],
    ['with a refcount table between clusters', { 48: u64be(CLUSTER + 8) }, 'corrupt-header'],
    ['without a refcount table', { 56: u32be(0) }, 'corrupt-header'],
    ['with a refcount table of more than 8 MiB', { 56: u32be(129) }, 'corrupt-header'],
    ['with an empty refcount table', { [CLUSTER]: u64be(0) }, 'corrupt-header'],
    ['with an extension that leaves the header', { 104: extension(0x6803f857, CLUSTER) }, 'corrupt-header'],
    ['with an L1 table past the end', { 40: u64be(64 * CLUSTER) }, 'truncated'],
    ['with a refcount table past the end', { 48: u64be(64 * CLUSTER) }, 'truncated'],
    ['with a refcount block past the end', { [CLUSTER]: u64be(64 * CLUSTER) }, 'truncated'],
    [
      'with a cluster in use past the end',
      { [2 * CLUSTER + 2 * 8]: [0, 1], [4 * CLUSTER + 2 * 8]: u64be(8 * CLUSTER) },
      'truncated',
    ],
  ] as const)('%s', async (_name, changes, code) => {
    expect(await refusal(patched(v3, changes))).toBe(code);
  });

  test('with a data file by an extension behind a version 2 header', async () => {
    expect(await refusal(patched(v2, { 72: extension(0x44415441) }))).toBe('external-data-file');
  });

  test('with a cluster counted past the end, when there are too many snapshots to see what they name', async () => {
    const table = Buffer.alloc(2 * CLUSTER);
    const counted = patched(v3, { [2 * CLUSTER + 2 * 20]: [0, 1], 64: u64be(v3.length) });
    const withSnapshots = (count: number) => refusal(Buffer.concat([patched(counted, { 60: u32be(count) }), table]));
    expect(await withSnapshots(10)).toBe('accepted');
    expect(await withSnapshots(1000)).not.toBe('accepted');
  });

  test('with a cluster counted past the end that compressed data reaches into', async () => {
    const counted = { [2 * CLUSTER + 2 * 8]: [0, 1] };
    const lastSector = (1n << 62n) | (1n << 54n) | BigInt(8 * CLUSTER - 512);
    expect(await refusal(patched(v3, { ...counted, [4 * CLUSTER + 16]: u64be(lastSector) }))).toBe('truncated');
  });
});

describe('a qcow2 image is accepted', () => {
  test('with a refcount block of a later part of the file that nothing names', async () => {
    // Refcounts of cluster 32768 and following, kept in the block of the first ones.
    const image = patched(v3, { [CLUSTER + 8]: u64be(2 * CLUSTER) });
    expect((await found(image)).warnings).toEqual([expect.stringContaining('no table names')]);
  });

  test('with a cluster counted past the end though its tables are larger than what may be read', async () => {
    const clusterBytes = 2 ** 21;
    const image = qcow2Image(DISK, { clusterBits: 21 });
    const counted = 2 * clusterBytes + (image.length / clusterBytes + 1) * 2;
    const { warnings } = await found(patched(image, { [counted]: [0, 1] }));
    expect(warnings).toEqual([expect.stringContaining('no table names')]);
  });

  test('whose feature bits are not looked at, since it is of version 2', async () => {
    expect(await found(patched(v2, { 72: u32be(0) }))).toMatchObject({ subformat: 'v2' });
  });

  test('with the names of its features and with bitmaps', async () => {
    const changes = { 104: extension(0x6803f857, 48), 160: extension(0x23852875, 24) };
    expect(await refusal(patched(v3, changes))).toBe('accepted');
  });

  test('compressed with zstd', async () => {
    expect(await refusal(patched(v3, compression(1, 8)))).toBe('accepted');
  });

  test.each([9, 12, 16, 21])('with clusters of 2^%i bytes', async (clusterBits) => {
    const disk = DISK.subarray(0, 64 * 512);
    expect(await found(qcow2Image(disk, { clusterBits }))).toMatchObject({ virtualSize: disk.length });
  });

  test('with a warning when it was not closed cleanly', async () => {
    const { warnings } = await found(patched(v3, incompatible(1)));
    expect(warnings).toEqual([expect.stringContaining('dirty')]);
  });

  test('with a warning when it holds snapshots', async () => {
    const { warnings } = await found(
      Buffer.concat([patched(v3, { 60: u32be(2), 64: u64be(v3.length) }), Buffer.alloc(CLUSTER)]),
    );
    expect(warnings).toEqual([expect.stringContaining('2 internal snapshots')]);
  });
});

describe('refcounts of each width', () => {
  // One bit to 64 bits: the counts of the eight clusters in use, and of one more that is past the end.
  test.each([0, 1, 2, 3, 4, 5, 6])('of 2^%i bits show what is in use', async (order) => {
    const bits = 2 ** order;
    const block = Buffer.alloc(CLUSTER);
    const set = (cluster: number) => {
      const bit = order < 3 ? cluster * bits : cluster * bits + bits - 8;
      block[Math.floor(bit / 8)] = (block[Math.floor(bit / 8)] ?? 0) | (1 << (bit % 8));
    };
    const withBlock = () =>
      Buffer.concat([patched(v3, { 96: u32be(order) }).subarray(0, 2 * CLUSTER), block, v3.subarray(3 * CLUSTER)]);
    for (let cluster = 0; cluster < v3.length / CLUSTER; cluster++) set(cluster);
    expect(await refusal(withBlock())).toBe('accepted');
    set(v3.length / CLUSTER);
    const { warnings } = await found(withBlock());
    expect(warnings).toEqual([expect.stringContaining(`a cluster at byte ${v3.length}`)]);
  });
});
