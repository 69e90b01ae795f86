import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpClient } from '../../lambda/adapters/http.ts';
import type { HttpAnswer, HttpRequest } from '../../lambda/clouds/http.ts';
import type { ImageEndpoint } from '../../lambda/endpoints/endpoint.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import { ID_PROPERTY } from '../../lambda/model/image.ts';
import { type Simulator, startSimulator } from '../../local/simulator/simulator.ts';
import { newImage, TARGETS } from '../support/endpoint-fixture.ts';
import { ACCESS_RULES, type AccessRule, OPTIONAL_ACCESS_RULES } from './access-rules.ts';

const ALL = [...ACCESS_RULES, ...OPTIONAL_ACCESS_RULES];
const RAW = { format: 'raw', virtualSize: 512 } as const;
let folder: string;
let simulator: Simulator;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'imagedrop-access-rules-'));
  simulator = await startSimulator({ folder });
});

afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

function allows({ method, path: pattern }: AccessRule, request: HttpRequest): boolean {
  const parts = pattern.split('/');
  const asked = new URL(request.url).pathname.replace(/^.*(?=\/v2\/)/, '').split('/');
  const isSame = asked.length === parts.length && parts.every((part, index) => part === '*' || part === asked[index]);
  return method === request.method && isSame;
}

/** A cloud whose token opens what the rules allow; all else is answered with 401, as the middleware of Keystone does. */
function cloudWith(rules: readonly AccessRule[]) {
  const inner = httpClient();
  const used = new Set<AccessRule>();
  const refused: string[] = [];
  const http = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (request.url.endsWith('/auth/tokens')) return inner(request);
    const rule = rules.find((one) => allows(one, request));
    if (rule !== undefined) used.add(rule);
    else refused.push(`${request.method} ${request.url}`);
    return rule === undefined ? { status: 401, headers: {}, text: '' } : inner(request);
  };
  const open = endpointOpener({ httpFor: () => http, now: () => new Date() });
  const target = { ...TARGETS.glance, name: 'simulator-application-credential' };
  return { endpoint: open(simulator.cloudsYaml(), target), used, refused };
}

function anImage() {
  const id = crypto.randomUUID();
  return newImage({ id, diskFormat: 'raw', properties: { [ID_PROPERTY]: id, imagedrop_record: 'a/b/c.json' } });
}

async function drop(endpoint: ImageEndpoint): Promise<string> {
  expect(await endpoint.plan(RAW, 1_048_576)).toMatchObject({ route: 'stream' });
  const { id } = await endpoint.create(endpoint.conform(anImage()));
  const bytes = Buffer.alloc(1_048_576, 'imagedrop');
  bytes.fill(0, 0, 512);
  await endpoint.upload(id, Readable.from([bytes]), bytes.length, new AbortController().signal);
  expect(await endpoint.get(id)).toMatchObject({ id });
  return id;
}

describe('the access rules that are published', () => {
  test('allow every call at a Glance, and each is needed', async () => {
    const { endpoint, used, refused } = cloudWith(ALL);
    const id = await drop(endpoint);
    const { id: other } = await endpoint.create(anImage());
    await endpoint.imports?.begin(other, 'http://127.0.0.1:9/a').catch(() => {});
    await endpoint.imports?.failure(other);
    await endpoint.release(id, { visibility: 'shared', protected: false });
    await endpoint.share(id, 'another-project');
    await endpoint.createdFor(id);
    await endpoint.list();
    for (const image of [id, other]) await endpoint.delete(image);
    expect(refused).toEqual([]);
    expect(used).toEqual(new Set(ALL));
  });

  test('need no optional one for a drop to arrive', async () => {
    const { endpoint, refused } = cloudWith(ACCESS_RULES);
    await endpoint.delete(await drop(endpoint));
    expect(refused).not.toEqual([]);
  });
});
