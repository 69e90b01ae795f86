import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answer, serve, unusedAddress } from '../../support/http-server.ts';
import { type ImageClient, STRANGER, TestCloud } from './cloud.ts';
import { isoImage, mbr, qcow2, qed, vdi, vhd, vhdx, vmdk, zvhd } from './disk-images.ts';
import { job, ObsCloud, register, slowObs, untilJob, untilOver } from './obs-cloud.ts';

// Beside other test files on a busy machine.
const DATA = randomBytes(100_000);
const HUGE_BYTES = 130 * 2 ** 30;

let storage: ObsCloud;
let cloud: TestCloud;
let ims: ImageClient;
beforeAll(async () => {
  storage = await ObsCloud.start();
  cloud = await storage.cloud({ ims: { foreignBuckets: ['far-away'] } });
  ims = await cloud.ims();
});
afterAll(() => storage.stop());

/** Registers a new object for a new image. */
async function registered(bytes: Buffer, client = ims) {
  const id = await client.created();
  const reply = await register(client, id, await storage.put(`${randomUUID()}/disk.img`, bytes));
  return { id, reply, jobId: String(reply.json.job_id) };
}

/** What the simulator stores of an image, in bytes. */
async function storedBytes(id: string, at = cloud): Promise<number> {
  return (await stat(at.simulator.imageFile(id))).blocks * 512;
}

describe('registering a file', () => {
  test('is answered with a job, in which the image becomes active with the bytes of the object', async () => {
    const { id, reply, jobId } = await registered(DATA);
    expect(reply.status).toBe(200);
    expect(await ims.image(id)).toMatchObject({ status: 'saving', __image_size: '' });
    expect(await untilOver(cloud, ims, jobId)).toMatchObject({ status: 'SUCCESS' });
    expect(await ims.image(id)).toMatchObject({ status: 'active', __image_size: String(DATA.length) });
    expect(await readFile(cloud.simulator.imageFile(id))).toEqual(DATA);
  });

  test('takes its time by the clock, however quickly the object was read', async () => {
    const { id, jobId } = await registered(DATA);
    cloud.advance(500);
    const half = await untilJob(ims, jobId, ({ entities }) => Object(entities).process_percent === 50);
    expect(half).toMatchObject({ status: 'RUNNING', end_time: null, entities: { image_id: id, image_name: 'disk' } });
    expect((await ims.image(id)).status).toBe('saving');
    cloud.advance(499);
    expect(await job(ims, jobId)).toMatchObject({ status: 'RUNNING' });
    expect(await untilOver(cloud, ims, jobId)).toMatchObject({ status: 'SUCCESS', entities: { process_percent: 100 } });
  });

  test('takes as long as reading does, however long the clock says it is', async () => {
    const slow = await slowObs(DATA, 25_000);
    const waiting = await storage.cloud({ obs: slow.obs });
    const client = await waiting.ims();
    const { id, jobId } = await registered(DATA, client);
    waiting.advance(1_800_000);
    await untilJob(client, jobId, ({ entities }) => Object(entities).process_percent === 25);
    expect((await client.image(id)).status).toBe('saving');
    slow.goOn();
    expect(await untilOver(waiting, client, jobId)).toMatchObject({ status: 'SUCCESS' });
  });

  test('gives a job that is initialized until the first bytes have come', async () => {
    const slow = await slowObs(DATA, 0);
    const waiting = await storage.cloud({ obs: slow.obs });
    const client = await waiting.ims();
    const { jobId } = await registered(DATA, client);
    expect(await job(client, jobId)).toMatchObject({ status: 'INIT', entities: { process_percent: 0 } });
    slow.goOn();
    await untilJob(client, jobId, ({ status }) => status === 'RUNNING');
  });

  test.each<[string, Buffer]>([
    ['zvhd', zvhd('stream')],
    ['qcow2', qcow2()],
    ['vhd', vhd()],
    ['raw', Buffer.concat([mbr(), DATA])],
    ['vhdx', vhdx()],
    ['qed', qed()],
    ['vdi', vdi()],
    ['qcow', qcow2({ version: 1 })],
    ['zvhd2', zvhd('z2strm')],
    ['vmdk', vmdk()],
  ])('takes a %s', async (_format, bytes) => {
    const { id, jobId } = await registered(bytes);
    await untilOver(cloud, ims, jobId);
    expect((await ims.image(id)).status).toBe('active');
  });

  test.each<[string, string, Buffer]>([
    ['an archive', 'IMG.0057', gzipSync(DATA)],
    ['a disk that refers to another file', 'IMG.0057', qcow2({ backingOffset: 0x200 })],
    ['an encrypted disk', 'IMG.0072', Buffer.from('LUKS\xba\xbe'.padEnd(512), 'latin1')],
    ['an ISO, as long as none is taken', 'IMG.0072', isoImage()],
  ])('fails the job and kills the image for %s, with %s', async (_what, code, bytes) => {
    const { id, reply, jobId } = await registered(bytes);
    expect(reply.status).toBe(200);
    expect(await untilOver(cloud, ims, jobId)).toMatchObject({
      status: 'FAIL',
      error_code: code,
      fail_reason: expect.stringMatching(/./),
      end_time: expect.stringMatching(/Z$/),
      entities: { image_id: id },
    });
    expect((await ims.image(id)).status).toBe('killed');
    expect(await readFile(cloud.simulator.imageFile(id)).catch(() => 'gone')).toBe('gone');
  });

  test('takes an ISO where the service keeps it', async () => {
    const newer = await storage.cloud({ ims: { diskFormats: ['raw', 'iso'] } });
    const client = await newer.ims();
    const { jobId } = await registered(isoImage(), client);
    expect(await untilOver(newer, client, jobId)).toMatchObject({ status: 'SUCCESS' });
  });

  test('lets the image show the md5 of the object where the service shows any', async () => {
    const telling = await storage.cloud({ ims: { checksum: true } });
    const client = await telling.ims();
    const { id, jobId } = await registered(DATA, client);
    await untilOver(telling, client, jobId);
    expect((await client.image(id)).checksum).toBe(createHash('md5').update(DATA).digest('hex'));
  });

  test('stores no zeros', async () => {
    const bytes = Buffer.alloc(32 * 2 ** 20);
    DATA.copy(bytes, 10 * 2 ** 20);
    const { id, jobId } = await registered(bytes);
    await untilOver(cloud, ims, jobId);
    expect((await readFile(cloud.simulator.imageFile(id))).equals(bytes)).toBe(true);
    expect(await storedBytes(id)).toBeLessThan(2 ** 20);
  });

  test('of 130 GiB takes a moment and no room, where so much is allowed: the simulator reads samples', async () => {
    const large = await storage.cloud({ ims: { maxRegisterBytes: 2 ** 40, checksum: true } });
    const client = await large.ims();
    const id = await client.created();
    const tail = Buffer.from('the end');
    const pieces = [
      { offset: 0, bytes: mbr() },
      { offset: HUGE_BYTES - tail.length, bytes: tail },
    ];
    await storage.obs.putSparse({ key: 'huge.raw', size: HUGE_BYTES, pieces });
    const { job_id } = (await register(client, id, 'obs:huge.raw')).json;
    expect(await untilOver(large, client, job_id)).toMatchObject({ status: 'SUCCESS' });
    expect(await client.image(id)).toMatchObject({ __image_size: String(HUGE_BYTES), checksum: null });
    expect(await storedBytes(id, large)).toBeLessThan(2 ** 20);
    const file = await open(large.simulator.imageFile(id));
    const { buffer } = await file.read(Buffer.alloc(tail.length), 0, tail.length, HUGE_BYTES - tail.length);
    await file.close();
    expect(buffer).toEqual(tail);
  });

  test.each([1000, 12 * 2 ** 20])('reads samples of %d bytes too, if set', async (size) => {
    const sampling = await storage.cloud({ ims: { wholeReadBytes: 0 } });
    const client = await sampling.ims();
    const id = await client.created();
    const bytes = Buffer.alloc(size);
    bytes.fill(1, 0, 10).fill(2, size - 10);
    await storage.obs.putSparse({ key: 'some.raw', size, pieces: [{ offset: 0, bytes }] });
    await untilOver(sampling, client, (await register(client, id, 'obs:some.raw')).json.job_id);
    expect((await readFile(sampling.simulator.imageFile(id))).equals(bytes)).toBe(true);
  });
});

