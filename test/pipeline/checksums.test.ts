import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LAYOUTS } from '../support/checksum-layouts.ts';
import { rawDisk } from '../support/disk.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

const DISK = rawDisk(2 ** 20);

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start({ targets: { simulator: { kind: 'glance', require: 'checksum' } } });
});
afterAll(() => pipeline?.stop());

/** Waits until the record says that it waits for its checksum file. */
async function waiting(dropped: Dropped): Promise<void> {
  while ((await pipeline.record(dropped))?.waiting?.code !== 'checksum-missing') await pause(50);
}

test('images wait for their checksum file, which wakes them and is not a drop', async () => {
  const [layout] = LAYOUTS.filter(({ publisher }) => publisher === 'Fedora');
  if (layout === undefined) throw new Error('There is no such layout.');
  const key = `fedora/${layout.image}`;
  const dropped = await pipeline.drop(key, DISK);
  await waiting(dropped);
  expect(await pipeline.images()).toEqual([]);
  const file = await pipeline.drop(`fedora/${layout.name}`, Buffer.from(layout.text(DISK)));
  const record = await pipeline.settled(dropped);
  expect(record).toMatchObject({
    status: 'active',
    verification: { outcome: 'verified' },
    publisher: { require: 'checksum', checksum: { algorithm: 'sha256', from: file.key, agrees: true } },
  });
  expect((await pipeline.storedBytes(record)).equals(DISK)).toBe(true);
  expect(await pipeline.images()).toHaveLength(1);
  expect(await pipeline.record(file)).toBeUndefined();
});

test('an image with other bytes fails, and leaves nothing', async () => {
  const before = await pipeline.images();
  const checksum = `sha512:${createHash('sha512').update('other').digest('hex')}`;
  const record = await pipeline.settled(await pipeline.drop('other.img', DISK, { checksum }));
  expect(record).toMatchObject({
    status: 'failed',
    error: { code: 'checksum-mismatch', retryable: false },
    publisher: { checksum: { from: 'metadata', agrees: false } },
  });
  expect(await pipeline.images()).toEqual(before);
});
