import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LAYOUTS } from '../support/checksum-layouts.ts';
import { rawDisk } from '../support/disk.ts';
import { newPublisher, type Publisher, signedFiles } from '../support/signing.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

const DISK = rawDisk(2 ** 20);

let pipeline: Pipeline;
let publisher: Publisher;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-keys-'));
  publisher = await newPublisher('publisher');
  const key = join(folder, 'publisher.asc');
  await writeFile(key, publisher.file.bytes);
  const targets = { simulator: { kind: 'glance', require: 'checksum' } };
  pipeline = await Pipeline.start({ targets, publisherKeys: [key] });
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true });
});

/** Waits until the record says that it waits for a file of its publisher. */
async function waiting(dropped: Dropped, code = 'checksum-missing'): Promise<void> {
  while ((await pipeline.record(dropped))?.waiting?.code !== code) await pause(50);
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

test('an image whose folder requires a signature waits for it, and its record names the key', async () => {
  const [layout] = LAYOUTS.filter((each) => each.publisher === 'Ubuntu');
  if (layout === undefined) throw new Error('There is no such layout.');
  const [list, signature] = Object.entries(await signedFiles(layout, DISK, publisher));
  await pipeline.drop('ubuntu/imagedrop.yaml', Buffer.from('require: signature\n'));
  await pipeline.drop(`ubuntu/${list?.[0]}`, list?.[1] ?? DISK);
  const dropped = await pipeline.drop(`ubuntu/${layout.image}`, DISK);
  await waiting(dropped, 'signature-missing');
  const file = await pipeline.drop(`ubuntu/${signature?.[0]}`, signature?.[1] ?? DISK);
  const record = await pipeline.settled(dropped);
  expect(record).toMatchObject({
    status: 'active',
    publisher: {
      require: 'signature',
      checksum: { agrees: true },
      signature: { key: publisher.fingerprint, by: publisher.by, file: file.key },
    },
  });
  expect((await pipeline.storedBytes(record)).equals(DISK)).toBe(true);
  expect(await pipeline.record(file)).toBeUndefined();
});