describe('registering is refused at once', () => {
  test.each([
    ['without a file', 'IMG.0001', undefined],
    ['for what names no object', 'IMG.0001', 'obs'],
    ['for an object that is not there', 'IMG.0057', 'obs:nothing.raw'],
    ['for a bucket that is not there', 'IMG.0057', 'nowhere:disk.raw'],
    ['for a bucket of another region', 'IMG.0058', 'far-away:disk.raw'],
    ['for a file name with a space', 'IMG.0175', 'obs:my disk.raw'],
    ['for a folder name with a space', 'IMG.0175', 'obs:my folder/disk.raw'],
  ])('%s: %s', async (_case, code, imageUrl) => {
    const id = await ims.created();
    const reply = await register(ims, id, imageUrl);
    expect(reply.status).toBe(400);
    expect(reply.json.error).toMatchObject({ code, message: expect.stringMatching(/./) });
    expect((await ims.image(id)).status).toBe('queued');
  });

  test('for an empty object: IMG.0057', async () => {
    expect((await registered(Buffer.alloc(0))).reply.json.error.code).toBe('IMG.0057');
  });

  test('for an object that may not be read: IMG.0057', async () => {
    const endpoint = await serve((_request, response) => answer(response, 403));
    const locked = await storage.cloud({ obs: { endpoint, accessKeyId: 'AKIA', secretAccessKey: 's' } });
    const client = await locked.ims();
    expect((await registered(DATA, client)).reply.json.error.code).toBe('IMG.0057');
  });

  test('beyond 128 GB by the size of the object: IMG.0059', async () => {
    await storage.obs.putSparse({ key: 'too-large.raw', size: HUGE_BYTES });
    await storage.obs.putSparse({ key: 'large.raw', size: 128 * 2 ** 30 });
    const id = await ims.created();
    expect((await register(ims, id, 'obs:too-large.raw')).json.error.code).toBe('IMG.0059');
    expect((await register(ims, id, 'obs:large.raw')).status).toBe(200);
  });

  test('while too many jobs are under way: IMG.0060', async () => {
    const busy = await storage.cloud({ ims: { maxRunningJobs: 1 } });
    const client = await busy.ims();
    const first = await registered(DATA, client);
    expect((await registered(DATA, client)).reply.json.error.code).toBe('IMG.0060');
    await untilOver(busy, client, first.jobId);
    expect((await registered(DATA, client)).reply.status).toBe(200);
  });

  test('when object storage does not answer: IMG.0061', async () => {
    const obs = { endpoint: await unusedAddress(), accessKeyId: 'AKIA', secretAccessKey: 's' };
    const cut = await storage.cloud({ obs });
    expect((await registered(DATA, await cut.ims())).reply.json.error.code).toBe('IMG.0061');
  });

  test('without object storage: IMG.0057, and it says why', async () => {
    const without = await TestCloud.start();
    try {
      const { reply } = await registered(DATA, await without.ims());
      expect(reply.json.error).toMatchObject({ code: 'IMG.0057', message: expect.stringContaining('option obs') });
    } finally {
      await without.stop();
    }
  });

  test('for an image that no one has created, or another project: 404', async () => {
    const id = await ims.created();
    expect((await register(ims, randomUUID(), 'obs:disk.raw')).status).toBe(404);
    expect((await register(await cloud.ims(STRANGER, 'elsewhere'), id, 'obs:disk.raw')).status).toBe(404);
  });

  test('for an image that does not wait for data: 409', async () => {
    const { id, jobId } = await registered(DATA);
    const imageUrl = await storage.put('again.raw', DATA);
    expect((await register(ims, id, imageUrl)).status).toBe(409);
    await untilOver(cloud, ims, jobId);
    expect((await register(ims, id, imageUrl)).status).toBe(409);
  });

  test('when two calls come for one image: only one of them is taken', async () => {
    const id = await ims.created();
    const imageUrl = await storage.put('twice.raw', DATA);
    const replies = await Promise.all([register(ims, id, imageUrl), register(ims, id, imageUrl)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test('for what is not a JSON object, and without a token', async () => {
    const where = `/v1/cloudimages/${await ims.created()}/upload`;
    expect((await ims.ask('PUT', where, '[]')).json.error.code).toBe('IMG.0001');
    expect((await ims.ask('PUT', where, '{')).status).toBe(400);
    expect((await ims.ask('PUT', where, '{}', { 'x-auth-token': 'forged' })).status).toBe(401);
  });
});

describe('a job fails', () => {
  test('when the object is another one by the time that it is read: IMG.0057', async () => {
    const endpoint = await serve((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 5, etag: '"first"' }).end();
      else answer(response, 412);
    });
    const changing = await storage.cloud({ obs: { endpoint, accessKeyId: 'AKIA', secretAccessKey: 's' } });
    const client = await changing.ims();
    const { id, jobId } = await registered(DATA, client);
    expect(await untilOver(changing, client, jobId)).toMatchObject({ status: 'FAIL', error_code: 'IMG.0057' });
    expect((await client.image(id)).status).toBe('killed');
  });

  test('when object storage breaks off: IMG.0061', async () => {
    const endpoint = await serve((request, response) => {
      const headers = { 'content-length': 99, etag: '"etag"' };
      if (request.method === 'HEAD') response.writeHead(200, headers).end();
      else response.writeHead(206, headers).write('x', () => response.destroy());
    });
    const breaking = await storage.cloud({ obs: { endpoint, accessKeyId: 'AKIA', secretAccessKey: 's' } });
    const client = await breaking.ims();
    const { jobId } = await registered(DATA, client);
    expect(await untilOver(breaking, client, jobId)).toMatchObject({ status: 'FAIL', error_code: 'IMG.0061' });
  });

  test('when its image is deleted meanwhile, and leaves nothing: IMG.0027', async () => {
    const slow = await slowObs(DATA, 10);
    const waiting = await storage.cloud({ obs: slow.obs });
    const client = await waiting.ims();
    const { id, jobId } = await registered(DATA, client);
    expect((await client.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
    slow.goOn();
    expect(await untilOver(waiting, client, jobId)).toMatchObject({ status: 'FAIL', error_code: 'IMG.0027' });
    expect((await client.get(`/v2/images/${id}`)).status).toBe(404);
    expect(await readFile(waiting.simulator.imageFile(id)).catch(() => 'gone')).toBe('gone');
  });
});
