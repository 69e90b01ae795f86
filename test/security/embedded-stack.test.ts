import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { recordsIn } from '../../bin/records/status-bucket.ts';
import { watchRecords } from '../../bin/records/watch-records.ts';
import { recordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { type ObsCloud, obsCloud } from '../pipeline/obs-cloud.ts';
import { type Dropped, Pipeline } from '../pipeline/pipeline.ts';
import { rawDisk } from '../support/disk.ts';
import { OBEYED, WANDERING_KEYS } from './hostile-texts.ts';
import { filesWith, listeningAddresses, processes } from './written-files.ts';

const PASSWORD = 'distinct-password-7f3a';
const WRONG_PASSWORD = 'distinct-wrong-password-9c1e';
const CREDENTIAL_SECRET = 'distinct-credential-secret-2b8d';
/** A presigned URL, and a token of the simulated Keystone; with what is behind them in a log or record. */
const FORMS_OF_SECRETS = ['X-Amz-Signature', 'X-Amz-Credential', 'gAAAAA'];

const ACCOUNTS = {
  projects: ['imagedrop'],
  users: [{ name: 'uploader', password: PASSWORD, roles: { imagedrop: ['member', 'reader'] } }],
  applicationCredentials: [{ name: 'robot', secret: CREDENTIAL_SECRET, user: 'uploader', project: 'imagedrop' }],
};
const TARGETS = ['stream', 'import', 'credential', 'registered'];

let folder: string;
let service: ObsCloud;
let pipeline: Pipeline;
let secretsOfCloud: readonly string[];
/** One cloud under several names: each way to log in, and each route. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-security-'));
  service = await obsCloud(folder, {}, { accounts: ACCOUNTS });
  const { clouds } = parse(service.cloud.cloudsYaml);
  const { simulator: byPassword, 'simulator-ims': ims, 'simulator-application-credential': byCredential } = clouds;
  const refused = { ...byPassword, auth: { ...byPassword.auth, password: WRONG_PASSWORD } };
  const own = { stream: byPassword, import: byPassword, credential: byCredential, refused, registered: ims };
  secretsOfCloud = [PASSWORD, WRONG_PASSWORD, CREDENTIAL_SECRET, service.obs.secretAccessKey];
  pipeline = await Pipeline.start({
    cloud: { ...service.cloud, cloudsYaml: stringify({ clouds: own }) },
    targets: {
      stream: { kind: 'glance' },
      import: { kind: 'glance', route: 'import' },
      credential: { kind: 'glance' },
      refused: { kind: 'glance' },
      registered: { kind: 'ims', route: 'register', staging: service.staging },
    },
    reconcile: { lostAfterSeconds: 3600 },
  });
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true, force: true });
});

const stackFolder = () => join(pipeline.folder, 'stack');
const functions = async () => (await processes()).filter(({ environment }) => environment.includes('_HANDLER='));
const variable = (name: string, environment: string) =>
  environment
    .split('\0')
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? '';

describe('a pipeline at a cloud with secrets', () => {
  let outcomes: string;
  let dropped: Dropped;
  let running: Awaited<ReturnType<typeof processes>>;
  let keysOfRoles: string[];
  beforeAll(async () => {
    const next = await pipeline.subscribe();
    dropped = await pipeline.drop('secrets.img', rawDisk());
    const told: DropRecord[] = [];
    while (told.length < TARGETS.length) told.push(await next());
    while ((await pipeline.record(dropped, 'refused'))?.waiting === undefined) await sleep(50);
    outcomes = JSON.stringify(told);
    await pipeline.stack.invoke(pipeline.output('ReconcileFunctionName'), {});
    running = await processes();
    keysOfRoles = (await functions()).map(({ environment }) => variable('AWS_SECRET_ACCESS_KEY', environment));
  });

  test('gets the outcomes by which all secrets were used', async () => {
    const records = await Promise.all(TARGETS.map((target) => pipeline.settled(dropped, target)));
    expect(records.map(({ target, status, plan, error }) => [target, status, plan?.route, error?.code])).toEqual([
      ['stream', 'active', 'stream', undefined],
      ['import', 'active', 'import', undefined],
      ['credential', 'active', 'stream', undefined],
      ['registered', 'active', 'register', undefined],
    ]);
    expect(await pipeline.record(dropped, 'refused')).toMatchObject({
      status: 'received',
      waiting: { code: 'unauthorized' },
    });
  });

  test('writes none of them into records, tags, messages, logs or any other file', async () => {
    const secrets = [...secretsOfCloud, ...keysOfRoles, pipeline.stack.operator.secretAccessKey];
    expect(keysOfRoles.length).toBeGreaterThan(3);
    expect(await filesWith(stackFolder(), ['secrets.img'])).not.toEqual([]);
    expect(await filesWith(stackFolder(), [...secrets, ...FORMS_OF_SECRETS])).toEqual([]);
    expect(await filesWith(pipeline.assembly, secrets)).toEqual([]);
  });

  test('tells none of them to those who listen to the outcome topic', () => {
    for (const secret of [...secretsOfCloud, ...FORMS_OF_SECRETS, ...keysOfRoles])
      expect(outcomes).not.toContain(secret);
  });

  test('shows none of them in the list of processes, and no secret of the cloud in an environment', () => {
    expect(running.length).toBeGreaterThan(3);
    for (const { commandLine, environment } of running) {
      for (const secret of [...secretsOfCloud, ...keysOfRoles, ...FORMS_OF_SECRETS])
        expect(commandLine).not.toContain(secret);
      for (const secret of secretsOfCloud) expect(environment).not.toContain(secret);
    }
  });

  test('gives each function the key of its own role, as Lambda does, and to none the key that may do everything', async () => {
    const own = new Map<string, Set<string>>();
    for (const { environment } of await functions()) {
      const name = variable('AWS_LAMBDA_FUNCTION_NAME', environment);
      own.set(name, (own.get(name) ?? new Set()).add(variable('AWS_ACCESS_KEY_ID', environment)));
      expect(environment).not.toContain(pipeline.stack.operator.secretAccessKey);
    }
    const keys = [...own.values()].map((those) => [...those]);
    expect(keys.every(({ length }) => length === 1)).toBe(true);
    expect(new Set(keys.flat()).size).toBe(own.size);
  });

  test('keeps what the keys are made of where its owner alone can read it', async () => {
    for (const file of [join(stackFolder(), 'stack.json'), join(folder, 'obs/stack.json')]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
  });
});

describe('keys that try to leave their folder', () => {
  let before: string[];
  let dropped: Dropped[];
  let records: DropRecord[];
  beforeAll(async () => {
    before = await visible();
    dropped = await Promise.all(WANDERING_KEYS.map((key) => pipeline.drop(key, rawDisk())));
    const settled = (target: string) => Promise.all(dropped.map((each) => pipeline.settled(each, target)));
    await Promise.all(TARGETS.map(settled));
    records = await settled('stream');
  });

  /** Everything but the files that have names of our own: ids and hashes. */
  async function visible(): Promise<string[]> {
    const names = await readdir(folder, { recursive: true });
    const ofStack = await readdir(pipeline.folder, { recursive: true });
    return [...names, ...ofStack].filter((name) => !OWN_NAME.test(name)).sort();
  }

  test('become images under their own names', () => {
    expect(records.map(({ status, drop: { key } }) => [status, key])).toEqual(
      WANDERING_KEYS.map((key) => ['active', key]),
    );
  });

  test('leave no file anywhere that they have named', async () => {
    expect(await visible()).toEqual(before);
    expect(await readdir(join(stackFolder(), 'logs'))).not.toContainEqual(expect.stringMatching(/\.img/));
  });

  test('have their records below their own keys, and displace no other document of the status bucket', async () => {
    for (const { key, versionId } of dropped) {
      const path = recordKey({ key, id: versionId }, 'stream');
      expect(Buffer.byteLength(path)).toBeLessThanOrEqual(1024);
      expect(path.endsWith(`/${versionId}/stream.json`)).toBe(true);
    }
    expect(new Set(dropped.map(({ key, versionId }) => recordKey({ key, id: versionId }, 'stream'))).size).toBe(
      WANDERING_KEYS.length,
    );
    const reconciliation = await pipeline.stack.invoke(pipeline.output('ReconcileFunctionName'), {});
    expect(reconciliation).toMatchObject({ ok: true });
  });

  test('are listed by every command that looks at records', async () => {
    const bucket = pipeline.output('StatusBucketName');
    const listed = new Set<string>();
    for await (const { record } of recordsIn(pipeline.s3, bucket)) listed.add(record.drop.key);
    expect([...listed]).toEqual(expect.arrayContaining(WANDERING_KEYS));
    const stop = new AbortController();
    const seen = new Set<string>();
    for await (const changed of watchRecords(pipeline.s3, bucket, stop.signal)) {
      for (const { drop } of changed) seen.add(drop.key);
      stop.abort();
    }
    expect([...seen]).toEqual(expect.arrayContaining(WANDERING_KEYS));
  });

  test('stand in the logs without anything that a terminal would obey', async () => {
    const logs = join(stackFolder(), 'logs');
    for (const name of await readdir(logs)) {
      const text = (await readFile(join(logs, name), 'utf8')).replaceAll('\t', ' ');
      expect(text).not.toMatch(OBEYED);
    }
  });

  test('have names in the cloud that no terminal obeys', async () => {
    for (const { sent } of records) expect(sent?.name).not.toMatch(/[\p{Cc}\u202e\u2066]/u);
  });
});

