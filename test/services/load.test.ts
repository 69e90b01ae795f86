import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpClient } from '../../lambda/adapters/http.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import { type OpenStack, startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { created, upload } from '../contract/fixtures.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';

let folder: string;
let cloud: OpenStack;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-load-'));
  cloud = await startOpenStack(folder);
});
afterAll(async () => {
  await cloud?.stop();
  await rm(folder, { recursive: true });
});

/** @returns the messages of those that failed */
async function failuresOf(count: number, atOnce: number, work: () => Promise<unknown>): Promise<readonly string[]> {
  const failures: string[] = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) await work().catch((error: unknown) => failures.push(String(error)));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failures;
}

describe('a judge that fails on its own is of no use', () => {
  test('150 images are created and uploaded, 15 at a time', async () => {
    const open = endpointOpener({ httpFor: () => httpClient(), now: () => new Date() });
    const endpoint = open(cloud.cloudsYaml, { ...TARGETS.glance, name: 'openstack' });
    const bytes = randomBytes(256 * 1024);
    const failures = await failuresOf(150, 15, async () => upload(endpoint, await created(endpoint), bytes));
    expect(failures).toEqual([]);
    const states = await cloud.glance.sql('SELECT status, size, count(*) FROM images GROUP BY status, size');
    expect(states).toBe(`active\t${bytes.length}\t150\n`);
  });

  test.each([
    [300, 1],
    [50, 50],
  ])('%i authentications are answered, %i at a time', async (count, atOnce) => {
    expect(await failuresOf(count, atOnce, () => cloud.keystone.admin())).toEqual([]);
  });
});
