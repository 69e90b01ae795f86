import { expect } from '@jest/globals';
import { RECORD_PROPERTY } from '../../../lambda/model/image.ts';
import { percentEncoded } from '../../../lambda/model/quoted.ts';
import { failure } from '../../support/outcome.ts';
import { anImage, created, upload } from '../fixtures.ts';
import type { ContractCase } from '../service-world.ts';

const create = { name: 'contract', disk_format: 'raw', container_format: 'bare' };

export const CREATING: readonly ContractCase[] = [
  {
    name: 'a new image',
    service: '201 with id and status `queued`; headers list stores and import methods; no size, no hashes',
    ours: 'the image, waiting for its data',
    async run(world) {
      const { status, headers, json } = await (await world.client()).create({
        ...create,
        min_disk: 3,
        imagedrop_x: 'y',
      });
      expect(status).toBe(201);
      expect(json).toMatchObject({ status: 'queued', size: null, checksum: null, os_hash_value: null, min_disk: 3 });
      expect(json.imagedrop_x).toBe('y');
      expect(String(headers['openstack-image-import-methods'])).toContain('web-download');
      expect(headers['openstack-image-store-ids']).toBe('file1');
    },
  },
  {
    name: 'an id of our choice',
    service: '201 with that id',
    ours: 'the same drop has the same image id at every try',
    async run(world) {
      const image = anImage();
      expect(await world.endpoint().create(image)).toMatchObject({ id: image.id, status: 'queued' });
    },
  },
  {
    name: 'an id that exists',
    service: '409, the image stays as it is',
    ours: 'adopted when it bears our mark, else `image-id-taken`',
    async run(world) {
      const endpoint = world.endpoint();
      const image = anImage();
      await endpoint.create(image);
      expect((await (await world.client()).create({ ...create, id: image.id })).status).toBe(409);
      await upload(endpoint, image.id);
      expect(await endpoint.create(image)).toMatchObject({ id: image.id, status: 'active' });
      const stranger = anImage();
      await (await world.client()).create({ ...create, id: stranger.id });
      expect(await failure(endpoint.create(stranger))).toMatchObject({ code: 'image-id-taken' });
      expect(await endpoint.createdFor(image.id)).toMatchObject([{ id: image.id }]);
      expect(await endpoint.createdFor(stranger.id)).toEqual([]);
    },
  },
  {
    name: 'the id of a deleted image',
    service: '409 for ever, and 404 on GET',
    ours: '`image-id-taken`: the next generation has another id',
    async run(world) {
      const endpoint = world.endpoint();
      const image = anImage();
      await endpoint.create(image);
      await endpoint.delete(image.id);
      expect((await (await world.client()).get(`/v2/images/${image.id}`)).status).toBe(404);
      expect(await failure(endpoint.create(image))).toMatchObject({ code: 'image-id-taken', retryable: true });
    },
  },
  {
    name: 'a disk_format outside the schema',
    service: '400 from the schema, which names what is taken',
    ours: '`format-not-taken` from the plan, before anything is created, naming what is taken',
    settings: { diskFormats: ['raw', 'qcow2', 'iso'] },
    async run(world) {
      const client = await world.client();
      expect((await client.create({ ...create, disk_format: 'vmdk' })).status).toBe(400);
      const { properties } = (await client.get('/v2/schemas/image')).json;
      expect(properties.disk_format.enum).toEqual([null, 'raw', 'qcow2', 'iso']);
      const plan = world.endpoint().plan({ format: 'vmdk', virtualSize: 1 }, 1);
      const error = await failure(plan);
      expect(error).toMatchObject({ code: 'format-not-taken', retryable: false });
      expect(error.message).toContain('raw, qcow2, iso');
    },
  },
  {
    name: 'a property that only the service may set',
    service: '403 for size, status, checksum, locations and os_glance*',
    ours: 'never sent: what we note has names that begin with `imagedrop_`',
    async run(world) {
      const client = await world.client();
      const reserved = [{ size: 1 }, { status: 'active' }, { checksum: 'x' }, { os_glance_x: 'y' }];
      const answers = await Promise.all(reserved.map((each) => client.create({ ...create, ...each })));
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    },
  },
  {
    name: 'a property with a key of 256 characters, or a value that is no string',
    service: '400',
    ours: '`invalid-request`, permanent, with the words of the service',
    async run(world) {
      const client = await world.client();
      expect((await client.create({ ...create, ['k'.repeat(255)]: 'v' })).status).toBe(201);
      expect((await client.create({ ...create, ['k'.repeat(256)]: 'v' })).status).toBe(400);
      expect((await client.create({ ...create, count: 1 })).status).toBe(400);
      const tooLong = anImage({ properties: { ['k'.repeat(256)]: 'v' } });
      expect(await failure(world.endpoint().create(tooLong))).toMatchObject({
        code: 'invalid-request',
        retryable: false,
      });
    },
  },
  {
    name: 'an image for everybody, asked for by a member',
    service: '403',
    ours: '`forbidden`, permanent',
    async run(world) {
      const image = anImage({ visibility: 'public' });
      expect(await failure(world.endpoint().create(image))).toMatchObject({ code: 'forbidden', retryable: false });
    },
  },
  {
    name: 'a name in any script, of 255 characters',
    service: 'kept as it is',
    ours: 'sent as it is',
    async run(world) {
      const name = '镜像 Ünïcode-'.repeat(22).slice(0, 255);
      const endpoint = world.endpoint();
      const id = await created(endpoint, { name });
      expect(await endpoint.get(id)).toMatchObject({ name });
    },
  },
  {
    name: 'a character beyond U+FFFF, such as an emoji, in name, property or tag',
    service: '400',
    ours: 'in the name it becomes `-`, the whole name being kept in a property; there it is percent-encoded',
    async run(world) {
      const client = await world.client();
      const asked = [{ name: 'disk 😀' }, { imagedrop_x: '😀' }, { 'x😀': 'y' }, { tags: ['😀'] }];
      const answers = await Promise.all(asked.map((each) => client.create({ ...create, ...each })));
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
      const change = { op: 'replace', path: '/name', value: '😀' };
      expect((await client.patch(await client.created(), [change])).status).toBe(400);
      const endpoint = world.endpoint();
      const record = percentEncoded('a/😀%/c.json');
      const image = endpoint.conform(anImage({ name: 'disk 😀', properties: { [RECORD_PROPERTY]: record } }));
      expect(await endpoint.get((await endpoint.create(image)).id)).toMatchObject({
        name: 'disk -',
        properties: { imagedrop_original_name: 'disk %F0%9F%98%80', [RECORD_PROPERTY]: record },
      });
    },
  },
  {
    name: 'a listing by any property',
    service: 'only the images that have that value',
    ours: 'an image of ours is found by its mark',
    async run(world) {
      const client = await world.client();
      const mark = crypto.randomUUID();
      const { json } = await client.create({ ...create, imagedrop_id: mark });
      await client.create({ ...create, imagedrop_id: 'another' });
      const { images } = (await client.get(`/v2/images?imagedrop_id=${mark}`)).json;
      expect(images.map(({ id }: { id: string }) => id)).toEqual([json.id]);
    },
  },
];
