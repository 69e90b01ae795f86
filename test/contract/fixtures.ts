import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageEndpoint } from '../../lambda/endpoints/endpoint.ts';
import { ID_PROPERTY, type Image, type NewImage } from '../../lambda/model/image.ts';
import { rawDisk } from '../support/disk.ts';
import { newImage } from '../support/endpoint-fixture.ts';
import type { ServiceWorld } from './service-world.ts';

export const DISK = rawDisk(1024 * 1024);

export const hash = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');

/** An image of an id of its own. */
export function anImage(changes: Partial<NewImage> = {}): NewImage {
  const id = randomUUID();
  const properties = { [ID_PROPERTY]: id, imagedrop_record: 'a/b/c.json', ...changes.properties };
  return newImage({ id, name: `contract ${id}`, diskFormat: 'raw', minDisk: 1, ...changes, properties });
}

export async function created(endpoint: ImageEndpoint, changes: Partial<NewImage> = {}): Promise<string> {
  return (await endpoint.create(anImage(changes))).id;
}

export function upload(endpoint: ImageEndpoint, id: string, bytes: Buffer = DISK): Promise<void> {
  return endpoint.upload(id, Readable.from([bytes]), bytes.length, new AbortController().signal);
}

export async function uploaded(endpoint: ImageEndpoint, changes: Partial<NewImage> = {}): Promise<string> {
  const id = await created(endpoint, changes);
  await upload(endpoint, id);
  return id;
}

/** A body that waits in its middle until it goes on, or breaks off. */
export function pausedBody(bytes: Buffer = DISK): { readonly body: Readable; goOn(): void; breakOff(): void } {
  const { promise: paused, resolve: goOn, reject } = Promise.withResolvers<void>();
  const half = bytes.length / 2;
  async function* halves() {
    yield bytes.subarray(0, half);
    await paused;
    yield bytes.subarray(half);
  }
  return { body: Readable.from(halves()), goOn, breakOff: () => reject(new Error('The source broke off.')) };
}

/** Longer than any busy machine needs. */
const HANG_MS = 120_000;

/** Waits until an image has one of these statuses, as our endpoint sees it; `gone` when there is none. */
export async function until(
  endpoint: ImageEndpoint,
  id: string,
  statuses: readonly (Image['status'] | 'gone')[],
): Promise<Image | undefined> {
  const deadline = Date.now() + HANG_MS;
  for (;;) {
    const image = await endpoint.get(id);
    if (statuses.includes(image?.status ?? 'gone')) return image;
    if (Date.now() > deadline)
      throw new Error(`Image ${id} is ${image?.status ?? 'gone'}, not ${statuses.join(' or ')}.`);
    await sleep(50);
  }
}

/** Waits until the service has stored the beginning of an image. */
export async function untilStoring(world: ServiceWorld, id: string): Promise<void> {
  const stored = () =>
    world.storedBytes(id).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0); // not yet
      throw error;
    });
  const deadline = Date.now() + HANG_MS;
  while ((await stored()).length === 0) {
    if (Date.now() > deadline) throw new Error(`Nothing of image ${id} is stored.`);
    await sleep(50);
  }
}
