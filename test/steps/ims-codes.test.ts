import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpClient } from '../../lambda/adapters/http.ts';
import { IMS_CODES } from '../../lambda/endpoints/ims.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { type EmbeddedObs, startObs } from '../../local/obs.ts';
import type { ImsCall, PlannedFault } from '../../local/simulator/planned-faults.ts';
import { type Simulator, startSimulator } from '../../local/simulator/simulator.ts';
import { ask, passwordRequest, UPLOADER } from '../local/simulator/cloud.ts';
import { rawDisk } from '../support/disk.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { MemoryWorld } from '../support/memory-world.ts';

const DISK = rawDisk();
const KEY = 'disk.raw';

let folder: string;
let obs: EmbeddedObs;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-codes-'));
  obs = await startObs({ folder: join(folder, 'obs'), bucket: 'drops' });
  const { endpoint, region, accessKeyId, secretAccessKey } = obs;
  const s3 = new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  for (const [Key, Body] of Object.entries({ [KEY]: DISK, 'disk.mf': 'a bitmap' })) {
    await s3.send(new PutObjectCommand({ Bucket: obs.bucket, Key, Body }));
  }
  s3.destroy();
});
afterAll(async () => {
  await obs.stop();
  await rm(folder, { recursive: true });
});

interface Outcome {
  readonly record: DropRecord;
  /** What the record said of the last attempt while work went on, or why it began again. */
  readonly between: readonly string[];
  /** What is left at the service. */
  readonly images: number;
}

async function caller({ authUrl, url }: Simulator) {
  const body = JSON.stringify(passwordRequest(UPLOADER, 'imagedrop'));
  const { headers } = await ask(`${authUrl}/auth/tokens`, 'POST', body, { 'content-type': 'application/json' });
  return { url, token: String(headers['x-subject-token']) };
}

let runs = 0;

/** A drop on its way through the steps to a simulated IMS at which something goes wrong. */
async function dropAt(faults: readonly PlannedFault[]): Promise<Outcome> {
  runs += 1;
  const world = new MemoryWorld();
  const simulator = await startSimulator({
    folder: join(folder, `simulator-${runs}`),
    clock: () => world.time,
    obs,
    ims: { faults, activationDelayMs: 0, jobDurationMs: 0 },
  });
  try {
    const isFast = faults.some(({ call }) => call === 'fast-import');
    const isPut = faults.some(({ call }) => call === 'upload');
    const limits = { maxRegisterBytes: isFast ? 1 : 128e9, maxFastImportBytes: 1e12 };
    const objectStorage = { ...TARGETS.ims.objectStorage, ...limits };
    world.targets = [{ ...TARGETS.ims, name: 'simulator-ims', route: isPut ? 'stream' : 'register', objectStorage }];
    world.staging.isDropBucket = true;
    world.objects.put('disk.mf', Buffer.from('a bitmap'));
    world.objects.put(KEY, DISK);
    const open = endpointOpener({ httpFor: () => httpClient(), now: () => world.time });
    const endpoints = { of: async () => open(simulator.cloudsYaml(), world.targets[0] ?? TARGETS.ims) };
    const { record, between } = await settled(world, { ...world, endpoints, now: () => world.time });
    const { token, url } = await caller(simulator);
    const reply = await ask(`${url}/ims/v2/images`, 'GET', undefined, { 'x-auth-token': token });
    return { record, between, images: reply.json.images.length };
  } finally {
    await simulator.close();
  }
}

type Dependencies = Omit<MemoryWorld, 'event' | 'record' | 'recordKey' | 'invocation' | 'pass'>;

/** Gives each message to its step, again and again as a queue would, until the record is settled. */
async function settled(world: MemoryWorld, deps: object) {
  const all = deps as Dependencies & Parameters<typeof streamUpload>[2] & Parameters<typeof recordStatus>[2];
  const recordKey = world.recordKey(KEY, 'simulator-ims');
  const stored = () => world.records.stored.get(recordKey);
  const between: string[] = [];
  let looks = 0;
  for (let turn = 1; turn < 6000; turn += 1) {
    const message = turn === 1 ? world.event(KEY) : { record: recordKey };
    between.push(await fault(() => step(stored()?.status, message, world.invocation(`turn-${turn}`), all)));
    between.push(stored()?.history.at(-1)?.note ?? '', stored()?.waiting?.code ?? '');
    const record = stored();
    if (record !== undefined && ['active', 'failed'].includes(record.status)) return { record, between };
    const isProcessing = record?.status === 'processing';
    looks = isProcessing ? looks + 1 : 0;
    // A job runs on the machine's own time: on a busy machine it gets ten seconds and more before it is judged to have stalled.
    await pause(looks > 10 ? 100 : 5);
    // A minute is longer than it takes until a fast import whose answer may be lost is asked for again.
    world.pass(isProcessing ? 1 : 60);
  }
  throw new Error(`not settled: ${JSON.stringify(stored())}`);
}

