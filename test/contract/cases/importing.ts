import { expect } from '@jest/globals';
import type { ImageClient, Reply } from '../../local/simulator/cloud.ts';
import { failure } from '../../support/outcome.ts';
import { created, DISK, hash, until, uploaded } from '../fixtures.ts';
import type { ContractCase, ServiceWorld } from '../service-world.ts';

const open = { importFilter: 'open' } as const;

/** Serves a body that does not end before `end` is called, so that an import is under way for as long as its case needs it. */
function serveEndlessly(world: ServiceWorld): { end(): void } {
  // The image is `importing` some time before the service asks for its bytes, which may be after the call of `end`.
  const ended = Promise.withResolvers<void>();
  world.source.serve(async (_request, response) => {
    response.writeHead(200, { 'content-length': DISK.length }).write(DISK.subarray(0, 1000));
    await ended.promise;
    response.end(DISK.subarray(1000));
  });
  return { end: ended.resolve };
}

export const IMPORTING: readonly ContractCase[] = [
  {
    name: 'an import by web-download',
    service: '202; the image is importing, then active, with size and hashes',
    ours: 'route `import`; compared with what was read from the bucket',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      world.source.serve((_request, response) => response.end(DISK));
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, `${world.source.url}?X-Amz-Signature=s`);
      const image = await until(endpoint, id, ['active']);
      expect(image).toMatchObject({ size: DISK.length, hashes: { sha512: hash('sha512', DISK) } });
      expect(await endpoint.imports?.failure(id)).toBeUndefined();
      expect((await world.storedBytes(id)).equals(DISK)).toBe(true);
    },
  },
  {
    name: 'an import from an address outside the filter',
    service: '400 at once, with the whole address in its words',
    ours: '`import-refused`, permanent; the signature of the address is cut out',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      const error = await failure(
        Promise.resolve(endpoint.imports?.begin(id, `${world.source.url}?X-Amz-Signature=s`)),
      );
      expect(error).toMatchObject({ code: 'import-refused', retryable: false });
      expect(error.message).not.toContain('X-Amz-Signature');
      expect(await endpoint.get(id)).toMatchObject({ status: 'queued' });
    },
  },
  {
    name: 'an import that cannot fetch: an address that is refused or has run out',
    service: 'the image is queued again, silently; its task says “Task failed due to Internal Error”',
    ours: '`import-failed`, and whether the address had run out; the next generation gets a new one',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      world.source.serve((_request, response) => response.writeHead(403).end('Request has expired'));
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['queued']);
      expect(await failureOf(world, id)).toBe('Task failed due to Internal Error');
    },
  },
  {
    name: 'an import whose source breaks off',
    service: 'the same',
    ours: '`import-failed`, and the next generation',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      world.source.serve((_request, response) => {
        response
          .writeHead(200, { 'content-length': DISK.length })
          .write(DISK.subarray(0, 1000), () => response.destroy());
      });
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['queued']);
      expect(await failureOf(world, id)).toBe('Task failed due to Internal Error');
    },
  },
  {
    name: 'an import while one is under way',
    service: '409',
    ours: 'a success: it is under way',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      const endless = serveEndlessly(world);
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['importing']);
      await expect(endpoint.imports?.begin(id, world.source.url)).resolves.toBeUndefined();
      endless.end();
      await until(endpoint, id, ['active']);
    },
  },
  {
    name: 'an image that is deleted while it is imported',
    service: '204; the import ends without it',
    ours: 'how an import that never ends is given up',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      const endless = serveEndlessly(world);
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['importing']);
      await endpoint.delete(id);
      expect(await endpoint.get(id)).toBeUndefined();
      endless.end();
    },
  },
  {
    name: 'an import to an active image',
    service: '409, the image stays as it is',
    ours: 'a success: the image is looked at, and found to be active',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      const id = await uploaded(endpoint);
      const before = await endpoint.get(id);
      await endpoint.imports?.begin(id, world.source.url);
      expect(await endpoint.get(id)).toEqual(before);
    },
  },
  {
    name: 'a service without web-download',
    service: 'does not list it in GET /v2/info/import, and answers 400 to it',
    ours: 'never chosen by `auto`; `route-not-offered` where the target is set to import',
    settings: { importMethods: ['copy-image'] },
    async run(world) {
      const importing = world.endpoint({ route: 'import' });
      const plan = importing.plan({ format: 'raw', virtualSize: 1 }, 1);
      const error = await failure(plan);
      expect(error).toMatchObject({ code: 'route-not-offered' });
      expect(error.message).toContain('copy-image');
      const id = await created(importing);
      const begun = Promise.resolve(importing.imports?.begin(id, world.source.url));
      expect(await failure(begun)).toMatchObject({ code: 'route-not-offered' });
    },
  },
  {
    name: 'what an image shows of its import',
    service: '`os_glance_importing_to_stores` from the start on, and `os_glance_failed_import` as soon as it fails',
    ours: 'a failure is known at once',
    settings: open,
    async run(world) {
      const client = await world.client();
      const endless = serveEndlessly(world);
      const id = await client.created();
      await importFrom(client, id, world.source.url);
      await client.untilStatus(id, 'importing');
      expect(await client.image(id)).toMatchObject({
        os_glance_import_task: expect.any(String),
        os_glance_importing_to_stores: 'file1',
        os_glance_failed_import: '',
      });
      endless.end();
      await client.untilStatus(id, 'active');
      const done = await untilUnlocked(client, id);
      expect(done).toMatchObject({ os_glance_importing_to_stores: '', os_glance_failed_import: '' });
      world.source.serve((_request, response) => response.writeHead(403).end());
      const failing = await client.created();
      await importFrom(client, failing, world.source.url);
      await untilTask(client, failing, 'failure');
      expect(await untilUnlocked(client, failing)).toMatchObject({
        status: 'queued',
        os_glance_importing_to_stores: '',
        os_glance_failed_import: 'file1',
      });
    },
  },
  {
    name: 'the task of an import',
    service: 'tells the request, the owner and, after a success, how much was copied',
    settings: open,
    async run(world) {
      const [client, admin] = [await world.client(), await world.client('admin')];
      world.source.serve((_request, response) => response.end(DISK));
      const id = await client.created();
      const method = { name: 'web-download', uri: world.source.url };
      const { headers } = await importFrom(client, id, world.source.url);
      const task = await untilTask(client, id, 'success');
      expect(task).toMatchObject({
        type: 'api_image_import',
        owner: (await client.image(id)).owner,
        image_id: id,
        input: { image_id: id, import_req: { method }, backend: ['file1'] },
        result: { image_id: id },
        message: 'Copied 1 MiB',
        request_id: headers['x-openstack-request-id'],
        user_id: expect.any(String),
        deleted: false,
      });
      expect((await admin.get(`/v2/tasks/${task.id}`)).json).toMatchObject({
        id: task.id,
        input: { image_id: id, import_req: { method }, backend: ['file1'] },
        status: 'success',
        message: 'Copied 1 MiB',
        self: `/v2/tasks/${task.id}`,
        schema: '/v2/schemas/task',
      });
      expect((await client.get('/v2/images/none/tasks')).status).toBe(404);
    },
  },
  {
    name: 'the list of tasks',
    service: 'for an admin only, without what went in and came out; tasks cannot be deleted',
    settings: open,
    async run(world) {
      const [client, admin] = [await world.client(), await world.client('admin')];
      world.source.serve((_request, response) => response.end(DISK));
      const id = await client.created();
      await importFrom(client, id, world.source.url);
      const task = await untilTask(client, id, 'success');
      const { tasks, next } = (await admin.get('/v2/tasks?limit=1&status=success')).json;
      expect(tasks).toMatchObject([{ id: task.id, status: 'success', schema: '/v2/schemas/task' }]);
      expect(tasks[0]).not.toHaveProperty('input');
      expect(next).toBe(`/v2/tasks?limit=1&status=success&marker=${task.id}`);
      for (const query of ['status=x', 'type=api_image_import', 'limit=x', 'marker=x']) {
        expect((await admin.get(`/v2/tasks?${query}`)).status).toBe(400);
      }
      expect((await admin.get('/v2/tasks/x')).status).toBe(404);
      expect((await admin.ask('DELETE', `/v2/tasks/${task.id}`)).status).toBe(405);
      for (const path of ['/v2/tasks', `/v2/tasks/${task.id}`]) expect((await client.get(path)).status).toBe(403);
    },
  },
  {
    name: 'an import to a store that there is not',
    service: '409 at once; a PUT of the file to it is 400',
    settings: open,
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      const method = { name: 'web-download', uri: world.source.url };
      const begin = async (body: object, headers = {}) =>
        (await client.ask('POST', `/v2/images/${id}/import`, JSON.stringify(body), { ...JSON_TYPE, ...headers }))
          .status;
      const store = { 'x-image-meta-store': 'file1' };
      expect(await begin({ method, stores: ['nowhere'] })).toBe(409);
      expect(await begin({ method }, { 'x-image-meta-store': 'nowhere' })).toBe(409);
      expect(await begin({ method, all_stores: 'x' })).toBe(400);
      expect(await begin({ method, all_stores_must_succeed: 'x' })).toBe(400);
      expect(await begin({ method, all_stores: true, stores: ['file1'] })).toBe(400);
      expect(await begin({ method, stores: ['file1'] }, store)).toBe(400);
      expect(await begin({ method: {} })).toBe(400);
      expect((await client.upload(id, DISK, { 'x-image-meta-store': 'nowhere' })).status).toBe(400);
      expect(await client.image(id)).toMatchObject({ status: 'queued' });
      world.source.serve((_request, response) => response.end(DISK));
      expect(await begin({ method, all_stores: true })).toBe(202);
      await client.untilStatus(id, 'active');
    },
  },
  {
    name: 'a file that is staged, and then imported by glance-direct',
    service: '204 and status `uploading`, with its size; 202, then active',
    settings: open,
    async run(world) {
      const client = await world.client();
      const id = await client.created();
      const image = `/v2/images/${id}`;
      const begin = async (method: object) =>
        (await client.ask('POST', `${image}/import`, JSON.stringify({ method }), JSON_TYPE)).status;
      expect(await begin({ name: 'glance-direct' })).toBe(409);
      const stage = async (type: string) =>
        (await client.ask('PUT', `${image}/stage`, DISK, { 'content-type': type })).status;
      expect([await stage('text/plain'), await stage('application/octet-stream')]).toEqual([415, 204]);
      expect(await client.image(id)).toMatchObject({ status: 'uploading', size: DISK.length, checksum: null });
      expect(await stage('application/octet-stream')).toBe(409);
      expect((await client.upload(id, DISK)).status).toBe(409);
      expect((await client.get(`${image}/file`)).status).toBe(204);
      expect(await begin({ name: 'web-download', uri: world.source.url })).toBe(409);
      expect(await begin({ name: 'glance-direct' })).toBe(202);
      await client.untilStatus(id, 'active');
      expect(await client.image(id)).toMatchObject({ size: DISK.length, os_hash_value: hash('sha512', DISK) });
      expect(await untilTask(client, id, 'success')).toMatchObject({ message: 'Copied 1 MiB' });
      expect((await world.storedBytes(id)).equals(DISK)).toBe(true);
    },
  },
  {
    name: 'a staged image without formats, or that is deleted',
    service: '409 to the import; 204 to the deletion',
    settings: open,
    async run(world) {
      const client = await world.client();
      const { id } = (await client.create({ name: 'no format' })).json;
      const type = { 'content-type': 'application/octet-stream' };
      expect((await client.ask('PUT', `/v2/images/${id}/stage`, DISK, type)).status).toBe(204);
      const body = JSON.stringify({ method: { name: 'glance-direct' } });
      expect((await client.ask('POST', `/v2/images/${id}/import`, body, JSON_TYPE)).status).toBe(409);
      expect(await client.image(id)).toMatchObject({ status: 'uploading' });
      expect((await client.ask('DELETE', `/v2/images/${id}`)).status).toBe(204);
      expect((await client.get(`/v2/images/${id}`)).status).toBe(404);
      expect((await client.ask('PUT', '/v2/images/none/stage', DISK, type)).status).toBe(404);
    },
  },
];

/** The status of the image is set back a moment before its task is. */
async function failureOf(world: ServiceWorld, id: string): Promise<string | undefined> {
  return eventually(async () => world.endpoint().imports?.failure(id));
}

const JSON_TYPE = { 'content-type': 'application/json' };

async function importFrom(client: ImageClient, id: string, uri: string): Promise<Reply> {
  const body = JSON.stringify({ method: { name: 'web-download', uri } });
  const reply = await client.ask('POST', `/v2/images/${id}/import`, body, JSON_TYPE);
  expect(reply.status).toBe(202);
  return reply;
}

/** The image when no task holds it any more. */
async function untilUnlocked(client: ImageClient, id: string) {
  return eventually(async () => {
    const image = await client.image(id);
    return image.os_glance_import_task === undefined ? image : undefined;
  });
}

/** The newest task of an image, when it has ended in this way. */
async function untilTask(client: ImageClient, id: string, status: string) {
  return eventually(async () => {
    const { tasks } = (await client.get(`/v2/images/${id}/tasks`)).json;
    return tasks.at(-1)?.status === status ? tasks.at(-1) : undefined;
  });
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 2400; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It did not come to pass within two minutes.');
}