/** Ids and hashes as the stack makes them; what they are in is the same for every key. */
const OWN_NAME = /(^|\/)([0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,64}\.[\w-]+|uploads\/[\w-]{43})(\.\w+)*$/;

describe('the servers of one machine', () => {
  test('listen on loopback alone', async () => {
    const addresses = (
      await Promise.all((await processes()).map(({ pid }) => listeningAddresses(pid).catch(() => [])))
    ).flat();
    const ports = addresses.map((address) => Number.parseInt(address.split(':')[1] ?? '', 16));
    const { endpoints } = pipeline.stack;
    const { cloud } = service;
    const simulator = parse(cloud.cloudsYaml).clouds.simulator.auth.auth_url;
    for (const url of [endpoints.s3, endpoints.sqs, service.obs.endpoint, simulator]) {
      expect(ports).toContain(Number(new URL(url).port));
    }
    // 127.0.0.1, in the byte order of the machine.
    expect(addresses.filter((address) => !/^0100007F:/.test(address))).toEqual([]);
  });

  test('let no one in without a signature or a token', async () => {
    const { endpoints } = pipeline.stack;
    const { auth_url: keystone } = parse(service.cloud.cloudsYaml).clouds.simulator.auth;
    const simulator = new URL(keystone).origin;
    const sqs = { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.ListQueues' }, body: '{}' };
    const secrets = { ...sqs, headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' } };
    const requests: [string, RequestInit, number][] = [
      [endpoints.s3, {}, 403],
      [`${endpoints.s3}/${pipeline.dropBucket}?list-type=2`, {}, 403],
      [`${endpoints.s3}/${pipeline.dropBucket}/secrets.img`, {}, 403],
      [`${endpoints.s3}/${pipeline.dropBucket}/new.img`, { method: 'PUT', body: 'x' }, 403],
      [endpoints.sqs, sqs, 403],
      [endpoints.secretsManager, secrets, 403],
      [endpoints.sns, { method: 'POST', body: new URLSearchParams({ Action: 'ListTopics' }) }, 403],
      [`${endpoints.lambda}/2015-03-31/functions/x/invocations`, { method: 'POST', body: '{}' }, 403],
      [`${service.obs.endpoint}/${service.obs.bucket}?list-type=2`, {}, 403],
      [`${simulator}/image/v2/images`, {}, 401],
      [`${simulator}/ims/v2/images`, {}, 401],
    ];
    const statuses = await Promise.all(requests.map(async ([url, init]) => (await fetch(url, init)).status));
    expect(statuses.map((status, index) => [requests[index]?.[0], status])).toEqual(
      requests.map(([url, , status]) => [url, status]),
    );
  });
});
