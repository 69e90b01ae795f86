import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { answerOn, ask, type ImageClient, TestCloud } from './cloud.ts';
import { isoImage, mbr, qcow2, qed, vdi, vhd, vmdk } from './disk-images.ts';

const DATA = randomBytes(1000);

describe('creating an image at IMS', () => {
  let cloud: TestCloud;
  let ims: ImageClient;
  beforeAll(async () => {
    cloud = await TestCloud.start();
    ims = await cloud.ims();
  });
  afterAll(() => cloud.stop());

  test('answers 201 with the defaults and the properties of the vendor', async () => {
    const reply = await ims.create({ name: 'disk' });
    expect(reply.status).toBe(201);
    expect(reply.json).toMatchObject({
      name: 'disk',
      status: 'queued',
      visibility: 'private',
      protected: false,
      container_format: 'bare',
      disk_format: 'vhd',
      min_ram: 0,
      min_disk: 0,
      __os_version: 'Other Linux(64 bit)',
      __os_type: 'Linux',
      __os_bit: '64',
      __imagetype: 'private',
      __image_source_type: 'uds',
      __isregistered: 'true',
      virtual_env_type: 'FusionCompute',
      created_at: '2026-05-04T10:00:00Z',
    });
    expect(typeof reply.json.__image_size).toBe('string');
    expect(reply.json).not.toHaveProperty('os_hash_algo');
    expect(reply.json).not.toHaveProperty('checksum');
  });

  test('reads system and platform from __os_version', async () => {
    const { json } = await ims.create({ name: 'disk', __os_version: 'Windows Server 2008 R2 Standard 32bit' });
    expect(json).toMatchObject({ __os_type: 'Windows', __platform: 'Windows', __os_bit: '32' });
  });

  test('gives an id of its own, whatever the client asks for', async () => {
    const id = '11111111-2222-5333-8444-555555555555';
    const { json, status } = await ims.create({ name: 'disk', id });
    expect(status).toBe(201);
    expect(json.id).not.toBe(id);
  });

  test('is found again by a property, even an empty one', async () => {
    const { json } = await ims.create({ name: 'mine', imagedrop_id: 'drop-1', note: '' });
    const found = (await ims.get('/v2/images?imagedrop_id=drop-1')).json.images;
    expect(found.map(({ id }: { id: string }) => id)).toEqual([json.id]);
    expect(found[0].note).toBe('');
  });

  test.each(['Disk 1.0-a_b', '镜像', 'n'.repeat(128)])('takes the name %j', async (name) => {
    expect((await ims.create({ name })).status).toBe(201);
  });

  test.each([
    ['IMG.0002', 'a name with a slash', { name: 'a/b' }],
    ['IMG.0002', 'a name of 129 characters', { name: 'n'.repeat(129) }],
    ['IMG.0002', 'a name that begins with a space', { name: ' a' }],
    ['IMG.0002', 'a name that ends with a space', { name: 'a ' }],
    ['IMG.0002', 'no name', { name: undefined }],
    ['IMG.0072', 'a format that it does not keep', { disk_format: 'vmdk' }],
    ['IMG.0055', 'a min_disk of 39 GB', { min_disk: 39 }],
    ['IMG.0055', 'a min_disk of 1025 GB', { min_disk: 1025 }],
    ['IMG.0055', 'a negative min_ram', { min_ram: -1 }],
  ])('answers %s to %s', async (code, _case, wrong) => {
    const reply = await ims.create({ name: 'disk', ...wrong });
    expect(reply.status).toBe(400);
    expect(reply.json.error.code).toBe(code);
    expect(reply.json.error.message).not.toBe('');
  });

  test('takes every min_disk from 40 to 1024 GB', async () => {
    expect((await ims.create({ name: 'disk', min_disk: 40 })).json.min_disk).toBe(40);
    expect((await ims.create({ name: 'disk', min_disk: 1024 })).json.min_disk).toBe(1024);
  });

  test('takes tags of the form key=value only', async () => {
    expect((await ims.create({ name: 'disk', tags: ['stage=test', 'empty='] })).json.tags).toEqual([
      'stage=test',
      'empty=',
    ]);
    expect((await ims.create({ name: 'disk', tags: ['test'] })).status).toBe(400);
  });

  test.each(['public', 'shared'])('answers 403 to the visibility %s', async (visibility) => {
    expect((await ims.create({ name: 'disk', visibility })).status).toBe(403);
  });

  test('keeps its images apart from those of Glance', async () => {
    const id = await ims.created();
    expect((await (await cloud.glance()).get(`/v2/images/${id}`)).status).toBe(404);
  });

  test('answers 401 in the words of the gateway', async () => {
    const reply = await ask(`${ims.url}/v2/images`, 'GET', undefined, { 'x-auth-token': 'forged' });
    expect(reply.status).toBe(401);
    expect(reply.json.error_code).toMatch(/^APIGW/);
  });

  test('shows the quota', async () => {
    const { json } = await ims.get('/v1/cloudimages/quota');
    expect(json.quotas.resources[0]).toMatchObject({ type: 'image', quota: 100, min: 0 });
    expect(json.quotas.resources[0].used).toBe((await ims.get('/v2/images?limit=1000')).json.images.length);
  });
});

