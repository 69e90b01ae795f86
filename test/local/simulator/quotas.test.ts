import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { GlanceLimits } from '../../../local/simulator/settings.ts';
import { answerOn, type ImageClient, TestCloud } from './cloud.ts';

const MIB = 1024 ** 2;
let cloud: TestCloud;
afterEach(() => cloud.stop());

async function limitedTo(limits: GlanceLimits): Promise<ImageClient> {
  cloud = await TestCloud.start({ glance: { limits } });
  return cloud.glance();
}

describe('the 413 of Glance', () => {
  test('ends the creating of images at image_count_total', async () => {
    const glance = await limitedTo({ imageCountTotal: 1 });
    const id = await glance.created();
    const reply = await glance.create({ name: 'second' });
    expect(reply.status).toBe(413);
    expect(reply.text).toContain('image_count_total is over limit of 1');
    await glance.ask('DELETE', `/v2/images/${id}`);
    expect((await glance.create({ name: 'second' })).status).toBe(201);
  });

  test('counts the uploads under way at image_count_uploading, and passes', async () => {
    const glance = await limitedTo({ imageCountUploading: 1 });
    const [first, second] = [await glance.created(), await glance.created()];
    const socket = await glance.beginUpload(first, 4);
    const reply = await glance.upload(second, 'data');
    expect(reply.status).toBe(413);
    expect(reply.text).toContain('image_count_uploading');
    socket.write('data');
    await glance.untilStatus(first, 'active');
    socket.destroy();
    expect((await glance.upload(second, 'data')).status).toBe(204);
  });

  test('asks for image_size_total before the body when the size is known', async () => {
    const glance = await limitedTo({ imageSizeTotalMiB: 2 });
    const id = await glance.created();
    const socket = await glance.connection();
    socket.write(glance.uploadHead(id, 3 * MIB));
    const answer = await answerOn(socket);
    expect(answer).toMatch(/^HTTP\/1.1 413 [\s\S]*image_size_total is over limit of 2 /);
    socket.destroy();
    expect((await glance.image(id)).status).toBe('queued');
  });

  test('asks for the user_storage_quota before the body when the size is known', async () => {
    const glance = await limitedTo({ userStorageQuotaBytes: 10 });
    await glance.upload(await glance.created(), 'sixsix');
    const id = await glance.created();
    const socket = await glance.connection();
    socket.write(glance.uploadHead(id, 5, 'Expect: 100-continue'));
    const answer = await answerOn(socket);
    expect(answer).toMatch(/^HTTP\/1.1 413 [\s\S]*exceeds the storage quota/);
    socket.destroy();
    expect((await glance.image(id)).status).toBe('queued');
  });

  test.each([
    ['The incoming image is too large', { imageSizeCapBytes: 1000 }],
    ['Image exceeds the storage quota', { userStorageQuotaBytes: 1000 }],
    ['Image storage media is full', { storeCapacityBytes: 1000 }],
  ])('says "%s" once so much has come, and the image is queued again', async (words, limits) => {
    const glance = await limitedTo(limits);
    const id = await glance.created();
    const reply = await glance.upload(id, Readable.from([Buffer.alloc(1000), Buffer.alloc(1)]));
    expect(reply.status).toBe(413);
    expect(reply.text).toContain(words);
    expect((await glance.image(id)).status).toBe('queued');
    expect((await glance.upload(id, Readable.from([Buffer.alloc(1000)]))).status).toBe(204);
  });

  test('can be foreseen from the usage, where the limits are unified ones', async () => {
    const glance = await limitedTo({ imageCountTotal: 5, imageSizeTotalMiB: 7, userStorageQuotaBytes: 10 * MIB });
    await glance.upload(await glance.created(), Buffer.alloc(2 * MIB));
    expect((await glance.get('/v2/info/usage')).json.usage).toEqual({
      image_count_total: { limit: 5, usage: 1 },
      image_size_total: { limit: 7, usage: 2 },
    });
  });

  test('cannot be foreseen where the operator has none', async () => {
    const glance = await limitedTo({});
    expect((await glance.get('/v2/info/usage')).json).toEqual({ usage: {} });
  });
});
