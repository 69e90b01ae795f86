import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { dropFile } from '../../bin/upload/upload-file.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { FaultProxy } from '../../local/contributing/faults/fault-proxy.ts';
import type { FaultyEnvironment, StackFaults } from '../../local/faults.ts';
import { simulatedCloud } from '../pipeline/cloud.ts';
import { type Dropped, Pipeline } from '../pipeline/pipeline.ts';
import { sameBytes, writeRandomDisk } from '../support/disk-files.ts';
import { type SlowWire, slowWire } from '../support/slow-wire.ts';

jest.setTimeout(600_000);

const MIB = 2 ** 20;
const SIZE = 384 * MIB;
/** So that an upload takes 48 s: time enough to die in it, and to lose the network for half a minute. */
const BYTES_PER_SECOND = 8 * MIB;
/** What is promised: within three minutes a drop whose function was killed is taken up again. */
const TAKEN_UP_WITHIN_MS = 180_000;

/** The functions' network to AWS, which can be lost but for connections that are open, and the uploads under way. */
class Watched implements StackFaults {
  isNetworkLost = false;
  readonly messages = { received: () => undefined };
  readonly uploads = new Set<FaultyEnvironment>();
  /** How many uploads were under way at one time, at most. */
  mostAtOnce = 0;
  begun = 0;
  readonly functions = {
    environment: (_: FaultyEnvironment, variables: Readonly<Record<string, string>>) => variables,
    invocation: (environment: FaultyEnvironment) => this.#invocation(environment),
  };
  readonly #proxies: FaultProxy[] = [];

  async endpoints(endpoints: Parameters<StackFaults['endpoints']>[0]) {
    const [s3, sqs] = await Promise.all([endpoints.s3, endpoints.sqs].map((target) => this.#behind(target)));
    return { ...endpoints, s3: s3 ?? '', sqs: sqs ?? '' };
  }

  async close(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }

  async #behind(target: string): Promise<string> {
    const decide = () => (this.isNetworkLost ? ({ how: 'refuse' } as const) : undefined);
    const proxy = await FaultProxy.listen({ target, decide });
    this.#proxies.push(proxy);
    return proxy.url;
  }

  #invocation(environment: FaultyEnvironment): () => void {
    if (!environment.functionName.includes('StreamUpload')) return () => undefined;
    this.begun += 1;
    this.uploads.add(environment);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.uploads.size);
    return () => void this.uploads.delete(environment);
  }
}

let folder: string;
let file: string;
let wire: SlowWire;
let watched: Watched;
let pipeline: Pipeline;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-dead-'));
  file = join(folder, 'disk.img');
  await writeRandomDisk(file, SIZE);
  const cloud = await simulatedCloud({ folder: join(folder, 'cloud') });
  const settings = parse(cloud.cloudsYaml).clouds[cloud.name];
  wire = await slowWire(settings.auth.auth_url, BYTES_PER_SECOND);
  const override = { image_endpoint_override: `${wire.url}/image/v2` };
  const cloudsYaml = stringify({ clouds: { [cloud.name]: { ...settings, ...override } } });
  watched = new Watched();
  pipeline = await Pipeline.start({ cloud: { ...cloud, cloudsYaml }, faults: watched });
});
afterAll(async () => {
  await pipeline?.stop();
  await watched?.close();
  await wire?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  watched.begun = 0;
  watched.mostAtOnce = 0;
});

async function drop(key: string): Promise<Dropped> {
  return { key, versionId: await dropFile(pipeline.s3, pipeline.dropBucket, { path: file, key, size: SIZE }) };
}

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await pause(200);
}

const isUnderWay = async (dropped: Dropped) => ((await pipeline.record(dropped))?.progress?.bytes ?? 0) > 16 * MIB;

async function expectWhole(record: DropRecord): Promise<void> {
  expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified', size: SIZE } });
  expect(await sameBytes(file, pipeline.cloud.imageFile(record.image?.id ?? ''))).toBe(true);
  expect((await pipeline.images()).filter(({ name }) => name === record.sent?.name)).toHaveLength(1);
}

test('a drop whose function is killed in mid-upload is continued within three minutes', async () => {
  const dropped = await drop('killed.img');
  await until(() => isUnderWay(dropped));
  for (const environment of watched.uploads) environment.kill();
  const killedAt = performance.now();
  await until(() => watched.begun > 1);
  const seconds = (performance.now() - killedAt) / 1000;
  process.stdout.write(`taken up again after ${seconds.toFixed(0)} s\n`);
  expect(seconds * 1000).toBeLessThan(TAKEN_UP_WITHIN_MS);
  await expectWhole(await pipeline.settled(dropped, undefined, 300_000));
});

test('one that has only lost its network for half a minute goes on, and gets no company', async () => {
  const dropped = await drop('alone.img');
  await until(() => isUnderWay(dropped));
  const before = await pipeline.record(dropped);
  watched.isNetworkLost = true;
  await pause(30_000);
  watched.isNetworkLost = false;
  const record = await pipeline.settled(dropped, undefined, 300_000);
  await expectWhole(record);
  expect(record.revision).toBeGreaterThan(before?.revision ?? 0);
  expect(record.generation).toBe(1);
  expect(watched).toMatchObject({ begun: 1, mostAtOnce: 1 });
});
