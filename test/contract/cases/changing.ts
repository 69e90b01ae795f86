import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { ImageClient, Reply } from '../../local/simulator/cloud.ts';
import { DISK, hash, uploaded } from '../fixtures.ts';
import type { ContractCase } from '../service-world.ts';

const OLD_PATCH = 'application/openstack-images-v2.0-json-patch';
const NEW_PATCH = 'application/openstack-images-v2.1-json-patch';

function patchAs(client: ImageClient, id: string, type: string, changes: unknown): Promise<Reply> {
  return client.ask('PATCH', `/v2/images/${id}`, JSON.stringify(changes), { 'content-type': type });
}

/** The status of the answer to a request without a body. */
async function statusOf(client: ImageClient, method: string, where: string): Promise<number> {
  return (await client.ask(method, where)).status;
}

export const CHANGING: readonly ContractCase[] = [
  {
    name: 'renaming and hiding an image, and finding it by a property',
    service: '200, once more, too; a filter by a property finds hidden images by os_hidden=true alone',
    ours: 'both are found, by two lists',
    async run(world) {
      const endpoint = world.endpoint();
      const imagedrop_family = randomUUID();
      const shown = await uploaded(endpoint, { properties: { imagedrop_family } });
      const hidden = await uploaded(endpoint, { properties: { imagedrop_family } });
      for (const _ of [1, 2]) await endpoint.alter(hidden, { name: 'old (2026-01-02)', osHidden: true });
      const found = await endpoint.bearing('imagedrop_family', imagedrop_family);
      expect(found.map(({ id, osHidden }) => [id, osHidden])).toEqual([
        [shown, undefined],
        [hidden, true],
      ]);
      expect(found[1]).toMatchObject({ name: 'old (2026-01-02)', status: 'active' });
    },
  },
  {
    name: 'a change in the older media type',
    service: '200: each change names its path in a member `add`, `replace` or `remove`; adding what is there is 409',
    async run(world) {
      const client = await world.client();
      const id = await client.created({ old: '1' });
      const patched = await patchAs(client, id, OLD_PATCH, [
        { replace: '/name', value: 'renamed' },
        { add: '/fresh', value: 'a' },
        { remove: '/old' },
      ]);
      expect(patched).toMatchObject({ status: 200, json: { name: 'renamed', fresh: 'a' } });
      expect(patched.json).not.toHaveProperty('old');
      for (const path of ['/fresh', '/name']) {
        expect((await patchAs(client, id, OLD_PATCH, [{ add: path, value: 'b' }])).status).toBe(409);
      }
    },
  },
  {
    name: 'a change in the form of the other media type',
    service: '400; 415 to any other type, with both in Accept-Patch',
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      const newer = { op: 'replace', path: '/name', value: 'x' };
      const older = { replace: '/name', value: 'x' };
      expect((await patchAs(client, id, OLD_PATCH, [newer])).status).toBe(400);
      expect((await patchAs(client, id, OLD_PATCH, [{ ...older, add: '/x' }])).status).toBe(400);
      expect((await patchAs(client, id, NEW_PATCH, [older])).status).toBe(400);
      const refused = await patchAs(client, id, 'application/json', [newer]);
      expect([refused.status, refused.headers['accept-patch']]).toEqual([415, `${OLD_PATCH}, ${NEW_PATCH}`]);
    },
  },
  {
    name: 'tags one by one',
    service: 'PUT 204, as often as asked; DELETE 204, then 404; 400 for 256 characters or with a body',
    async run(world) {
      const client = await world.client();
      const image = `/v2/images/${await client.created()}`;
      const put = (tag: string) => statusOf(client, 'PUT', `${image}/tags/${tag}`);
      expect([await put('a'), await put('a'), await put('b%20c')]).toEqual([204, 204, 204]);
      expect((await client.get(image)).json.tags.toSorted()).toEqual(['a', 'b c']);
      const remove = () => statusOf(client, 'DELETE', `${image}/tags/a`);
      expect([await remove(), await remove()]).toEqual([204, 404]);
      expect((await client.get(image)).json.tags).toEqual(['b c']);
      expect(await put('t'.repeat(256))).toBe(400);
      expect((await client.ask('PUT', `${image}/tags/d`, '{"a":1}')).status).toBe(400);
      expect(await statusOf(client, 'GET', `${image}/tags/a`)).toBe(405);
      expect(await statusOf(await world.client('stranger'), 'PUT', `${image}/tags/a`)).toBe(404);
    },
  },
  {
    name: 'deactivating and reactivating an image',
    service: '204, and only an admin can read it meanwhile; 403 unless it is active or deactivated',
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      const image = `/v2/images/${id}`;
      const act = (action: string) => statusOf(client, 'POST', `${image}/actions/${action}`);
      expect([await act('deactivate'), await act('reactivate')]).toEqual([403, 403]);
      await client.upload(id, DISK);
      expect([await act('deactivate'), await act('deactivate')]).toEqual([204, 204]);
      expect(await client.image(id)).toMatchObject({ status: 'deactivated', size: DISK.length });
      expect(await client.image(id)).not.toHaveProperty('stores');
      expect((await client.get(`${image}/file`)).status).toBe(403);
      const admin = await world.client('admin');
      expect(hash('md5', (await admin.get(`${image}/file`)).bytes)).toBe(hash('md5', DISK));
      expect((await client.upload(id, DISK)).status).toBe(409);
      expect((await client.patch(id, [{ op: 'replace', path: '/name', value: 'x' }])).status).toBe(200);
      expect([await act('reactivate'), await act('reactivate')]).toEqual([204, 204]);
      expect((await client.get(`${image}/file`)).status).toBe(200);
      expect([await act('explode'), await statusOf(client, 'GET', `${image}/actions/reactivate`)]).toEqual([404, 405]);
    },
  },
  {
    name: 'an owner that the request names',
    service: 'kept for an admin; 403 for a member, unless it is its own project',
    async run(world) {
      const [client, admin] = [await world.client(), await world.client('admin')];
      const { owner } = await client.image(await client.created());
      const [ours, theirs] = [await admin.created({ owner }), await admin.created({ owner: 'f'.repeat(32) })];
      expect(await client.image(ours)).toMatchObject({ id: ours, owner });
      expect((await client.get(`/v2/images/${theirs}`)).status).toBe(404);
      expect((await client.create({ owner })).status).toBe(201);
      for (const other of ['f'.repeat(32), null]) expect((await client.create({ owner: other })).status).toBe(403);
    },
  },
];
