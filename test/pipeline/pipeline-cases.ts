import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordKey } from '../../lambda/model/drop.ts';
import { rawDisk } from '../support/disk.ts';
import { SAMPLES } from '../support/images/samples.ts';
import { zipOf } from '../support/packed/packed-files.ts';
import type { Pipeline } from './pipeline.ts';

/** What stock Glance takes; the rest is for IMS. */
const GLANCE_FORMATS = ['qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'raw', 'iso'];

const TEXT = Buffer.from('Dear reader, this is a letter.\n'.repeat(40));

/** Registers with jest what holds whatever the cloud is. */
export function pipelineCases(start: () => Promise<Pipeline>): void {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await start();
  });
  afterAll(() => pipeline?.stop());

  test('makes a verified image of every format that the cloud takes, byte by byte', async () => {
    const samples = SAMPLES.filter(({ format }) => GLANCE_FORMATS.includes(format));
    const dropped = await Promise.all(samples.map(({ name, bytes }) => pipeline.drop(`formats/${name}.bin`, bytes)));
    for (const [index, sample] of samples.entries()) {
      const record = await pipeline.settled(dropped[index] ?? { key: '', versionId: '' });
      expect(record).toMatchObject({
        status: 'active',
        found: { format: sample.format, virtualSize: sample.virtualSize },
        verification: { outcome: 'verified', algorithm: 'sha512' },
      });
      const { offset = 0, length = 0 } = record.plan?.range ?? {};
      const sent = sample.bytes.subarray(offset, offset + length);
      expect((await pipeline.storedBytes(record)).equals(sent)).toBe(true);
    }
  });

  test.each<[string, (disk: Buffer) => Buffer]>([
    ['gz', gzipSync],
    ['zst', zstdCompressSync],
    ['zip', (bytes) => zipOf([{ name: 'disk.img', bytes }])],
  ])('makes a verified image of the disk inside a packed file: %s', async (format, pack) => {
    const disk = rawDisk(8192, 5);
    const record = await pipeline.settled(await pipeline.drop(`inside.img.${format}`, pack(disk)));
    expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' }, packed: { format } });
    expect((await pipeline.storedBytes(record)).equals(disk)).toBe(true);
  });

  test('makes one image of the same bytes under the same key, unless the drop asks for another', async () => {
    const drop = async (userMetadata?: Record<string, string>) =>
      pipeline.settled(await pipeline.drop('twice/same.img', rawDisk(4096, 21), userMetadata));
    const first = await drop();
    const second = await drop();
    const { image, verification, receipt } = first;
    expect(second).toMatchObject({ status: 'active', image, verification, receipt });
    expect(second.duplicateOf).toBe(recordKey(first.drop, first.target));
    const third = await drop({ again: 'true' });
    expect(third.duplicateOf).toBeUndefined();
    expect(third.image?.id).not.toBe(image?.id);
  });

  test('tells the dropped object what became of it, and keeps the tags that it had', async () => {
    const dropped = await pipeline.drop('tagged.img', rawDisk());
    const record = await pipeline.settled(dropped);
    expect(await pipeline.tags(dropped)).toEqual({
      [`imagedrop:${pipeline.cloud.name}`]: `active ${record.image?.id}`,
    });
  });

  test('publishes each outcome to the topic, where a subscriber can tell success from failure', async () => {
    const nextOutcome = await pipeline.subscribe();
    const [good, bad] = [await pipeline.drop('told.img', rawDisk(4096, 8)), await pipeline.drop('told.txt', TEXT)];
    await Promise.all([pipeline.settled(good), pipeline.settled(bad)]);
    const outcomes = [await nextOutcome(), await nextOutcome()].sort((a, b) => a.status.localeCompare(b.status));
    expect(outcomes).toMatchObject([
      {
        status: 'active',
        target: pipeline.cloud.name,
        drop: { key: 'told.img' },
        verification: { outcome: 'verified' },
      },
      { status: 'failed', target: pipeline.cloud.name, drop: { key: 'told.txt' }, error: { code: 'not-a-disk-image' } },
    ]);
  });

  test.each([
    ['text', TEXT, 'not-a-disk-image'],
    ['empty', Buffer.alloc(0), 'empty'],
    [
      'cut.qcow2',
      SAMPLES.find(({ format }) => format === 'qcow2')?.bytes.subarray(0, 70_000) ?? Buffer.alloc(0),
      'truncated',
    ],
    ['qed.img', SAMPLES.find(({ format }) => format === 'qed')?.bytes ?? Buffer.alloc(0), 'format-not-taken'],
  ])('fails %s with a code, a sentence and a next step', async (key, bytes, code) => {
    const dropped = await pipeline.drop(key, bytes);
    const record = await pipeline.settled(dropped);
    expect(record).toMatchObject({ status: 'failed', error: { code, retryable: false } });
    expect(record.error?.message).toMatch(/\.$/);
    expect(record.error?.nextStep).toMatch(/\.$/);
    expect(await pipeline.tags(dropped)).toEqual({ [`imagedrop:${pipeline.cloud.name}`]: `failed ${code}` });
  });

  test('makes one image of an event that comes three more times, before and after', async () => {
    const bytes = rawDisk(8192, 3);
    const dropped = await pipeline.drop('thrice.img', bytes);
    const event = pipeline.event(dropped, bytes);
    await Promise.all([pipeline.send('IngestQueueUrl', event), pipeline.send('IngestQueueUrl', event)]);
    const record = await pipeline.settled(dropped);
    await pipeline.send('IngestQueueUrl', event);
    await pipeline.idle();
    expect(await pipeline.settled(dropped)).toEqual(record);
    const named = (await pipeline.images()).filter(({ name }) => name === 'thrice');
    expect(named.map(({ id }) => id)).toEqual([record.image?.id]);
  });

  test.each([
    'with space.img',
    'plus+and%25percent&amp.img',
    'ünïcode/図/😀.img',
    `quotes'"\`.img`,
    '/leading//slashes.img',
    'dots/../up/./here.img',
    `${'long/'.repeat(204)}.img`,
  ])('takes the key %j as it is', async (key) => {
    const record = await pipeline.settled(await pipeline.drop(key, rawDisk(4096, 5)));
    expect(record.drop.key).toBe(key);
    expect(record.status).toBe('active');
  });

  test('gives up on a drop that was deleted at once, or makes an image of it: never neither', async () => {
    const dropped = await pipeline.drop('fleeting.img', rawDisk());
    await pipeline.s3.send(new DeleteObjectCommand({ Bucket: pipeline.dropBucket, Key: dropped.key }));
    const record = await pipeline.settled(dropped);
    expect(['active', 'object-gone']).toContain(record.error?.code ?? record.status);
  });

  test('every version of a key settles; only the newest must be active', async () => {
    const versions = [];
    for (const seed of [1, 2, 3, 4]) versions.push(await pipeline.drop('again.img', rawDisk(4096, seed)));
    const records = await Promise.all(versions.map((version) => pipeline.settled(version)));
    expect(records.at(-1)?.status).toBe('active');
    for (const { status } of records) expect(['active', 'superseded']).toContain(status);
    const alive = (await pipeline.images()).filter(({ name }) => name === 'again').length;
    expect(alive).toBe(records.filter(({ status }) => status === 'active').length);
  });
}
