import { readFile, stat } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bitmapKey } from '../../../local/simulator/fast-import.ts';
import { type ImageClient, TestCloud } from './cloud.ts';
import { isoImage, mbr, qcow2, zvhd } from './disk-images.ts';
import { importFast, job, ObsCloud, slowObs, untilJob, untilOver } from './obs-cloud.ts';

// Beside other test files on a busy machine.
const GIB = 2 ** 30;
const DATA = Buffer.concat([mbr(), Buffer.alloc(4096, 'imagedrop')]);

let storage: ObsCloud;
let cloud: TestCloud;
let ims: ImageClient;
beforeAll(async () => {
  storage = await ObsCloud.start();
  cloud = await storage.cloud();
  ims = await cloud.ims();
  await storage.put('disk.raw', DATA);
  await storage.put('disk.mf', 'bitmap');
  await storage.put('disk.zvhd2', zvhd('z2strm', 2 * GIB));
});
afterAll(() => storage.stop());

const asked = { name: 'big', os_version: 'Ubuntu 22.04 server 64bit', image_url: 'obs:disk.raw', min_disk: 40 };

/** The image that a fast import makes. */
async function imported(body: object) {
  const { job_id: jobId } = (await importFast(ims, body)).json;
  const shown = await untilOver(cloud, ims, jobId);
  return { shown, image: await ims.image(shown.entities.image_id) };
}

describe('a fast import', () => {
  test('of RAW with its bitmap file makes the image itself', async () => {
    const { shown, image } = await imported({ ...asked, tags: ['imagedrop_id.42'], description: 'a disk' });
    expect(shown).toMatchObject({ status: 'SUCCESS', job_type: 'imsImportImageJob', entities: { image_name: 'big' } });
    expect(image).toMatchObject({
      name: 'big',
      status: 'active',
      disk_format: 'raw',
      min_disk: 40,
      tags: ['imagedrop_id.42'],
      __image_size: String(DATA.length),
      __os_type: 'Linux',
      __platform: 'Ubuntu',
      __description: 'a disk',
      virtual_env_type: 'FusionCompute',
    });
    expect(await readFile(cloud.simulator.imageFile(image.id))).toEqual(DATA);
  });

  test('of ZVHD2 needs no bitmap', async () => {
    const { image } = await imported({ ...asked, image_url: 'obs:disk.zvhd2', min_disk: 2 });
    expect(image).toMatchObject({ status: 'active', disk_format: 'zvhd2' });
  });

  test('of a data disk needs no version of an operating system', async () => {
    const { shown, image } = await imported({ ...asked, os_version: undefined, os_type: 'Windows', type: 'DataImage' });
    expect(shown.job_type).toBe('imsImportDataImageJob');
    expect(image).toMatchObject({ virtual_env_type: 'DataImage', __os_type: 'Windows' });
  });

  test('for Arm boots by UEFI', async () => {
    const { image } = await imported({ ...asked, architecture: 'arm' });
    expect(image).toMatchObject({ __support_arm: 'true', hw_firmware_type: 'uefi' });
  });

  test('takes tags in both forms', async () => {
    const { image } = await imported({ ...asked, image_tags: [{ key: 'stage', value: 'test' }] });
    expect(image.tags).toEqual(['stage=test']);
  });

  test('shows the image when the job has begun to make it', async () => {
    const slow = await slowObs(DATA, 10);
    const waiting = await storage.cloud({ obs: slow.obs });
    const client = await waiting.ims();
    const reply = importFast(client, asked);
    slow.goOn();
    const { job_id } = (await reply).json;
    const { entities } = await untilJob(client, job_id, ({ status }) => status === 'RUNNING');
    expect(await client.image(entities.image_id)).toMatchObject({ status: 'saving', name: 'big' });
  });

  test('of 130 GiB takes a moment and no room', async () => {
    const size = 130 * GIB;
    await storage.obs.putSparse({ key: 'huge/disk.raw', size, pieces: [{ offset: 0, bytes: mbr() }] });
    await storage.put('huge/disk.mf', 'bitmap');
    const { image } = await imported({ ...asked, image_url: 'obs:huge/disk.raw', min_disk: 130 });
    expect(image).toMatchObject({ status: 'active', __image_size: String(size) });
    const file = await stat(cloud.simulator.imageFile(image.id));
    expect(file.size).toBe(size);
    expect(file.blocks * 512).toBeLessThan(2 ** 20);
  });
});

