import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TargetPause } from '../../lambda/model/target-pause.ts';
import { rawDisk } from '../support/disk.ts';
import { Pipeline } from './pipeline.ts';

const QUOTA = 2;
const DROPS = 6;

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start({ simulator: { glance: { limits: { imageCountTotal: QUOTA } } } });
});
afterAll(() => pipeline?.stop());

async function pauseOfTarget(): Promise<TargetPause> {
  const Bucket = pipeline.output('StatusBucketName');
  const Key = `targets/${pipeline.cloud.name}.json`;
  const { Body: body } = await pipeline.s3.send(new GetObjectCommand({ Bucket, Key }));
  return JSON.parse((await body?.transformToString()) ?? '');
}

test('drops wait for a quota that is full, say so, and go on when there is room, without an attempt lost', async () => {
  const keys = Array.from({ length: DROPS }, (_, index) => `${index}.img`);
  const drops = await Promise.all(keys.map((key) => pipeline.drop(key, rawDisk())));
  const statuses = async () =>
    (await Promise.all(drops.map((each) => pipeline.record(each)))).map((each) => each?.status);
  const count = async (wanted: string) => (await statuses()).filter((status) => status === wanted).length;
  while ((await count('active')) < QUOTA) await pause(100);

  // One of them may be asking again whether there is room: it has a lease, and an attempt that will not count.
  const waiting = async () => {
    const records = await Promise.all(drops.map((each) => pipeline.record(each)));
    return records.filter((record) => record?.waiting !== undefined && record.lease === undefined);
  };
  let records = await waiting();
  while (records.length < DROPS - QUOTA) {
    await pause(100);
    records = await waiting();
  }
  for (const record of records) {
    expect(record).toMatchObject({ status: 'received', attempts: 0, waiting: { code: 'quota-exceeded' } });
  }
  expect(await pauseOfTarget()).toMatchObject({
    code: 'quota-exceeded',
    message: expect.stringContaining('image_count_total'),
  });

  // Whoever uses the images takes them away, and makes room for the next ones.
  const client = await pipeline.imageClient();
  const active = new Set<string>();
  while (active.size < DROPS) {
    for (const dropped of drops) {
      const record = await pipeline.record(dropped);
      if (record?.announcedAt === undefined || active.has(dropped.key)) continue;
      expect(record.status).toBe('active');
      active.add(dropped.key);
      await client.ask('DELETE', `/v2/images/${record.image?.id}`);
    }
    await pause(200);
  }
  expect(await pipeline.messages('IngestDeadLetterQueueUrl')).toBe(0);
});
