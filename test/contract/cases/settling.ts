import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { ImageEndpoint } from '../../../lambda/endpoints/endpoint.ts';
import { failure } from '../../support/outcome.ts';
import { created, DISK, hash, pausedBody, until, upload, uploaded } from '../fixtures.ts';
import type { ContractCase } from '../service-world.ts';

const never = new AbortController().signal;

/** Shorter than an upload of the case takes; long enough for the calls around it. */
const TOKEN_SECONDS = 6;

/** An upload that waits in its middle. On a slow machine its token may end before the service looks at it: once more. */
async function savingUpload(endpoint: ImageEndpoint, id: string): Promise<{ goOn(): void; ended: Promise<void> }> {
  const { body, goOn } = pausedBody();
  const ended = endpoint.upload(id, body, DISK.length, never);
  const saving = until(endpoint, id, ['saving']).then(() => undefined);
  const refusal = await Promise.race([saving, failure(ended)]);
  if (refusal === undefined) return { goOn, ended };
  expect(refusal.message).toContain('was answered with 401');
  return savingUpload(endpoint, id);
}

export const SETTLING: readonly ContractCase[] = [
  {
    name: 'another hash by the choice of the operator',
    service: 'os_hash_algo says which; `checksum` is the md5 all the same',
    ours: 'computed and compared, once an image has told',
    settings: { hashAlgorithm: 'sha256' },
    async run(world) {
      const endpoint = world.endpoint();
      const id = await uploaded(endpoint);
      expect((await endpoint.get(id))?.hashes).toEqual({ md5: hash('md5', DISK), sha256: hash('sha256', DISK) });
      expect(await world.endpoint().plan({ format: 'raw', virtualSize: 1 }, 1)).toMatchObject({
        algorithms: ['sha256'],
      });
    },
  },
  {
    name: 'an image with an md5 only, as from before release 17',
    service: 'os_hash_value is null',
    ours: 'compared by its md5',
    async run(world) {
      const id = await uploaded(world.endpoint());
      await world.keepHashes(id, 'md5');
      expect((await world.endpoint().get(id))?.hashes).toEqual({ md5: hash('md5', DISK) });
    },
  },
  {
    name: 'an image without any hash',
    service: 'checksum and os_hash_value are null',
    ours: 'active, and `unverified`',
    async run(world) {
      const id = await uploaded(world.endpoint());
      await world.keepHashes(id, 'none');
      expect(await world.endpoint().get(id)).toMatchObject({ status: 'active', size: DISK.length, hashes: {} });
    },
  },
  {
    name: 'a token that ends during the upload',
    service: 'asked for at the beginning only: the upload ends well',
    ours: 'a token as fresh as can be before each upload, and a new one for what comes after',
    settings: { tokenSeconds: TOKEN_SECONDS },
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      const { goOn, ended } = await savingUpload(endpoint, id);
      await sleep((TOKEN_SECONDS + 2) * 1000);
      goOn();
      await ended;
      expect(await endpoint.get(id)).toMatchObject({ status: 'active', size: DISK.length });
    },
  },
  {
    name: 'a token that has ended',
    service: '401',
    ours: 'another one, and the call once more',
    settings: { tokenSeconds: TOKEN_SECONDS },
    async run(world) {
      const endpoint = world.endpoint();
      const client = await world.client();
      const id = await created(endpoint);
      await sleep((TOKEN_SECONDS + 2) * 1000);
      expect((await client.get(`/v2/images/${id}`)).status).toBe(401);
      expect(await endpoint.get(id)).toMatchObject({ id });
      await upload(endpoint, id);
    },
  },
  {
    name: 'releasing a verified image',
    service: 'PATCH of visibility and protected: 200, once more, too; public is 403 for most users',
    ours: 'after verification alone; `forbidden`, permanent',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await uploaded(endpoint);
      for (const _ of [1, 2]) await endpoint.release(id, { visibility: 'shared', protected: true });
      const shown = await (await world.client()).get(`/v2/images/${id}`);
      expect(shown.json).toMatchObject({ visibility: 'shared', protected: true });
    },
  },
  {
    name: 'deleting an image, and once more',
    service: '204, then 404',
    ours: 'a success, both times',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await uploaded(endpoint);
      await endpoint.delete(id);
      await endpoint.delete(id);
      expect(await endpoint.get(id)).toBeUndefined();
    },
  },
  {
    name: 'deleting a protected image',
    service: '403',
    ours: '`image-protected`, permanent: the record names the image that is left',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint, { protected: true });
      expect(await failure(endpoint.delete(id))).toMatchObject({ code: 'image-protected', retryable: false });
      expect(await endpoint.get(id)).toMatchObject({ status: 'queued' });
    },
  },
];
