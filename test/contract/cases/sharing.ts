import { expect } from '@jest/globals';
import type { ImageClient } from '../../local/simulator/cloud.ts';
import { failure } from '../../support/outcome.ts';
import { uploaded } from '../fixtures.ts';
import type { ContractCase, ServiceWorld } from '../service-world.ts';

/** The project of a client, as the owner of what it creates. */
async function projectOf(client: ImageClient): Promise<string> {
  return (await client.image(await client.created())).owner;
}

function send(client: ImageClient, method: string, where: string, body?: object) {
  return client.ask(method, where, body && JSON.stringify(body), { 'content-type': 'application/json' });
}

/** An image of ours that the stranger's project is a member of. */
async function sharedImage(world: ServiceWorld) {
  const [owner, stranger] = [await world.client(), await world.client('stranger')];
  const id = await owner.created();
  const project = await projectOf(stranger);
  const members = `/v2/images/${id}/members`;
  const added = await send(owner, 'POST', members, { member: project });
  return { owner, stranger, id, project, members, added };
}

export const SHARING: readonly ContractCase[] = [
  {
    name: 'sharing a released image, and once more',
    service: '200, then 409',
    ours: 'a success, both times; `forbidden` where the image is not shared',
    async run(world) {
      const endpoint = world.endpoint();
      const project = await projectOf(await world.client('stranger'));
      const id = await uploaded(endpoint);
      await endpoint.release(id, { visibility: 'private', protected: false });
      expect(await failure(endpoint.share(id, project))).toMatchObject({ code: 'forbidden', retryable: false });
      await endpoint.release(id, { visibility: 'shared', protected: true });
      for (const _ of [1, 2]) await endpoint.share(id, project);
      const { members } = (await (await world.client()).get(`/v2/images/${id}/members`)).json;
      expect(members).toMatchObject([{ member_id: project, status: 'pending' }]);
    },
  },
  {
    name: 'a member that is added',
    service: '200, pending: it can show the image at once, and lists it when it has accepted',
    ours: 'how an image is shared',
    async run(world) {
      const { owner, stranger, id, project, members, added } = await sharedImage(world);
      expect(added.status).toBe(200);
      expect(added.json).toMatchObject({ member_id: project, image_id: id, status: 'pending' });
      expect(added.json.schema).toBe('/v2/schemas/member');
      expect(await stranger.image(id)).toMatchObject({ id });
      const listed = async (query: string) => {
        const { images } = (await stranger.get(`/v2/images?limit=1000${query}`)).json;
        return images.some((image: { id: string }) => image.id === id);
      };
      expect(await listed('')).toBe(false);
      expect([await listed('&member_status=pending'), await listed('&member_status=all')]).toEqual([true, true]);
      const accepted = await send(stranger, 'PUT', `${members}/${project}`, { status: 'accepted' });
      expect(accepted).toMatchObject({ status: 200, json: { status: 'accepted' } });
      expect([await listed(''), await listed('&visibility=shared')]).toEqual([true, true]);
      expect((await owner.get(members)).json).toMatchObject({
        members: [{ member_id: project, status: 'accepted' }],
        schema: '/v2/schemas/members',
      });
    },
  },
  {
    name: 'a member may read and no more',
    service: '403 to a change, a deletion, and to adding or removing members',
    async run(world) {
      const { stranger, id, project, members } = await sharedImage(world);
      expect((await stranger.patch(id, [{ op: 'replace', path: '/name', value: 'x' }])).status).toBe(403);
      expect((await stranger.ask('DELETE', `/v2/images/${id}`)).status).toBe(403);
      expect((await send(stranger, 'POST', members, { member: 'another' })).status).toBe(403);
      expect((await stranger.ask('DELETE', `${members}/${project}`)).status).toBe(403);
      expect((await stranger.ask('POST', `/v2/images/${id}/actions/deactivate`)).status).toBe(403);
    },
  },
  {
    name: 'a member that is removed',
    service: '204, then 404; the image is gone for it',
    ours: 'a success, both times',
    async run(world) {
      const { owner, stranger, id, project, members } = await sharedImage(world);
      expect((await owner.ask('DELETE', `${members}/${project}`)).status).toBe(204);
      expect((await owner.ask('DELETE', `${members}/${project}`)).status).toBe(404);
      expect((await stranger.get(`/v2/images/${id}`)).status).toBe(404);
      expect((await stranger.get(members)).status).toBe(404);
      expect((await send(owner, 'POST', members, { member: project })).status).toBe(200);
    },
  },
  {
    name: 'members that are asked for in a wrong way',
    service: '409 for one that is there, 404 for one that is not, 400 for a wrong document, 403 for the owner’s word',
    async run(world) {
      const { owner, stranger, project, members } = await sharedImage(world);
      const add = async (body?: object) => (await send(owner, 'POST', members, body)).status;
      expect(await add({ member: project })).toBe(409);
      expect([await add({}), await add({ member: '' }), await add([]), await add()]).toEqual([400, 400, 400, 400]);
      expect((await owner.get(`${members}/${project}`)).status).toBe(200);
      expect((await owner.get(`${members}/nobody`)).status).toBe(404);
      const set = async (client: ImageClient, who: string, body: object) =>
        (await send(client, 'PUT', `${members}/${who}`, body)).status;
      expect(await set(owner, project, { status: 'accepted' })).toBe(403);
      expect([await set(stranger, project, { status: 'bogus' }), await set(stranger, project, {})]).toEqual([400, 400]);
      expect(await set(stranger, 'nobody', { status: 'accepted' })).toBe(404);
    },
  },
  {
    name: 'members of an image that is not shared',
    service: '403; 404 for a single one',
    async run(world) {
      const client = await world.client();
      const members = `/v2/images/${await client.created({ visibility: 'private' })}/members`;
      expect((await client.get(members)).status).toBe(403);
      expect((await send(client, 'POST', members, { member: 'x' })).status).toBe(403);
      expect((await client.ask('DELETE', `${members}/x`)).status).toBe(403);
      expect((await client.get(`${members}/x`)).status).toBe(404);
    },
  },
];
