import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rawDisk } from '../../support/disk.ts';
import { answer, serve } from '../../support/http-server.ts';
import { type ImageClient, type Reply, TestCloud } from './cloud.ts';

let cloud: TestCloud;
let glance: ImageClient;
beforeAll(async () => {
  cloud = await TestCloud.start();
  glance = await cloud.glance();
});
afterAll(() => cloud.stop());

const DISK = rawDisk();
const giveDisk: RequestListener = (_request, response) => response.end(DISK);

function importFrom(id: string, uri: string, client = glance): Promise<Reply> {
  const body = JSON.stringify({ method: { name: 'web-download', uri } });
  return client.ask('POST', `/v2/images/${id}/import`, body);
}

async function tasks(id: string) {
  return (await glance.get(`/v2/images/${id}/tasks`)).json.tasks;
}

describe('an import by web-download', () => {
  test('is answered with 202 and makes the image active with what it has fetched', async () => {
    const id = await glance.created();
    expect((await importFrom(id, await serve(giveDisk))).status).toBe(202);
    await glance.untilStatus(id, 'active');
    expect(await glance.image(id)).toMatchObject({
      size: DISK.length,
      checksum: createHash('md5').update(DISK).digest('hex'),
      os_hash_value: createHash('sha512').update(DISK).digest('hex'),
    });
    expect(await tasks(id)).toMatchObject([{ type: 'api_image_import', status: 'success' }]);
  });

  test('locks the image while it is under way, and lets it go', async () => {
    let end = () => {};
    const url = await serve((_request, response) => {
      response.write(DISK.subarray(0, 100));
      end = () => response.end(DISK.subarray(100));
    });
    const id = await glance.created();
    await importFrom(id, url);
    expect(await glance.image(id)).toMatchObject({ status: 'importing', os_glance_import_task: expect.any(String) });
    expect((await importFrom(id, url)).status).toBe(409);
    expect((await glance.upload(id, DISK)).status).toBe(409);
    while ((await tasks(id))[0].status === 'processing') end();
    expect(await glance.image(id)).toMatchObject({ status: 'active' });
    expect(await glance.image(id)).not.toHaveProperty('os_glance_import_task');
  });

  test('that fails leaves the image queued, and its tasks show it', async () => {
    const id = await glance.created();
    expect((await importFrom(id, await serve((_request, response) => answer(response, 403)))).status).toBe(202);
    await glance.untilStatus(id, 'queued');
    expect(await tasks(id)).toMatchObject([{ status: 'failure', message: 'Task failed due to Internal Error' }]);
    await importFrom(id, await serve(giveDisk));
    await glance.untilStatus(id, 'active');
  });

  test.each<[string, RequestListener]>([
    [
      'breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 99 }).write('x', () => response.destroy());
      },
    ],
    [
      'brings what the image is not',
      (_request, response) => response.end(Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), DISK])),
    ],
  ])('that %s leaves the image queued', async (_what, listener) => {
    const id = await glance.created({ disk_format: 'qcow2' });
    await importFrom(id, await serve(listener));
    await glance.untilStatus(id, 'queued');
    expect((await tasks(id))[0]).toMatchObject({ status: 'failure', message: expect.stringMatching(/./) });
  });

  test('to an image that is deleted meanwhile leaves nothing', async () => {
    let end = () => {};
    const url = await serve((_request, response) => {
      response.write(DISK.subarray(0, 100));
      end = () => response.end(DISK.subarray(100));
    });
    const id = await glance.created();
    await importFrom(id, url);
    expect((await glance.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
    end();
    expect((await glance.get(`/v2/images/${id}`)).status).toBe(404);
  });

  test('is refused for an active image', async () => {
    const id = await glance.created();
    await glance.upload(id, DISK);
    expect((await importFrom(id, 'http://127.0.0.1/')).status).toBe(409);
  });

  test('is refused without a format', async () => {
    for (const lacking of ['disk_format', 'container_format']) {
      const { json } = await glance.create({ disk_format: 'raw', container_format: 'bare', [lacking]: undefined });
      expect((await importFrom(json.id, 'http://127.0.0.1/')).status).toBe(409);
    }
  });

  test.each(['ftp://127.0.0.1/x', 'no address', undefined])('is refused from %s', async (uri) => {
    const reply = await importFrom(await glance.created(), uri as string);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('does not pass filtering');
  });

  test('is refused by another method', async () => {
    const body = JSON.stringify({ method: { name: 'copy-image' } });
    const reply = await glance.ask('POST', `/v2/images/${await glance.created()}/import`, body);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("Unknown import method name 'copy-image'");
  });

  test('is refused without a method', async () => {
    const reply = await glance.ask('POST', `/v2/images/${await glance.created()}/import`, '{}');
    expect(reply.status).toBe(400);
  });
});

test('a closed filter lets only the ports pass that it names, or that are not named', async () => {
  const closed = await TestCloud.start({ glance: { importPorts: [80, 443] } });
  try {
    const client = await closed.glance();
    const id = await client.created();
    expect((await importFrom(id, 'http://127.0.0.1:8080/x', client)).status).toBe(400);
    expect((await importFrom(id, 'https://127.0.0.1/x', client)).status).toBe(202);
    await client.untilStatus(id, 'queued');
  } finally {
    await closed.stop();
  }
});

test('a server that ends leaves what it was importing as it is', async () => {
  const ending = await TestCloud.start();
  const client = await ending.glance();
  const id = await client.created();
  await importFrom(id, await serve((_request, response) => response.write('x')), client);
  expect(await client.image(id)).toMatchObject({ status: 'importing' });
  await ending.simulator.close();
  const again = await TestCloud.start({ folder: ending.folder });
  try {
    expect(await (await again.glance()).image(id)).toMatchObject({ status: 'importing' });
  } finally {
    await again.stop();
  }
});
