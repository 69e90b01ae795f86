import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpClient } from '../../lambda/adapters/http.ts';
import type { ImageEndpoint } from '../../lambda/endpoints/endpoint.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import { ID_PROPERTY, type Image, type NewImage } from '../../lambda/model/image.ts';
import { TARGET_KINDS, type TargetKind } from '../../lambda/model/target.ts';
import { type Simulator, startSimulator } from '../../local/simulator/simulator.ts';
import { newImage, TARGETS } from '../support/endpoint-fixture.ts';
import { failure } from '../support/outcome.ts';

/** The clouds of the simulator's clouds.yaml. */
const CLOUDS: Record<TargetKind, string> = { glance: 'simulator', ims: 'simulator-ims' };

const never = new AbortController().signal;
let folder: string;
let simulator: Simulator;
/** Ours and the simulator's alike, so that tokens can be made to end. */
let time = Date.now();
const clock = () => new Date(time);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'imagedrop-endpoints-'));
  simulator = await startSimulator({ folder, clock, ims: { activationDelayMs: 0 } });
});

afterAll(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

/** A raw disk of 1 MiB: an MBR with one partition, and a pattern behind it. */
function disk(): Buffer {
  const bytes = Buffer.alloc(1024 * 1024, 'imagedrop');
  bytes.fill(0, 0, 512);
  bytes.set([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 7, 0, 0], 446);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

const open = endpointOpener({ httpFor: () => httpClient(), now: clock });

function connect(kind: TargetKind): ImageEndpoint {
  return open(simulator.cloudsYaml(), { ...TARGETS[kind], name: CLOUDS[kind] });
}

function anImage(): NewImage {
  const id = crypto.randomUUID();
  return newImage({ id, diskFormat: 'raw', properties: { [ID_PROPERTY]: id, imagedrop_record: 'a/b/c.json' } });
}

async function settled(endpoint: ImageEndpoint, id: string): Promise<Image | undefined> {
  for (;;) {
    const image = await endpoint.get(id);
    if (image?.status !== 'saving') return image;
    await setTimeout(20);
  }
}

describe.each(TARGET_KINDS)('every image endpoint, here %s,', (kind) => {
  const upload = (id: string, bytes = disk()) => connect(kind).upload(id, Readable.from([bytes]), bytes.length, never);

  test('creates an image that waits for its data', async () => {
    const image = anImage();
    const created = await connect(kind).create(connect(kind).conform(image));
    expect(created).toMatchObject({ name: image.name, status: 'queued', diskFormat: 'raw', hashes: {} });
    expect(created.properties).toMatchObject(image.properties);
    expect(created.size).toBeUndefined();
  });

  test('adopts the image of an earlier try', async () => {
    const image = anImage();
    const first = await connect(kind).create(image);
    const second = await connect(kind).create(image);
    expect(second.id).toBe(first.id);
    await upload(first.id);
    expect(await connect(kind).create(image)).toMatchObject({ id: first.id });
  });

  test('knows what was created for an id of ours, as long as it is there', async () => {
    const image = anImage();
    expect(await connect(kind).createdFor(image.id)).toEqual([]);
    const { id } = await connect(kind).create(image);
    await connect(kind).create(anImage());
    expect(await connect(kind).createdFor(image.id)).toMatchObject([{ id, status: 'queued' }]);
    await connect(kind).delete(id);
    expect(await connect(kind).createdFor(image.id)).toEqual([]);
  });

  test('never gives a deleted image back', async () => {
    const image = anImage();
    const { id } = await connect(kind).create(image);
    await connect(kind).delete(id);
    const again = await connect(kind)
      .create(image)
      .catch((error) => error);
    expect(again).toMatchObject(kind === 'glance' ? { code: 'image-id-taken' } : { status: 'queued' });
    expect(again.id).not.toBe(id);
  });

  test('takes the bytes and says what it holds', async () => {
    const bytes = disk();
    const { id } = await connect(kind).create(anImage());
    await upload(id, bytes);
    const image = await settled(connect(kind), id);
    expect(image).toMatchObject({ status: 'active', size: bytes.length });
    for (const [algorithm, value] of Object.entries(image?.hashes ?? {})) {
      expect(value).toBe(createHash(algorithm).update(bytes).digest('hex'));
    }
    expect(bytes.equals(await readFile(simulator.imageFile(id)))).toBe(true);
  });

  test('interrupts an upload to an image that is active, and leaves that alone', async () => {
    const { id } = await connect(kind).create(anImage());
    await upload(id);
    const before = await settled(connect(kind), id);
    expect(await failure(upload(id))).toMatchObject({ code: 'upload-interrupted' });
    expect(await connect(kind).get(id)).toEqual(before);
  });

  test('has the image queued again when an upload broke off', async () => {
    const { id } = await connect(kind).create(anImage());
    const half = Readable.from([disk().subarray(0, 1000)]);
    expect(await failure(connect(kind).upload(id, half, 1_048_576, never))).toMatchObject({
      code: 'source-unreadable',
    });
    expect(await settled(connect(kind), id)).toMatchObject({ status: 'queued' });
    await upload(id);
    expect(await settled(connect(kind), id)).toMatchObject({ status: 'active' });
  });

  test('interrupts an upload to an image that is gone', async () => {
    expect(await failure(upload(crypto.randomUUID()))).toMatchObject({ code: 'upload-interrupted' });
  });

  test('finds no image that does not exist', async () => {
    expect(await connect(kind).get(crypto.randomUUID())).toBeUndefined();
  });

  test('deletes an image, and once more', async () => {
    const { id } = await connect(kind).create(anImage());
    await connect(kind).delete(id);
    expect(await connect(kind).get(id)).toBeUndefined();
    await expect(connect(kind).delete(id)).resolves.toBeUndefined();
  });

  test('does not delete a protected image', async () => {
    const { id } = await connect(kind).create({ ...anImage(), protected: true });
    expect(await failure(connect(kind).delete(id))).toMatchObject({ code: 'image-protected', retryable: false });
    expect(await connect(kind).get(id)).toMatchObject({ status: 'queued' });
  });

  test('goes on with a new token when the one it has is revoked', async () => {
    const tokens: string[] = [];
    const inner = httpClient();
    const watched = endpointOpener({
      httpFor: () => async (request) => {
        tokens.push(request.headers?.['x-auth-token'] ?? '');
        return inner(request);
      },
      now: clock,
    })(simulator.cloudsYaml(), { ...TARGETS[kind], name: CLOUDS[kind] });
    const { id } = await watched.create(anImage());
    const token = tokens.at(-1) ?? '';
    const headers = { 'x-auth-token': token, 'x-subject-token': token };
    await inner({ method: 'DELETE', url: `${simulator.authUrl}/auth/tokens`, headers });
    expect(await watched.get(id)).toMatchObject({ id });
    expect(tokens.at(-1)).not.toBe(token);
  });

  test('goes on when its token has ended with time', async () => {
    const { id } = await connect(kind).create(anImage());
    time += 3_600_001;
    expect(await connect(kind).get(id)).toMatchObject({ id });
  });

  test('refuses a wrong password', async () => {
    const cloudsYaml = simulator.cloudsYaml().replaceAll('uploader-password', 'wrong-password');
    const endpoint = open(cloudsYaml, { ...TARGETS[kind], name: CLOUDS[kind] });
    const error = await failure(endpoint.create(anImage()));
    expect(error).toMatchObject({ code: 'unauthorized', wholeTarget: true });
    expect(error.message).not.toContain('wrong-password');
  });
});

test('an application credential opens an endpoint like a password', async () => {
  const endpoint = open(simulator.cloudsYaml(), { ...TARGETS.glance, name: 'simulator-application-credential' });
  expect(await endpoint.create(anImage())).toMatchObject({ status: 'queued' });
});
