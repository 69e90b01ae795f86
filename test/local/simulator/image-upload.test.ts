import { createHash, pbkdf2, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { answerOn, type ImageClient, TestCloud } from './cloud.ts';

const DATA = randomBytes(300_000);

function hash(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

describe('uploading a file', () => {
  let cloud: TestCloud;
  let glance: ImageClient;
  beforeAll(async () => {
    cloud = await TestCloud.start();
    glance = await cloud.glance();
  });
  afterAll(() => cloud.stop());

  test('answers 204 and has made the image active, with the hashes of what is stored', async () => {
    const id = await glance.created();
    const reply = await glance.upload(id, DATA);
    expect(reply.status).toBe(204);
    expect(await glance.image(id)).toMatchObject({
      status: 'active',
      size: DATA.length,
      virtual_size: DATA.length,
      checksum: hash('md5', DATA),
      os_hash_algo: 'sha512',
      os_hash_value: hash('sha512', DATA),
      stores: 'file1',
    });
    expect(await readFile(cloud.simulator.imageFile(id))).toEqual(DATA);
  });

  test('takes a body that does not say its length', async () => {
    const id = await glance.created();
    expect((await glance.upload(id, Readable.from([DATA, DATA]))).status).toBe(204);
    expect((await glance.image(id)).size).toBe(2 * DATA.length);
  });

  test('tells a client that waits for it to continue', async () => {
    const id = await glance.created();
    const socket = await glance.connection();
    socket.write(glance.uploadHead(id, 4, 'Expect: 100-continue'));
    expect(await answerOn(socket)).toMatch(/^HTTP\/1.1 100 /);
    socket.write('data');
    expect(await answerOn(socket)).toMatch(/^HTTP\/1.1 204 /);
    socket.destroy();
  });

  test('refuses without a body what it need not see', async () => {
    const id = await glance.created();
    await glance.upload(id, DATA);
    const socket = await glance.connection();
    socket.write(glance.uploadHead(id, 4, 'Expect: 100-continue'));
    expect(await answerOn(socket)).toMatch(/^HTTP\/1.1 409 /);
    socket.destroy();
  });

  test('gives the file back', async () => {
    const id = await glance.created();
    await glance.upload(id, DATA);
    const reply = await glance.get(`/v2/images/${id}/file`);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-length']).toBe(String(DATA.length));
    expect(reply.headers['content-md5']).toBe(hash('md5', DATA));
    expect(reply.bytes).toEqual(DATA);
  });

  test('survives a client that goes away while it downloads', async () => {
    const id = await glance.created();
    await glance.upload(id, Buffer.alloc(20_000_000));
    const socket = await glance.connection();
    socket.write(`GET /image/v2/images/${id}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${glance.token}\r\n\r\n`);
    expect(await answerOn(socket)).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
    expect((await glance.get(`/v2/images/${id}/file`)).bytes).toHaveLength(20_000_000);
  });

  test('gives 204 for an image that has no data', async () => {
    const id = await glance.created();
    expect((await glance.get(`/v2/images/${id}/file`)).status).toBe(204);
  });

  test.each(['application/json', 'text/plain'])(
    'answers 415 to the type %s, and the image stays queued',
    async (type) => {
      const id = await glance.created();
      expect((await glance.upload(id, DATA, { 'content-type': type })).status).toBe(415);
      expect((await glance.image(id)).status).toBe('queued');
    },
  );

  test('answers 409 when the image has data already, which stays as it is', async () => {
    const id = await glance.created();
    await glance.upload(id, DATA);
    const before = await glance.image(id);
    expect((await glance.upload(id, 'other')).status).toBe(409);
    expect(await glance.image(id)).toEqual(before);
    expect(await readFile(cloud.simulator.imageFile(id))).toEqual(DATA);
  });

  test('answers 409 while another upload is under way', async () => {
    const id = await glance.created();
    const first = await glance.beginUpload(id, DATA.length);
    expect((await glance.upload(id, 'other')).status).toBe(409);
    first.write(DATA);
    expect(await answerOn(first)).toMatch(/^HTTP\/1.1 204 /);
    first.destroy();
    expect((await glance.image(id)).checksum).toBe(hash('md5', DATA));
  });

  test('answers 410 to the loser of two that found the image queued, and keeps what the winner sends', async () => {
    const id = await glance.created();
    const sockets = await Promise.all([glance.connection(), glance.connection()]);
    for (const socket of sockets) socket.write(`${glance.uploadHead(id, 4)}data`);
    const answers = await Promise.all(sockets.map(answerOn));
    for (const socket of sockets) socket.destroy();
    expect(answers.map((answer) => answer.slice(9, 12)).sort()).toEqual(['204', '410']);
    expect(await glance.image(id)).toMatchObject({ status: 'active', size: 4 });
    expect(await readFile(cloud.simulator.imageFile(id), 'utf8')).toBe('data');
  });

  test('keeps what is sent as soon as an upload that broke off is taken back', async () => {
    const id = await glance.created();
    const socket = await glance.beginUpload(id, 4);
    // As on a busy machine: files wait for the threads that they share with these.
    const busy = Array.from({ length: 64 }, () => promisify(pbkdf2)('', '', 30_000, 64, 'sha512'));
    socket.destroy();
    let { status } = await glance.upload(id, 'data');
    while (status === 409) ({ status } = await glance.upload(id, 'data'));
    await Promise.all(busy);
    expect(status).toBe(204);
    expect(await readFile(cloud.simulator.imageFile(id), 'utf8')).toBe('data');
  });

  test('answers 404 for an image that does not exist', async () => {
    expect((await glance.upload('11111111-2222-5333-8444-555555555555', DATA)).status).toBe(404);
  });

  test('answers 400 when an image lacks a format', async () => {
    const { json } = await glance.create({ name: 'bare' });
    expect((await glance.upload(json.id, DATA)).status).toBe(400);
    expect((await glance.image(json.id)).status).toBe('queued');
  });

  test('answers 400 when the size is not the one that was declared, and the image is queued again', async () => {
    const id = await glance.created();
    expect((await glance.upload(id, DATA, { 'x-openstack-image-size': '5' })).status).toBe(400);
    expect((await glance.image(id)).status).toBe('queued');
    expect(existsSync(cloud.simulator.imageFile(id))).toBe(false);
    expect((await glance.upload(id, DATA, { 'x-openstack-image-size': 'many' })).status).toBe(400);
    expect((await glance.upload(id, DATA)).status).toBe(204);
  });

  test('puts the image back to queued when the client goes away, and takes the next upload', async () => {
    const id = await glance.created();
    const socket = await glance.beginUpload(id, DATA.length);
    socket.write(DATA.subarray(0, 100_000));
    socket.destroy();
    await glance.untilStatus(id, 'queued');
    expect(await glance.image(id)).toMatchObject({ size: null, checksum: null, os_hash_value: null });
    expect((await glance.upload(id, DATA)).status).toBe(204);
  });

  test('ends with 410 when the image was deleted meanwhile, and leaves no data', async () => {
    const id = await glance.created();
    const socket = await glance.beginUpload(id, DATA.length);
    expect((await glance.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
    socket.write(DATA);
    expect(await answerOn(socket)).toMatch(/^HTTP\/1.1 410 /);
    socket.destroy();
    expect((await glance.get(`/v2/images/${id}`)).status).toBe(404);
    expect(existsSync(cloud.simulator.imageFile(id))).toBe(false);
  });

  test('removes the data of a deleted image', async () => {
    const id = await glance.created();
    await glance.upload(id, DATA);
    await glance.ask('DELETE', `/v2/images/${id}`);
    expect(existsSync(cloud.simulator.imageFile(id))).toBe(false);
  });
});

describe('the settings of an upload', () => {
  let cloud: TestCloud;
  afterEach(() => cloud.stop());

  test('asks for the token only when the upload begins', async () => {
    cloud = await TestCloud.start({ tokenLifetimeSeconds: 60 });
    const glance = await cloud.glance();
    const id = await glance.created();
    const socket = await glance.beginUpload(id, 4);
    cloud.advance(61_000);
    socket.write('data');
    expect(await answerOn(socket)).toMatch(/^HTTP\/1.1 204 /);
    socket.destroy();
  });

  test('shows no hashes when the operator has none computed', async () => {
    cloud = await TestCloud.start({ glance: { checksum: false, hashAlgorithm: 'none' } });
    const glance = await cloud.glance();
    const id = await glance.created();
    await glance.upload(id, DATA);
    const nothing = { checksum: null, os_hash_algo: null, os_hash_value: null };
    expect(await glance.image(id)).toMatchObject({ status: 'active', size: DATA.length, ...nothing });
  });

  test('uses the hash that the operator chose', async () => {
    cloud = await TestCloud.start({ glance: { hashAlgorithm: 'sha256' } });
    const glance = await cloud.glance();
    const id = await glance.created();
    await glance.upload(id, DATA);
    expect(await glance.image(id)).toMatchObject({ os_hash_algo: 'sha256', os_hash_value: hash('sha256', DATA) });
  });

  test('keeps the image in saving, without hashes, for the delay', async () => {
    cloud = await TestCloud.start({ glance: { activationDelayMs: 500 } });
    const glance = await cloud.glance();
    const id = await glance.created();
    expect((await glance.upload(id, DATA)).status).toBe(204);
    cloud.advance(499);
    expect(await glance.image(id)).toMatchObject({ status: 'saving', checksum: null, os_hash_value: null });
    cloud.advance(1);
    expect(await glance.image(id)).toMatchObject({ status: 'active', checksum: hash('md5', DATA) });
  });

  test('removes the data of an image that was deleted before its delay was over', async () => {
    cloud = await TestCloud.start({ glance: { activationDelayMs: 500 } });
    const glance = await cloud.glance();
    const id = await glance.created();
    await glance.upload(id, DATA);
    await glance.ask('DELETE', `/v2/images/${id}`);
    cloud.advance(500);
    expect((await glance.get(`/v2/images/${id}`)).status).toBe(404);
    expect(existsSync(cloud.simulator.imageFile(id))).toBe(false);
  });
});
