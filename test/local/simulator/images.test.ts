import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ADMIN, answerOn, ask, type ImageClient, type Reply, STRANGER, TestCloud } from './cloud.ts';

let cloud: TestCloud;
let glance: ImageClient;
beforeAll(async () => {
  cloud = await TestCloud.start();
  glance = await cloud.glance();
});
afterAll(() => cloud.stop());

const DISK = { name: 'disk', disk_format: 'raw', container_format: 'bare' };

describe('creating an image', () => {
  test('answers 201 with the image in status queued and without size or hashes', async () => {
    const reply = await glance.create({ ...DISK, min_disk: 5, min_ram: 512, tags: ['a', 'b', 'a'], imagedrop_id: 'x' });
    expect(reply.status).toBe(201);
    expect(reply.headers.location).toBe(reply.json.self);
    expect(reply.headers['openstack-image-store-ids']).toBe('file1');
    expect(reply.json).toMatchObject({
      ...DISK,
      status: 'queued',
      visibility: 'shared',
      protected: false,
      min_disk: 5,
      min_ram: 512,
      tags: ['a', 'b'],
      imagedrop_id: 'x',
      size: null,
      virtual_size: null,
      checksum: null,
      os_hash_algo: null,
      os_hash_value: null,
      created_at: '2026-05-04T10:00:00Z',
      file: `/v2/images/${reply.json.id}/file`,
      schema: '/v2/schemas/image',
    });
    expect(await glance.image(reply.json.id)).toEqual(reply.json);
  });

  test('takes the id that the client chose, and answers 409 when it exists', async () => {
    const id = '11111111-2222-5333-8444-555555555555';
    expect((await glance.create({ ...DISK, id })).json.id).toBe(id);
    expect((await glance.create({ ...DISK, id })).status).toBe(409);
  });

  test('answers 409 to the id of a deleted image, for ever', async () => {
    const id = '21111111-2222-5333-8444-555555555555';
    await glance.create({ ...DISK, id });
    expect((await glance.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
    expect((await glance.get(`/v2/images/${id}`)).status).toBe(404);
    expect((await glance.ask('DELETE', `/v2/images/${id}`)).status).toBe(404);
    expect((await glance.create({ ...DISK, id })).status).toBe(409);
  });

  test.each([
    ['a disk_format outside of the schema', { disk_format: 'qcow' }],
    ['a container_format outside of the schema', { container_format: 'box' }],
    ['a name of 256 characters', { name: 'n'.repeat(256) }],
    ['a property key of 256 characters', { ['k'.repeat(256)]: 'v' }],
    ['a property that is a number', { size_hint: 7 }],
    ['a property that is null', { hint: null }],
    ['a min_disk that is a string', { min_disk: '10' }],
    ['a negative min_ram', { min_ram: -1 }],
    ['a tag of 256 characters', { tags: ['t'.repeat(256)] }],
    ['tags that are a string', { tags: 'a' }],
    ['an id that is no UUID', { id: 'disk' }],
    ['a visibility that does not exist', { visibility: 'secret' }],
  ])('answers 400 to %s', async (_case, wrong) => {
    expect((await glance.create({ ...DISK, ...wrong })).status).toBe(400);
  });

  test('takes a name and a key of 255 characters', async () => {
    const reply = await glance.create({ ...DISK, name: 'ñ'.repeat(255), ['k'.repeat(255)]: '' });
    expect(reply.status).toBe(201);
  });

  test.each([
    ['size', 5],
    ['virtual_size', 5],
    ['status', 'active'],
    ['checksum', '0'.repeat(32)],
    ['os_hash_value', '0'],
    ['locations', []],
    ['os_glance_failed_import', 'file1'],
    ['self', '/v2/images/x'],
  ])('answers 403 to setting %s', async (name, value) => {
    expect((await glance.create({ ...DISK, [name]: value })).status).toBe(403);
  });

  test('lets only an admin make a public image', async () => {
    expect((await glance.create({ ...DISK, visibility: 'public' })).status).toBe(403);
    const admin = await cloud.glance(ADMIN);
    expect((await admin.create({ ...DISK, visibility: 'public' })).status).toBe(201);
  });

  test.each(['', '[]', '{', '"disk"'])('answers 400 to the body %j', async (body) => {
    expect((await glance.ask('POST', '/v2/images', body)).status).toBe(400);
  });

  test('answers 413 to a body beyond all measure', async () => {
    expect((await glance.create({ ...DISK, note: 'x'.repeat(200_000) })).status).toBe(413);
  });
});

describe('access to images', () => {
  test('needs a token', async () => {
    const reply = await ask(`${glance.url}/v2/images`, 'GET', undefined, { 'x-auth-token': 'forged' });
    expect(reply.status).toBe(401);
    expect((await ask(`${glance.url}/v2/images`)).json.error.code).toBe(401);
  });

  test('ends at the project: an image of another one is 404', async () => {
    const id = await glance.created();
    const stranger = await cloud.glance(STRANGER, 'elsewhere');
    expect((await stranger.get(`/v2/images/${id}`)).status).toBe(404);
    expect((await stranger.ask('DELETE', `/v2/images/${id}`)).status).toBe(404);
    expect((await stranger.get('/v2/images?visibility=shared')).json.images).toEqual([]);
  });

  test('to a public image is for looking only: deleting it is 403', async () => {
    const admin = await cloud.glance(ADMIN, 'elsewhere');
    const id = await admin.created({ visibility: 'public' });
    expect((await glance.get(`/v2/images/${id}`)).status).toBe(200);
    expect((await glance.ask('DELETE', `/v2/images/${id}`)).status).toBe(403);
  });
});

describe('a path that names nothing', () => {
  test.each(['/v2/images/%E0%A4', '/v2/volumes', '/v2/images/x/y', '/v20'])('such as %s answers 404', async (where) => {
    expect((await glance.get(where)).status).toBe(404);
  });

  test('answers 404 even when it is not a URL at all', async () => {
    const socket = await glance.connection();
    socket.write('GET // HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await answerOn(socket)).toMatch(/^HTTP\/1.1 404 /);
    socket.destroy();
  });
});

describe('the id of a request', () => {
  const idOf = ({ headers }: Reply) => headers['x-openstack-request-id'];

  test('is another one in every answer and refusal', async () => {
    const replies = [await glance.get('/v2/images'), await glance.get('/v2/images/x'), await glance.get('/v2/nothing')];
    expect(replies.map(({ status }) => status)).toEqual([200, 404, 404]);
    const ids = replies.map(idOf);
    for (const id of ids) expect(id).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(3);
  });

  test("is the client's own, where it sends one", async () => {
    const given = 'req-11111111-2222-4333-8444-555555555555';
    const get = (id: string) => glance.ask('GET', '/v2/images', undefined, { 'x-openstack-request-id': id });
    expect([idOf(await get(given)), idOf(await get('mine'))]).toEqual([given, 'req-mine']);
  });

  test('is missing before the token is accepted', async () => {
    expect(idOf(await ask(`${glance.url}/v2/images`))).toBeUndefined();
    expect(idOf(await ask(`${glance.url}/`))).toBeUndefined();
  });
});

describe('deleting an image', () => {
  test('that is protected answers 403 until the protection is lifted', async () => {
    const id = await glance.created({ protected: true });
    expect((await glance.ask('DELETE', `/v2/images/${id}`)).status).toBe(403);
    await glance.patch(id, [{ op: 'replace', path: '/protected', value: false }]);
    expect((await glance.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
  });
});

describe('patching an image', () => {
  test('adds, replaces and removes properties', async () => {
    const id = await glance.created({ old: '1', gone: '2' });
    const reply = await glance.patch(id, [
      { op: 'add', path: '/fresh', value: 'a/b' },
      { op: 'replace', path: '/old', value: '9' },
      { op: 'remove', path: '/gone' },
      { op: 'replace', path: '/name', value: 'renamed' },
      { op: 'replace', path: '/tags', value: ['t'] },
    ]);
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ fresh: 'a/b', old: '9', name: 'renamed', tags: ['t'] });
    expect(reply.json).not.toHaveProperty('gone');
    expect(await glance.image(id)).toEqual(reply.json);
  });

  test.each([
    [409, 'replacing a property that is not there', { op: 'replace', path: '/nothing', value: 'x' }],
    [409, 'removing a property that is not there', { op: 'remove', path: '/nothing' }],
    [403, 'removing a property of the API', { op: 'remove', path: '/name' }],
    [403, 'changing what is read-only', { op: 'replace', path: '/status', value: 'active' }],
    [403, 'changing the id', { op: 'replace', path: '/id', value: '11111111-2222-5333-8444-555555555550' }],
    [403, 'changing what is reserved', { op: 'add', path: '/os_glance_x', value: 'x' }],
    [403, 'making it public', { op: 'replace', path: '/visibility', value: 'public' }],
    [400, 'a value that does not fit the schema', { op: 'add', path: '/min_disk', value: 'x' }],
    [400, 'a path of two steps', { op: 'add', path: '/a/b', value: 'x' }],
    [400, 'an operation that does not exist', { op: 'move', path: '/a', from: '/b' }],
    [400, 'an operation without value', { op: 'add', path: '/a' }],
  ])('answers %i to %s and changes nothing', async (status, _case, change) => {
    const id = await glance.created();
    const before = await glance.image(id);
    expect((await glance.patch(id, [{ op: 'add', path: '/first', value: 'x' }, change])).status).toBe(status);
    expect(await glance.image(id)).toEqual(before);
  });

  test('answers 415 to plain JSON and names the type it takes', async () => {
    const id = await glance.created();
    const reply = await glance.ask('PATCH', `/v2/images/${id}`, '[]', { 'content-type': 'application/json' });
    expect(reply.status).toBe(415);
    expect(reply.headers['accept-patch']).toContain('application/openstack-images-v2.1-json-patch');
  });

  test('lets the format be changed only while the image is queued', async () => {
    const id = await glance.created();
    const change = [{ op: 'replace', path: '/disk_format', value: 'iso' }];
    expect((await glance.patch(id, [{ ...change[0], value: 'ami' }])).json.disk_format).toBe('ami');
    await glance.upload(id, 'data');
    expect((await glance.patch(id, change)).status).toBe(403);
  });
});

describe('what the service says of itself', () => {
  test('is its versions, to anybody', async () => {
    const root = await ask(`${glance.url}/`);
    expect(root.status).toBe(300);
    expect(root.json.versions[0]).toMatchObject({ id: 'v2.17', status: 'CURRENT' });
    expect((await ask(`${glance.url}/versions`)).status).toBe(200);
  });

  test('is the formats it takes, in the schema', async () => {
    const { json } = await glance.get('/v2/schemas/image');
    const formats = [null, 'ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'];
    expect(json.properties.disk_format.enum).toEqual(formats);
  });

  test('is one store, and the imports that it offers', async () => {
    expect((await glance.get('/v2/info/stores')).json).toEqual({ stores: [{ id: 'file1', default: 'true' }] });
    expect((await glance.get('/v2/info/import')).json['import-methods'].value).toEqual([
      'glance-direct',
      'web-download',
    ]);
  });

  test.each([
    ['text/html', '*/*', '<h1>404 Not Found</h1>'],
    ['application/json', 'application/json', '"code":"404 Not Found"'],
    ['text/plain', undefined, '404 Not Found\n'],
  ])('is, of an error, %s to a client that accepts %s', async (type, accept, part) => {
    const reply = await glance.ask('GET', '/v2/images/nothing', undefined, accept === undefined ? {} : { accept });
    expect(reply.status).toBe(404);
    expect(reply.headers['content-type']).toMatch(type);
    expect(reply.text).toContain(part);
  });
});
