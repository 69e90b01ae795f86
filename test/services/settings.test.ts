import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGlance } from '../../local/contributing/openstack/glance.ts';
import { type OpenStack, startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { CloudClient, type ImageAnswer } from './cloud-client.ts';

const CONTENT = Buffer.alloc(64 * 1024, 'imagedrop');

let folder: string;
let cloud: OpenStack;
let source: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-settings-'));
  cloud = await startOpenStack(join(folder, 'cloud'));
  source = createServer((_, response) => response.end(CONTENT)).listen(0, '127.0.0.1');
});
afterAll(async () => {
  await cloud?.stop();
  source?.close();
  source?.closeAllConnections();
  await rm(folder, { recursive: true });
});

const client = () => CloudClient.at(cloud.glance.url, cloud.keystone);
const sourcePort = () => (source.address() as AddressInfo).port;

/** Asks Glance to fetch the content itself. @returns the status code, and the image */
async function webDownload(): Promise<{ code: number; image: ImageAnswer; client: CloudClient }> {
  const customer = await client();
  const image = await customer.create();
  const uri = `http://127.0.0.1:${sourcePort()}/disk.raw`;
  const method = { name: 'web-download', uri };
  const { status } = await customer.send('POST', `images/${image.id}/import`, { method });
  return { code: status, image, client: customer };
}

async function settled(customer: CloudClient, id: string): Promise<ImageAnswer> {
  for (;;) {
    const image = await customer.get(`images/${id}`);
    if (image.status === 'active' || image.status === 'killed') return image;
    await setTimeout(100);
  }
}

describe('as it ships', () => {
  test('it fetches from no port but 80 and 443', async () => {
    expect(await webDownload()).toMatchObject({ code: 400 });
  });

  test('it says nothing of usage', async () => {
    expect(await (await client()).get('info/usage')).toEqual({ usage: {} });
  });
});

test('a crash in the middle of an upload leaves the image in saving', async () => {
  const customer = await client();
  const image = await customer.create();
  let crashed = false;
  const body = new ReadableStream({
    pull: async (controller) => {
      await setTimeout(20);
      if (crashed) controller.close();
      else controller.enqueue(CONTENT);
    },
  });
  const upload = customer.upload(image.id, body).catch((error: Error) => error.message);
  while ((await customer.get(`images/${image.id}`)).status !== 'saving') await setTimeout(20);
  await cloud.glance.kill();
  expect(await upload).toBe('fetch failed');
  crashed = true;
  await cloud.glance.start();
  expect(await customer.get(`images/${image.id}`)).toMatchObject({ status: 'saving' });
});

/** Each restart keeps the settings of the one before. */
describe('with other settings after a restart', () => {
  test('it takes other formats and another hash, up to another size', async () => {
    const diskFormats = ['raw', 'qcow2'];
    await cloud.glance.restart({ diskFormats, imageSizeCapBytes: 2 ** 20, hashingAlgorithm: 'sha256' });
    const customer = await client();
    const schema = await customer.get<{ properties: { disk_format: { enum: unknown[] } } }>('schemas/image');
    expect(schema.properties.disk_format.enum).toEqual([null, ...diskFormats]);
    const small = await customer.create();
    expect(await customer.upload(small.id, CONTENT)).toBe(204);
    expect(await customer.get(`images/${small.id}`)).toMatchObject({ status: 'active', os_hash_algo: 'sha256' });
    const big = await customer.create();
    expect(await customer.upload(big.id, Buffer.alloc(2 ** 20 + 1))).toBe(413);
  });

  test('it fetches from the port and the host that are allowed', async () => {
    await cloud.glance.restart({ importFilter: { allowedPorts: [sourcePort()], allowedHosts: ['127.0.0.1'] } });
    const { code, image, client: customer } = await webDownload();
    expect(code).toBe(202);
    expect(await settled(customer, image.id)).toMatchObject({ status: 'active', size: CONTENT.length });
  });

  test('it keeps the images in another folder', async () => {
    const storeFolder = await mkdtemp(join(folder, 'store-'));
    await cloud.glance.restart({ storeFolder });
    const customer = await client();
    const image = await customer.create();
    expect(await customer.upload(image.id, CONTENT)).toBe(204);
    expect(await readdir(storeFolder)).toEqual([image.id]);
  });
});

test('a second Glance in a region of its own has its own quotas, and others on request', async () => {
  const place = join(folder, 'second');
  const quotas = { imageCountTotal: 1 };
  const second = await startGlance(place, cloud, { region: 'RegionTwo', workers: 1, quotas });
  try {
    const customer = await CloudClient.at(second.url, cloud.keystone);
    const usage = async () => (await customer.get<{ usage: Record<string, unknown> }>('info/usage')).usage;
    const create = () => customer.send('POST', 'images', { disk_format: 'raw', container_format: 'bare' });
    expect((await create()).status).toBe(201);
    expect(await usage()).toMatchObject({ image_count_total: { limit: 1, usage: 1 } });
    expect((await create()).status).toBe(413);
    await second.setQuotas({ imageCountTotal: 2 });
    expect((await create()).status).toBe(201);
  } finally {
    await second.stop();
  }
});

test('a token of a few seconds runs out', async () => {
  await cloud.keystone.restart({ tokenSeconds: 20 });
  const customer = await client();
  expect((await customer.send('GET', 'images')).status).toBe(200);
  let { status } = await customer.send('GET', 'images');
  while (status === 200) {
    await setTimeout(1000);
    ({ status } = await customer.send('GET', 'images'));
  }
  expect(status).toBe(401);
});
