import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { examine } from '../../lambda/formats/inspect.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';
import { DISK_TABLE } from '../support/images/guest-tables.ts';
import { padded, patched, u32be, u32le, u64be, u64le } from '../support/images/patched.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { asZstd, withFirstEntry, withPackedCluster } from '../support/images/qcow2-cluster.ts';
import { refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { vdiImage } from '../support/images/vdi.ts';
import { dynamicVhd } from '../support/images/vhd.ts';
import { vhdxImage } from '../support/images/vhdx.ts';
import { monolithicSparseVmdk, streamOptimizedVmdk } from '../support/images/vmdk.ts';

const CLUSTER = 65536;
const first = padded(DISK, CLUSTER).subarray(0, CLUSTER);
/** A cluster that packs badly behind its partition table. */
const noisy = Buffer.concat([first.subarray(0, 512), randomBytes(CLUSTER - 512)]);
const noisyDisk = Buffer.concat([noisy, DISK.subarray(CLUSTER)]);

/** What was found in the image, and what the report says of the guest's partition table. */
async function seen(image: Buffer) {
  const { error, found, checks } = await examine(bytesReader(image));
  if (error !== undefined) throw error;
  const { outcome, detail } = checks.find(({ code }) => code === 'partition-table') ?? {};
  return { table: found?.partitionTable, outcome, detail };
}

const NONE = { table: undefined, outcome: 'passed', detail: 'There is none.' };

describe('the disk inside a qcow2 image is read', () => {
  test.each([
    ['from a cluster that is not there, as zeros', withFirstEntry(DISK, 0n)],
    ['from a cluster marked as zeros', withFirstEntry(DISK, 1n)],
    ['from a cluster marked as zeros that has a place, too', withFirstEntry(DISK, BigInt(5 * CLUSTER) | 1n)],
    ['from an L2 table that is not there, as zeros', patched(qcow2Image(DISK), { [3 * CLUSTER]: u64be(0) })],
  ])('%s', async (_name, image) => {
    expect(await seen(image)).toEqual(NONE);
  });

  test('with the mark of zeros ignored in version 2, which has none', async () => {
    const entry = BigInt(5 * CLUSTER) | 1n;
    expect((await seen(withFirstEntry(DISK, entry, { version: 2 }))).table).toEqual(DISK_TABLE);
  });

  const packed = deflateRawSync(noisy);
  test.each([
    ['that begins with a cluster', withPackedCluster(noisyDisk, packed)],
    ['that begins inside a sector', withPackedCluster(noisyDisk, packed, { shift: 777 })],
    ['that the next one follows', withPackedCluster(noisyDisk, packed, { tail: packed.subarray(0, 300) })],
    ['of zstd', asZstd(withPackedCluster(noisyDisk, zstdCompressSync(noisy)))],
    [
      'of zstd that the next one follows',
      asZstd(withPackedCluster(noisyDisk, zstdCompressSync(noisy), { tail: packed })),
    ],
    ['of zstd that packs well', asZstd(withPackedCluster(DISK, zstdCompressSync(first), { shift: 100, tail: noisy }))],
    [
      'of zstd with a checksum',
      asZstd(
        withPackedCluster(DISK, zstdCompressSync(first, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }), {
          tail: packed,
        }),
      ),
    ],
  ])('from a compressed cluster %s', async (_name, image) => {
    expect((await seen(image)).table).toEqual(DISK_TABLE);
  });

  test.each([9, 12, 16, 21])('from clusters of 2^%i bytes', async (clusterBits) => {
    const disk = DISK.subarray(0, 64 * 512);
    expect((await seen(qcow2Image(disk, { clusterBits }))).table?.partitions).toHaveLength(1);
  });

  test('from a last cluster that the file ends in', async () => {
    const disk = DISK.subarray(0, 64 * 512);
    const image = qcow2Image(disk);
    expect((await seen(image.subarray(0, image.length - CLUSTER + 1024))).table?.partitions).toHaveLength(1);
  });
});

