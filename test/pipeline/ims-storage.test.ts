import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { rawDisk } from '../support/disk.ts';
import { SAMPLES } from '../support/images/samples.ts';
import { type ObsCloud, obsCloud } from './obs-cloud.ts';
import { Pipeline } from './pipeline.ts';

/** The ten file types of the vendor's page "Uploading an Image"; all but an ISO, which is no disk. */
const FILES = SAMPLES.filter(({ format }) => format !== 'iso');

let folder: string;
let service: ObsCloud;
let pipeline: Pipeline;
/** One cloud under three names: a target for each route. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-ims-'));
  service = await obsCloud(folder);
  const { clouds } = parse(service.cloud.cloudsYaml);
  const ims = clouds['simulator-ims'];
  const { staging } = service;
  const kind = 'ims';
  pipeline = await Pipeline.start({
    cloud: { ...service.cloud, cloudsYaml: stringify({ clouds: { put: ims, registered: ims, fast: ims } }) },
    targets: {
      put: { kind },
      registered: { kind, route: 'register', staging },
      fast: { kind, route: 'register', staging, maxRegisterBytes: 1 },
    },
  });
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('files of all ten types', () => {
  test('arrive whole by PUT and by object storage, where nothing is left of them', async () => {
    expect(new Set(FILES.map(({ format }) => format)).size).toBe(10);
    const dropped = await Promise.all(FILES.map(({ name, bytes }) => pipeline.drop(`of all types/${name}`, bytes)));
    for (const [index, { format, bytes }] of FILES.entries()) {
      const drop = dropped[index] ?? { key: '', versionId: '' };
      const put = await pipeline.settled(drop, 'put');
      expect(put).toMatchObject({ status: 'active', found: { format }, plan: { route: 'stream' } });
      expect((await pipeline.storedBytes(put)).equals(bytes)).toBe(true);
      const registered = await pipeline.settled(drop, 'registered');
      expect(registered).toMatchObject({
        status: 'active',
        plan: { route: 'register' },
        register: { percent: 100 },
        staging: { removedAt: expect.any(String) },
      });
      expect((await pipeline.storedBytes(registered)).equals(bytes)).toBe(true);
    }
    await pipeline.idle();
    expect(await service.left()).toEqual([]);
  });
});

describe('a fast import', () => {
  test('of raw bytes takes the bitmap file that is beside them along', async () => {
    const bytes = rawDisk(8192, 5);
    await pipeline.drop('with bitmap/disk.mf', Buffer.from('a bitmap'));
    const record = await pipeline.settled(await pipeline.drop('with bitmap/disk.raw', bytes), 'fast');
    expect(record).toMatchObject({
      status: 'active',
      plan: { route: 'fast-import' },
      image: { id: expect.any(String) },
    });
    expect((await pipeline.storedBytes(record)).equals(bytes)).toBe(true);
    await pipeline.idle();
    expect(await service.left()).toEqual([]);
  });

  test('is refused for raw bytes without their bitmap file, and for other formats, with what would do', async () => {
    const alone = await pipeline.settled(await pipeline.drop('alone/disk.raw', rawDisk()), 'fast');
    expect(alone).toMatchObject({ status: 'failed', error: { code: 'too-large' } });
    expect(alone.error?.message).toContain('alone/disk.mf');
    const qcow2 = FILES.find(({ format }) => format === 'qcow2')?.bytes ?? Buffer.alloc(0);
    const other = await pipeline.settled(await pipeline.drop('a.qcow2', qcow2), 'fast');
    expect(other).toMatchObject({ status: 'failed', error: { code: 'too-large' } });
    expect(other.error?.message).toContain('this is qcow2');
  });
});