/** The code of what a step throws, so that its message comes back. */
async function fault(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    if (error instanceof ImageDropError) return error.code;
    throw error;
  }
}

async function step(
  status: string | undefined,
  message: unknown,
  invocation: ReturnType<MemoryWorld['invocation']>,
  deps: Parameters<typeof createMetadata>[2] & Parameters<typeof streamUpload>[2] & Parameters<typeof recordStatus>[2],
): Promise<void> {
  if (status === undefined || status === 'received') return createMetadata(message, invocation, deps);
  if (status === 'processing') return recordStatus(message, invocation, deps);
  return streamUpload(message, invocation, deps);
}

/** Each code of the vendor's list, where it comes from, and what the record says of it. */
const REFUSED: readonly (readonly [code: string, call: ImsCall, becomes: string])[] = [
  ['IMG.0002', 'create', 'invalid-request'],
  ['IMG.0003', 'create', 'invalid-request'],
  ['IMG.0062', 'create', 'invalid-request'],
  ['IMG.0009', 'create', 'invalid-request'],
  ['IMG.0055', 'create', 'invalid-request'],
  ['IMG.0056', 'create', 'invalid-request'],
  ['IMG.0122', 'create', 'invalid-request'],
  ['IMG.0141', 'create', 'invalid-request'],
  ['IMG.0212', 'fast-import', 'invalid-request'],
  ['IMG.0072', 'upload', 'format-not-taken'],
  ['IMG.0057', 'register', 'content-refused'],
  ['IMG.0057', 'run-job', 'content-refused'],
  ['IMG.0058', 'register', 'invalid-request'],
  ['IMG.0059', 'register', 'too-large'],
  ['IMG.0059', 'upload', 'too-large'],
  ['IMG.0158', 'fast-import', 'format-not-taken'],
  ['IMG.0175', 'register', 'invalid-request'],
  ['IMG.0026', 'create', 'forbidden'],
];

const PASSING: readonly (readonly [code: string, call: ImsCall, becomes: string])[] = [
  ['IMG.0015', 'create', 'quota-exceeded'],
  ['IMG.0018', 'register', 'endpoint-busy'],
  ['IMG.0060', 'register', 'endpoint-busy'],
  ['IMG.0060', 'run-job', 'endpoint-busy'],
  ['IMG.0149', 'create', 'endpoint-busy'],
  ['IMG.0187', 'register', 'endpoint-busy'],
  ['IMG.0061', 'fast-import', 'endpoint-unavailable'],
  ['IMG.0061', 'run-job', 'endpoint-unavailable'],
  ['APIGW.0308', 'create', 'endpoint-busy'],
];

describe('a drop at IMS', () => {
  test.each(REFUSED)('that is answered %s to %s fails as %s, and leaves no image', async (code, call, becomes) => {
    const { record, images } = await dropAt([{ call, code }]);
    expect(record).toMatchObject({ status: 'failed', error: { code: becomes, retryable: false } });
    expect(record.error?.message).toContain(code);
    expect(record.error?.nextStep).toMatch(/\.$/);
    expect(images).toBe(0);
  });

  test.each(PASSING)('that is answered %s to %s is tried again, and active in the end', async (code, call, becomes) => {
    const { record, between, images } = await dropAt([{ call, code }]);
    expect(between).toContain(becomes);
    expect(record).toMatchObject({ status: 'active' });
    expect(images).toBe(1);
  });

  test.each(['IMG.0030', 'IMG.0087'])(
    'gets another token on %s, and retries later when that one fails too',
    async (code) => {
      expect((await dropAt([{ call: 'create', code }])).record.status).toBe('active');
      const { record, between } = await dropAt([{ call: 'create', code, times: 2 }]);
      expect(between).toContain('token-refused');
      expect(record.status).toBe('active');
    },
  );
});

test('every code that is known is provoked', () => {
  const provoked = [...REFUSED, ...PASSING].map(([code]) => code);
  expect(new Set([...provoked, 'IMG.0030', 'IMG.0087'])).toEqual(new Set([...Object.keys(IMS_CODES), 'APIGW.0308']));
});
