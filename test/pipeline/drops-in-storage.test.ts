import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DropRecord } from '../../lambda/model/record.ts';
import type { SparseObject } from '../../local/s3/server.ts';
import { rawDisk } from '../support/disk.ts';
import { sparseZvhd2 } from '../support/images/zvhd.ts';
import { simulatedCloud } from './cloud.ts';
import { Pipeline } from './pipeline.ts';

const GB = 1e9;

/**
 * A stack whose drop bucket is the very bucket that the image service reads from. The service needs the stack's address
 * and keys, and the stack the service's: so the stack starts twice in one folder, where it keeps both.
 */
let folder: string;
let pipeline: Pipeline;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-in-storage-'));
  const stackFolder = join(folder, 'stack');
  const before = await Pipeline.start({ stackFolder, targets: { simulator: { kind: 'glance' } } });
  const { dropBucket: bucket, stack } = before;
  const { s3: endpoint } = stack.endpoints;
  const { operator } = stack;
  await before.stop();
  const obs = { endpoint, region: 'us-east-1', ...operator };
  // Samples of the files are enough: that their bytes arrive is shown where they are staged.
  const cloud = await simulatedCloud({ folder: join(folder, 'simulator'), obs, ims: { wholeReadBytes: 2 ** 26 } });
  const staging = { bucket, endpoint, region: 'us-east-1' };
  pipeline = await Pipeline.start({
    stackFolder,
    cloud: { ...cloud, name: 'simulator-ims', client: () => cloud.client('ims') },
    targets: { 'simulator-ims': { kind: 'ims', staging } },
  });
  expect(pipeline.stack.endpoints.s3).toBe(endpoint);
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function settledSparse(object: Omit<SparseObject, 'bucket'>): Promise<DropRecord> {
  const versionId = await pipeline.stack.putSparse({ ...object, bucket: pipeline.dropBucket });
  return pipeline.settled({ key: object.key, versionId });
}

const rawPieces = [{ offset: 0, bytes: rawDisk() }];

async function expectHoles(record: DropRecord, size: number): Promise<void> {
  const file = await stat(pipeline.cloud.imageFile(record.image?.id ?? ''));
  expect(file.size).toBe(size);
  expect(file.blocks * 512).toBeLessThan(2 ** 20);
}

describe('a drop in the bucket that the image service reads from', () => {
  test('is registered without a copy, and stays there', async () => {
    const record = await settledSparse({ key: 'images/large.raw', size: 3 * GB, pieces: rawPieces });
    expect(record).toMatchObject({
      status: 'active',
      plan: { route: 'register', reason: expect.stringContaining('reads the dropped object') },
      register: { percent: 100 },
      verification: { outcome: 'unverified', size: 3 * GB },
    });
    expect(record.staging).toBeUndefined();
    expect((await pipeline.tags({ key: 'images/large.raw', versionId: record.drop.versionId ?? '' })).length).not.toBe(
      0,
    );
  });

  test('of 130 GB, raw with its bitmap file, goes by fast import', async () => {
    await pipeline.drop('huge/disk.mf', Buffer.from('a bitmap'));
    const record = await settledSparse({ key: 'huge/disk.raw', size: 130 * GB, pieces: rawPieces });
    expect(record).toMatchObject({ status: 'active', plan: { route: 'fast-import' }, sent: { minDisk: 122 } });
    await expectHoles(record, 130 * GB);
  });

  test('of 1 TB, zvhd2, goes by fast import', async () => {
    const record = await settledSparse({ key: 'huge/disk.zvhd2', ...sparseZvhd2(1000 * GB) });
    expect(record).toMatchObject({ status: 'active', plan: { route: 'fast-import' }, found: { format: 'zvhd2' } });
    await expectHoles(record, 1000 * GB);
  });

  test.each([
    [
      'raw without its bitmap file',
      { key: 'alone/disk.raw', size: 130 * GB, pieces: rawPieces },
      'too-large',
      'alone/disk.mf',
    ],
    ['of more than 1 TB', { key: 'huge/more.zvhd2', ...sparseZvhd2(1000 * GB + 4096) }, 'too-large', '1000000000000'],
    [
      'with a space in its key',
      { key: 'my disk.raw', size: 3 * GB, pieces: rawPieces },
      'invalid-request',
      'my disk.raw',
    ],
  ])('%s is refused before anything is created', async (_case, object, code, words) => {
    const record = await settledSparse(object);
    expect(record).toMatchObject({ status: 'failed', error: { code, message: expect.stringContaining(words) } });
    expect(record.image).toBeUndefined();
  });

  test('that is small goes by PUT, though it could be registered', async () => {
    const put = new PutObjectCommand({ Bucket: pipeline.dropBucket, Key: 'small.raw', Body: rawDisk() });
    const { VersionId: versionId = '' } = await pipeline.s3.send(put);
    const record = await pipeline.settled({ key: 'small.raw', versionId });
    expect(record).toMatchObject({ status: 'active', plan: { route: 'stream' } });
  });
});