describe('uploading a file to IMS', () => {
  let cloud: TestCloud;
  let ims: ImageClient;
  beforeEach(async () => {
    cloud = await TestCloud.start({ ims: { maxPutBytes: 100_000 } });
    ims = await cloud.ims();
  });
  afterEach(() => cloud.stop());

  test('answers 204 at once, and makes the image active some time later', async () => {
    const id = await ims.created({ disk_format: 'vhd' });
    expect((await ims.upload(id, DATA)).status).toBe(204);
    expect(await ims.image(id)).toMatchObject({ status: 'saving', __image_size: '' });
    cloud.advance(1000);
    expect(await ims.image(id)).toMatchObject({
      status: 'active',
      __image_size: '1000',
      size: null,
      virtual_size: null,
    });
    expect(await readFile(cloud.simulator.imageFile(id))).toEqual(DATA);
  });

  test.each([
    ['qcow2', qcow2()],
    ['qcow', qcow2({ version: 1 })],
    ['qed', qed()],
    ['vmdk', vmdk()],
    ['vdi', vdi()],
    ['dynamic vhd', vhd()],
    ['fixed vhd', Buffer.concat([mbr(), vhd()])],
  ])('converts a %s, whatever the disk_format', async (_format, bytes) => {
    const id = await ims.created({ disk_format: 'zvhd2' });
    expect((await ims.upload(id, bytes)).status).toBe(204);
    cloud.advance(1000);
    expect(await ims.image(id)).toMatchObject({ status: 'active', disk_format: 'zvhd2' });
  });

  test.each([
    ['refers to a backing file', qcow2({ backingOffset: 0x200 })],
    ['is cut off', qcow2({ l1Offset: 4096 })],
    ['is two formats at once', Buffer.concat([vdi().fill('QFI\xfb', 0, 4, 'latin1'), Buffer.alloc(512)])],
  ])('kills an image whose file %s, permanently', async (_case, bytes) => {
    const id = await ims.created();
    expect((await ims.upload(id, bytes)).status).toBe(204);
    expect((await ims.image(id)).status).toBe('saving');
    cloud.advance(1000);
    expect((await ims.image(id)).status).toBe('killed');
    expect((await ims.upload(id, DATA)).status).toBe(409);
    expect((await ims.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
  });

  test.each([
    ['an archive', gzipSync(DATA)],
    ['an ISO, as long as none is taken', isoImage()],
    ['an encrypted disk', Buffer.from('LUKS\xba\xbe'.padEnd(512), 'latin1')],
  ])('answers IMG.0057 to %s, and kills the image', async (_case, bytes) => {
    const id = await ims.created();
    const reply = await ims.upload(id, bytes);
    expect(reply.status).toBe(400);
    expect(reply.json.error.code).toBe('IMG.0057');
    expect((await ims.image(id)).status).toBe('killed');
  });

  test.each([
    ['that says so', Buffer.alloc(0)],
    ['that does not say so', Readable.from([])],
  ])('answers IMG.0057 to an empty body %s', async (_case, body) => {
    const id = await ims.created();
    const reply = await ims.upload(id, body, Buffer.isBuffer(body) ? { 'content-length': '0' } : {});
    expect(reply.json.error.code).toBe('IMG.0057');
    expect((await ims.image(id)).status).toBe('queued');
  });

  test('answers IMG.0059 before the body when its length is beyond the limit', async () => {
    const id = await ims.created();
    const socket = await ims.connection();
    socket.write(ims.uploadHead(id, 100_001));
    const answer = await answerOn(socket);
    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*IMG.0059/);
    socket.destroy();
    expect((await ims.image(id)).status).toBe('queued');
  });

  test('answers IMG.0059 when more has come than the limit allows', async () => {
    const id = await ims.created();
    const reply = await ims.upload(id, Readable.from([Buffer.alloc(100_001)]));
    expect(reply.json.error.code).toBe('IMG.0059');
    expect((await ims.image(id)).status).toBe('queued');
  });

  test('takes a file as large as the limit', async () => {
    const id = await ims.created();
    expect((await ims.upload(id, Buffer.alloc(100_000))).status).toBe(204);
  });

  test('answers 404 to an id that no call for metadata has made', async () => {
    expect((await ims.upload('11111111-2222-5333-8444-555555555555', DATA)).status).toBe(404);
  });

  test('puts the image back to queued when the client goes away', async () => {
    const id = await ims.created();
    const socket = await ims.beginUpload(id, 1000);
    socket.destroy();
    await ims.untilStatus(id, 'queued');
  });
});

describe('the settings of IMS', () => {
  let cloud: TestCloud;
  afterEach(() => cloud.stop());

  test('let newer services take ISO and smaller disks, and keep zvhd2 by default', async () => {
    const diskFormats = ['zvhd2', 'vhd', 'raw', 'qcow2', 'iso'];
    const settings = { diskFormats, defaultDiskFormat: 'zvhd2', minDisk: { lowest: 10, highest: 1024 } };
    cloud = await TestCloud.start({ ims: settings });
    const ims = await cloud.ims();
    expect((await ims.create({ name: 'disk', min_disk: 10 })).json).toMatchObject({
      disk_format: 'zvhd2',
      min_disk: 10,
    });
    const id = await ims.created({ disk_format: 'iso' });
    expect((await ims.upload(id, isoImage())).status).toBe(204);
  });

  test('let the image show its md5, once it is active', async () => {
    cloud = await TestCloud.start({ ims: { checksum: true } });
    const ims = await cloud.ims();
    const id = await ims.created();
    await ims.upload(id, 'data');
    expect((await ims.image(id)).checksum).toBeNull();
    cloud.advance(1000);
    expect((await ims.image(id)).checksum).toBe('8d777f385d3dfec8815d20f7496026dc');
  });

  test('let a second image of the same name be refused with IMG.0009, which it is not by default', async () => {
    cloud = await TestCloud.start({ ims: { uniqueNames: true } });
    const ims = await cloud.ims();
    await ims.created({ name: 'twin' });
    expect((await ims.create({ name: 'twin' })).json.error.code).toBe('IMG.0009');
    await cloud.stop();
    cloud = await TestCloud.start();
    const lenient = await cloud.ims();
    await lenient.created({ name: 'twin' });
    expect((await lenient.create({ name: 'twin' })).status).toBe(201);
  });

  test('limit the images of a project with IMG.0015', async () => {
    cloud = await TestCloud.start({ ims: { imageQuota: 1 } });
    const ims = await cloud.ims();
    await ims.created();
    expect((await ims.create({ name: 'disk' })).json.error.code).toBe('IMG.0015');
  });
});
