import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { rawDisk } from '../support/disk.ts';
import type { PipelineCloud } from './cloud.ts';
import { Pipeline } from './pipeline.ts';

jest.setTimeout(120_000);

const DROPS = 12;

let keystone: Server;
let logins = 0;
let pipeline: Pipeline;

beforeAll(async () => {
  keystone = createServer((request, response) => {
    logins += 1;
    request.resume();
    response.writeHead(401).end('{"error": {"code": 401, "message": "Wrong password."}}');
  });
  await new Promise<void>((resolve) => keystone.listen(0, '127.0.0.1', resolve));
  pipeline = await Pipeline.start({ cloud: cloudAt(`http://127.0.0.1:${(keystone.address() as AddressInfo).port}`) });
});

afterAll(async () => {
  await pipeline?.stop();
  keystone.closeAllConnections();
  keystone.close();
});

function cloudAt(auth_url: string): PipelineCloud {
  const auth = { auth_url, user_id: 'u', password: 'old', project_id: 'p' };
  const none = () => {
    throw new Error('Nobody gets into this cloud.');
  };
  return {
    name: 'closed',
    cloudsYaml: stringify({ clouds: { closed: { auth } } }),
    client: none,
    imageFile: none,
    stop: async () => {},
  };
}

async function waiting(dropped: Awaited<ReturnType<Pipeline['drop']>>) {
  for (;;) {
    const record = await pipeline.record(dropped);
    // With a lease, it is asking again, in an attempt that will not count.
    if (record?.waiting !== undefined && record.lease === undefined) return record;
    await pause(100);
  }
}

test('a burst of drops tries a wrong password once, and waits', async () => {
  const keys = Array.from({ length: DROPS }, (_, index) => `${index}.img`);
  const drops = await Promise.all(keys.map((key) => pipeline.drop(key, rawDisk())));
  for (const record of await Promise.all(drops.map(waiting))) {
    expect(record).toMatchObject({ status: 'received', attempts: 0, waiting: { code: 'unauthorized' } });
  }
  expect(logins).toBe(1);
  const get = new GetObjectCommand({ Bucket: pipeline.output('StatusBucketName'), Key: 'targets/closed.json' });
  const { Body: body } = await pipeline.s3.send(get);
  expect(JSON.parse((await body?.transformToString()) ?? '')).toMatchObject({
    code: 'unauthorized',
    holds: 'all',
    message: expect.stringContaining('Wrong password.'),
  });
});