describe('the disk inside a qcow2 image is not read, and the image not refused', () => {
  test.each([
    ['its compressed data are damaged', withPackedCluster(DISK, Buffer.alloc(600, 0xff)), 'cannot be decompressed'],
    [
      'they give more than a cluster',
      withPackedCluster(DISK, deflateRawSync(Buffer.alloc(CLUSTER + 1))),
      'decompressed',
    ],
    ['they end too early', withPackedCluster(DISK, deflateRawSync(first.subarray(0, 9000))), 'end too early'],
    ['zstd ends too early', asZstd(withPackedCluster(DISK, zstdCompressSync(noisy).subarray(0, 5000))), 'too early'],
    ['zstd is damaged', asZstd(withPackedCluster(DISK, Buffer.alloc(600, 0x28))), 'cannot be decompressed'],
  ])('where %s', async (_name, image, reason) => {
    const { table, outcome, detail } = await seen(image);
    expect([table, outcome]).toEqual([undefined, 'skipped']);
    expect(detail).toContain(reason);
  });

  test('where it is scattered over too many places', async () => {
    const image = qcow2Image(DISK.subarray(0, 64 * 512), { clusterBits: 9 });
    const scattered = Buffer.concat([image, Buffer.alloc(2 ** 20)]);
    const l2 = Number(image.readBigUInt64BE(Number(image.readBigUInt64BE(40))) & 0xffffffff00n);
    for (let cluster = 0; cluster < 48; cluster++) {
      scattered.writeBigUInt64BE(BigInt(200 * 1024 + cluster * 8192), l2 + cluster * 8);
    }
    const { outcome, detail } = await seen(scattered);
    expect([outcome, detail]).toEqual(['skipped', expect.stringContaining('too many places')]);
  });
});

describe('an image whose tables lead elsewhere is refused:', () => {
  const sparse = monolithicSparseVmdk(DISK);
  const stream = streamOptimizedVmdk(DISK);
  const table = 22 * 512;
  test.each([
    ['qcow2, L2 table past the end', patched(qcow2Image(DISK), { [3 * CLUSTER]: u64be(2 ** 30) }), 'truncated'],
    ['qcow2, L2 table between clusters', patched(qcow2Image(DISK), { [3 * CLUSTER]: u64be(1024) }), 'corrupt-header'],
    ['qcow2, cluster past the end', withFirstEntry(DISK, BigInt(2 ** 30)), 'truncated'],
    ['qcow2, cluster between clusters', withFirstEntry(DISK, 1024n), 'corrupt-header'],
    ['qcow2, compressed cluster past the end', withFirstEntry(DISK, (1n << 62n) | BigInt(2 ** 30)), 'truncated'],
    ['vmdk, grain table past the end', patched(sparse, { [21 * 512]: u32le(2 ** 30) }), 'truncated'],
    ['vmdk, grain past the end', patched(sparse, { [table]: u32le(2 ** 30) }), 'truncated'],
    ['vmdk, packed grain past the end', patched(stream, streamTable(stream, 2 ** 30)), 'truncated'],
    ['vhd, block past the end', patched(dynamicVhd(DISK), { 1536: u32be(2 ** 30) }), 'truncated'],
    ['vdi, block past the end', patched(vdiImage(DISK), { 512: u32le(9) }), 'truncated'],
  ] as const)('%s', async (_name, image, code) => {
    expect(await refusal(image)).toBe(code);
  });

  test.each([
    ['vmdk, grain table not there', patched(sparse, { [21 * 512]: u32le(0) })],
    ['vmdk, grain not there', patched(sparse, { [table]: u32le(0) })],
    ['vmdk, grain of zeros', patched(sparse, { 8: u32le(5), [table]: u32le(1) })],
    ['vhd, block not there', patched(dynamicVhd(DISK), { 1536: u32be(0xffffffff) })],
    ['vdi, block not there', patched(vdiImage(DISK), { 512: u32le(0xffffffff) })],
    ['vdi, block of zeros', patched(vdiImage(DISK), { 512: u32le(0xfffffffe) })],
    ['vhdx, block not there', patched(vhdxImage(DISK), { [3 * 2 ** 20]: u64le(2) })],
  ])('but what is not stored is zeros: %s', async (_name, image) => {
    expect(await seen(image)).toEqual(NONE);
  });
});

/** Changes the first entry of the grain table that the footer leads to. */
function streamTable(image: Buffer, sector: number): Record<number, number[]> {
  const directory = Number(image.readBigUInt64LE(image.length - 1024 + 56)) * 512;
  return { [image.readUInt32LE(directory) * 512]: u32le(sector) };
}

test('a grain without a marker before its data is read', async () => {
  const image = Buffer.from(streamOptimizedVmdk(DISK));
  const directory = Number(image.readBigUInt64LE(image.length - 1024 + 56)) * 512;
  const grain = image.readUInt32LE(image.readUInt32LE(directory) * 512) * 512;
  image.copyWithin(grain, grain + 12, grain + 12 + image.readUInt32LE(grain + 8));
  for (const header of [0, image.length - 1024]) image.writeUInt32LE(0x10001, header + 8);
  expect((await seen(image)).table).toEqual(DISK_TABLE);
});