describe('a fast import is refused', () => {
  test.each<[string, string, object]>([
    ['without a legal name', 'IMG.0002', { name: 'a/b' }],
    ['without min_disk', 'IMG.0055', { min_disk: undefined }],
    ['with a min_disk of 0', 'IMG.0055', { min_disk: 0 }],
    ['with a min_disk of 1025 GB', 'IMG.0055', { min_disk: 1025 }],
    ['with a min_disk that is smaller than the disk', 'IMG.0055', { image_url: 'obs:disk.zvhd2', min_disk: 1 }],
    ['for a type that is none', 'IMG.0024', { type: 'FusionCompute' }],
    ['for a wrong architecture', 'IMG.0212', { architecture: 'x86_64' }],
    ['for a wrong firmware', 'IMG.0141', { hw_firmware_type: 'efi' }],
    ['without a version of the operating system', 'IMG.0056', { os_version: undefined }],
    ['with tags that are no list', 'IMG.0001', { tags: 'a=b' }],
    ['without a file', 'IMG.0001', { image_url: undefined }],
    ['for a file that is not there', 'IMG.0057', { image_url: 'obs:nothing.raw' }],
    ['for a name with a space', 'IMG.0175', { image_url: 'obs:a b.raw' }],
  ])('%s: %s', async (_case, code, wrong) => {
    const reply = await importFast(ims, { ...asked, ...wrong });
    expect(reply.status).toBe(400);
    expect(reply.json.error).toMatchObject({ code, message: expect.stringMatching(/./) });
  });

  test.each<[string, Buffer]>([
    ['qcow2', qcow2()],
    ['zvhd', zvhd('stream')],
    ['iso', isoImage()],
    ['gzip', gzipSync(DATA)],
  ])('for %s: IMG.0158', async (format, bytes) => {
    const image_url = await storage.put(`other/${format}.raw`, bytes);
    await storage.put(`other/${format}.mf`, 'bitmap');
    expect((await importFast(ims, { ...asked, image_url })).json.error.code).toBe('IMG.0158');
  });

  test('for RAW without its bitmap file: IMG.0158, and it says which', async () => {
    const image_url = await storage.put('folder/bare.raw', DATA);
    expect((await importFast(ims, { ...asked, image_url })).json.error).toMatchObject({
      code: 'IMG.0158',
      message: expect.stringContaining('folder/bare.mf'),
    });
  });

  test('for a ZVHD2 that ends within its header: IMG.0057', async () => {
    const image_url = await storage.put('short.zvhd2', zvhd('z2strm').subarray(0, 50));
    expect((await importFast(ims, { ...asked, image_url })).json.error.code).toBe('IMG.0057');
  });

  test('beyond 1 TB: IMG.0059', async () => {
    await storage.obs.putSparse({ key: 'too-large.raw', size: 1024 * GIB + 1 });
    expect((await importFast(ims, { ...asked, image_url: 'obs:too-large.raw' })).json.error.code).toBe('IMG.0059');
  });

  test('by quota, by name and by the number of jobs', async () => {
    const strict = await storage.cloud({ ims: { imageQuota: 2, uniqueNames: true, maxRunningJobs: 1 } });
    const client = await strict.ims();
    await client.created({ name: 'twin' });
    expect((await importFast(client, { ...asked, name: 'twin' })).json.error.code).toBe('IMG.0009');
    const { job_id } = (await importFast(client, asked)).json;
    await untilJob(client, job_id, ({ status }) => status === 'RUNNING');
    await client.ask('DELETE', `/v2/images/${(await job(client, job_id)).entities.image_id}`);
    expect((await importFast(client, asked)).json.error.code).toBe('IMG.0060');
    await client.created({ name: 'second' });
    expect((await importFast(client, asked)).json.error.code).toBe('IMG.0015');
  });

  test('without object storage, for what is not a JSON object and without a token', async () => {
    const without = await TestCloud.start();
    expect((await importFast(await without.ims(), asked)).json.error.code).toBe('IMG.0057');
    await without.stop();
    expect((await importFast(ims, [])).json.error.code).toBe('IMG.0001');
    const where = '/v2/cloudimages/quickimport/action';
    expect((await ims.ask('POST', where, '{}', { 'x-auth-token': 'forged' })).status).toBe(401);
  });
});

test.each([
  ['image01.raw', 'image01.mf'],
  ['a.b/image01.v1.img', 'a.b/image01.v1.mf'],
  ['a.b/image01', 'a.b/image01.mf'],
])('the bitmap file of %s is %s', (key, bitmap) => {
  expect(bitmapKey(key)).toBe(bitmap);
});
