import { expect } from '@jest/globals';
import { ask } from '../../local/simulator/cloud.ts';
import { rawDisk } from '../../support/disk.ts';
import type { ContractCase } from '../service-world.ts';

export const LISTING: readonly ContractCase[] = [
  {
    name: 'a listing of hidden images',
    service: 'os_hidden is true or false in any case; 400 to anything else, and for `protected` in lower case only',
    async run(world) {
      const client = await world.client();
      const mark = crypto.randomUUID();
      const hidden = await client.created({ imagedrop_id: mark, os_hidden: true });
      const shown = await client.created({ imagedrop_id: mark });
      const ids = async (query: string) => {
        const { images } = (await client.get(`/v2/images?imagedrop_id=${mark}${query}`)).json;
        return images.map(({ id }: { id: string }) => id);
      };
      expect(await ids('&os_hidden=True')).toEqual([hidden]);
      expect(await ids('&os_hidden=true')).toEqual([hidden]);
      expect(await ids('&os_hidden=False')).toEqual([shown]);
      expect(await ids('&protected=false')).toEqual([shown]);
      const wrong = ['os_hidden=1', 'os_hidden=bogus', 'os_hidden=', 'protected=True', 'protected=1'];
      const answers = await Promise.all(wrong.map((query) => client.get(`/v2/images?${query}`)));
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    },
  },
  {
    name: 'a listing that is asked for in a wrong way',
    service: '400',
    async run(world) {
      const client = await world.client();
      const wrong = [
        'limit=-1',
        'limit=x',
        'member_status=x',
        'changes-since=1',
        'sort=name&sort_dir=asc',
        'sort_key=name&sort_key=id&sort_dir=asc&sort_dir=desc&sort_dir=asc',
      ];
      const answers = await Promise.all(wrong.map((query) => client.get(`/v2/images?${query}`)));
      expect(answers.map(({ status }) => status)).toEqual(wrong.map(() => 400));
    },
  },
  {
    name: 'a slash behind a path',
    service: '404',
    ours: 'never sent',
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      const paths = ['/v2/images/', `/v2/images/${id}/`, '/v2/schemas/image/', '/v2/nothing'];
      for (const path of paths) expect((await client.get(path)).status).toBe(404);
      expect((await client.ask('DELETE', '/v2/images/')).status).toBe(404);
    },
  },
  {
    name: 'a method that a path does not have, HEAD among them',
    service: '405, with those that it has in Allow',
    async run(world) {
      const client = await world.client();
      const image = `/v2/images/${await client.created()}`;
      const wrong = [
        ['DELETE', '/v2/images', 'GET, POST'],
        ['HEAD', '/v2/images', 'GET, POST'],
        ['HEAD', image, 'GET, PATCH, DELETE'],
        ['PUT', image, 'GET, PATCH, DELETE'],
        ['HEAD', `${image}/file`, 'GET, PUT'],
        ['GET', `${image}/stage`, 'PUT'],
        ['GET', `${image}/import`, 'POST'],
        ['DELETE', `${image}/members`, 'GET, POST'],
        ['POST', `${image}/members/x`, 'GET, PUT, DELETE'],
        ['POST', '/v2/info/import', 'GET'],
        ['HEAD', '/v2/schemas/image', 'GET'],
        ['PUT', '/v2/tasks', 'GET, POST'],
      ] as const;
      for (const [method, path, allow] of wrong) {
        const { status, headers } = await client.ask(method, path);
        expect([method, path, status, headers.allow]).toEqual([method, path, 405, allow]);
      }
    },
  },
  {
    name: 'the versions',
    service: 'those that stores and tasks need are among them; any path that is of no version shows them with 300',
    async run(world) {
      const client = await world.client();
      for (const [path, status] of [
        ['/', 300],
        ['/versions', 200],
        ['/nothing', 300],
      ] as const) {
        const reply = await ask(`${client.url}${path}`, 'GET');
        expect([path, reply.status]).toEqual([path, status]);
        const ids = reply.json.versions.map(({ id }: { id: string }) => id);
        expect(ids).toEqual(expect.arrayContaining(['v2.0', 'v2.8', 'v2.10', 'v2.11', 'v2.12', 'v2.13', 'v2.15']));
      }
      expect([(await client.get('/v2')).status, (await client.get('/v2/')).status]).toEqual([302, 404]);
      expect((await ask(`${client.url}/v2/nothing`)).status).toBe(401);
    },
  },
  {
    name: 'the schemas',
    service: 'of image, member and task, and of lists of them',
    async run(world) {
      const client = await world.client();
      const schema = async (name: string) => (await client.get(`/v2/schemas/${name}`)).json;
      const statuses = (await schema('image')).properties.status.enum;
      expect(statuses).toEqual(expect.arrayContaining(['uploading', 'importing', 'pending_delete', 'deactivated']));
      expect(await schema('images')).toMatchObject({
        name: 'images',
        properties: { images: { type: 'array', items: { name: 'image' } }, next: { type: 'string' } },
        links: [{ rel: 'first' }, { rel: 'next' }, { rel: 'describedby' }],
      });
      expect((await schema('member')).properties.status.enum).toEqual(['pending', 'accepted', 'rejected']);
      expect((await schema('members')).properties.members.items).toMatchObject({ name: 'member' });
      expect(Object.keys((await schema('task')).properties)).toEqual(expect.arrayContaining(['input', 'result']));
      const listed = Object.keys((await schema('tasks')).properties.tasks.items.properties);
      expect(listed).toContain('request_id');
      expect(listed).not.toContain('input');
    },
  },
  {
    name: 'the virtual size of a raw disk',
    service: 'its size, in a bare container; null in any other',
    ours: 'not compared',
    async run(world) {
      const client = await world.client();
      const sizeOf = async (container_format: string) => {
        const id = await client.created({ container_format });
        await client.upload(id, rawDisk(1024));
        return (await client.image(id)).virtual_size;
      };
      expect([await sizeOf('bare'), await sizeOf('ovf')]).toEqual([1024, null]);
    },
  },
  {
    name: 'the stores',
    service: 'listed for everybody, in detail for an admin',
    async run(world) {
      const client = await world.client();
      expect((await client.get('/v2/info/stores')).json).toEqual({ stores: [{ id: 'file1', default: 'true' }] });
      expect((await client.get('/v2/info/stores/detail')).status).toBe(403);
      const { stores } = (await (await world.client('admin')).get('/v2/info/stores/detail')).json;
      expect(stores).toMatchObject([{ id: 'file1', default: 'true', type: 'file', properties: expect.any(Object) }]);
    },
  },
];
