import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { Decide } from '../../local/contributing/faults/fault.ts';
import { FaultProxy } from '../../local/contributing/faults/fault-proxy.ts';
import { rawDisk } from '../support/disk.ts';
import { type PipelineCloud, simulatedCloud } from './cloud.ts';
import { Pipeline } from './pipeline.ts';

const TARGETS = { simulator: { kind: 'glance' }, 'simulator-ims': { kind: 'ims' } };
const DISK = rawDisk(2 ** 20);

let folder: string;
let simulated: PipelineCloud;
let cloud: PipelineCloud;
let proxy: FaultProxy;
let decide: Decide = () => undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-restart-'));
  simulated = await simulatedCloud({ folder: join(folder, 'simulator') });
  const { clouds } = parse(simulated.cloudsYaml);
  proxy = await FaultProxy.listen({
    target: new URL(clouds.simulator.auth.auth_url).origin,
    decide: (request) => decide(request),
  });
  clouds.simulator.image_endpoint_override = `${proxy.url}/image/v2`;
  cloud = { ...simulated, cloudsYaml: stringify({ clouds }), stop: async () => {} };
});
afterAll(async () => {
  await proxy?.close();
  await simulated?.stop();
  await rm(folder, { recursive: true, force: true });
});

const start = () => Pipeline.start({ cloud, targets: TARGETS, stackFolder: join(folder, 'stack') });

test('an upload that the end of the stack interrupts becomes one image after the next start', async () => {
  const uploading = Promise.withResolvers<void>();
  decide = ({ method, url }) => {
    if (method !== 'PUT' || !url.endsWith('/file')) return undefined;
    uploading.resolve();
    return { how: 'hang', milliseconds: 600_000 };
  };
  const first = await start();
  const dropped = await first.drop('interrupted.img', DISK);
  await uploading.promise;
  expect(await first.settled(dropped, 'simulator-ims')).toMatchObject({
    status: 'active',
    sent: { diskFormat: 'raw' },
  });
  expect(await first.record(dropped)).toMatchObject({ status: 'uploading' });
  await first.stop();

  decide = () => undefined;
  const second = await start();
  const record = await second.settled(dropped);
  expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
  expect(await second.storedBytes(record)).toEqual(DISK);
  expect(await second.images()).toHaveLength(1);
  expect(await second.images('ims')).toHaveLength(1);
  await second.stop();
});
