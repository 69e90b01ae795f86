import type { RequestListener } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { Discovery } from '../../lambda/endpoints/discovery.ts';
import { planForGlance } from '../../lambda/endpoints/glance.ts';
import { creationFields } from '../../lambda/endpoints/within-limits.ts';
import type { FoundImage } from '../../lambda/model/image.ts';
import { ID_PROPERTY } from '../../lambda/model/image.ts';
import { endpointAt, endpointOf, IMAGE_ID, newImage, TARGETS } from '../support/endpoint-fixture.ts';
import { answer, bodyOf } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const offline = endpointOf('glance', 'http://nowhere.invalid');

function found(format: FoundImage['format'], subformat?: string): FoundImage {
  return { format, virtualSize: 10_240, ...(subformat !== undefined && { subformat }) };
}

describe('the plan of Glance', () => {
  const plan = (image: FoundImage, bytes: number, known: Partial<Discovery> = {}, target = TARGETS.glance) =>
    planForGlance(image, bytes, target, { quotas: [], ...known });

  test.each(['qcow2', 'raw', 'vmdk', 'vhdx', 'vdi', 'iso'] as const)('sends %s as it is', (format) => {
    const range = { offset: 0, length: 10_752 };
    expect(plan(found(format), 10_752)).toMatchObject({ route: 'stream', diskFormat: format, range });
  });

  test('sends a dynamic VHD as vhd', () => {
    expect(plan(found('vhd', 'dynamic'), 2048)).toMatchObject({ diskFormat: 'vhd', range: { length: 2048 } });
  });

  test.each([512, 511])('sends a fixed VHD as raw, without its footer of %i bytes', (footerBytes) => {
    const range = { offset: 0, length: 10_240 };
    expect(plan(found('vhd', 'fixed'), 10_240 + footerBytes)).toMatchObject({
      route: 'stream',
      diskFormat: 'raw',
      range,
    });
  });

  test.each([
    ['qed', 'qemu-img convert'],
    ['qcow', 'qemu-img convert'],
    ['zvhd', 'Export'],
    ['zvhd2', 'Export'],
  ] as const)('takes no %s and says what to do', async (format, nextStep) => {
    const error = await failure(() => plan(found(format), 1));
    expect(error).toMatchObject({ code: 'format-not-taken', nextStep: expect.stringContaining(nextStep) });
    expect(error.message).toContain(format);
  });

  test('takes nothing larger than one PUT may be', async () => {
    const target = { ...TARGETS.glance, maxPutBytes: 1000 };
    expect(plan(found('raw'), 1000, {}, target).range.length).toBe(1000);
    const error = await failure(() => plan(found('raw'), 1001, {}, target));
    expect(error.code).toBe('too-large');
    expect(error.message).toContain('1001');
  });

  test('takes only what the schema of the cloud allows, and names that', async () => {
    const diskFormats = ['raw', 'qcow2', 'iso'];
    expect(plan(found('qcow2'), 1, { diskFormats }).diskFormat).toBe('qcow2');
    const error = await failure(() => plan(found('vmdk'), 1, { diskFormats }));
    expect(error).toMatchObject({ code: 'format-not-taken', nextStep: expect.stringContaining('-O qcow2') });
    expect(error.message).toContain('vmdk; it takes raw, qcow2, iso');
  });

  test.each([
    [['raw', 'aki'], '-O raw'],
    [['aki'], 'Convert the image to an accepted format'],
  ])('names as next step what can be made of what it takes: %j', async (diskFormats, nextStep) => {
    const error = await failure(() => plan(found('qcow2'), 1, { diskFormats }));
    expect(error.nextStep).toContain(nextStep);
  });

  test.each([
    ['image_count_total', 9, 10, 1, 'image_count_total is at 10 of 10'],
    ['image_size_total', 100, 99, 2 * 2 ** 20, 'this image needs 2 more'],
  ])('fails where the quota %s is used up', async (name, limit, usage, bytes, words) => {
    const quota = { name, limit: Math.max(limit, usage), usage };
    const error = await failure(() => plan(found('raw'), bytes, { quotas: [quota] }));
    expect(error.code).toBe('quota-exceeded');
    expect(error.message).toContain(words);
  });

  test.each([
    { name: 'image_size_total', limit: -1, usage: 99 },
    { name: 'image_size_total', limit: 100, usage: 99 },
    { name: 'image_count_uploading', limit: 1, usage: 1 },
  ])('goes on where a quota has room, has no bound or passes on its own: %j', (quota) => {
    expect(plan(found('raw'), 2 ** 20, { quotas: [quota] }).route).toBe('stream');
  });

  test.each([
    [undefined, ['sha512']],
    ['md5', ['md5']],
    ['sha512', ['sha512']],
    ['sha256', ['sha256']],
    ['blake2b', ['md5']],
  ])('computes what a cloud with os_hash_algo %s reports', (hashAlgorithm, algorithms) => {
    expect(plan(found('raw'), 1, hashAlgorithm === undefined ? {} : { hashAlgorithm }).algorithms).toEqual(algorithms);
  });
});

describe('what a Glance says of itself', () => {
  const NEWEST = '/v2/images?limit=1&sort=created_at:desc&status=active';
  const DOCUMENTS: Record<string, unknown> = {
    '/v2/schemas/image': { properties: { disk_format: { enum: ['raw', 'qcow2', null] } } },
    '/v2/info/import': { 'import-methods': { type: 'array', value: ['glance-direct', 'web-download'] } },
    '/v2/info/usage': { usage: { image_count_total: { limit: 10, usage: 3 } } },
    [NEWEST]: { images: [{ os_hash_algo: 'sha256' }] },
  };

  async function glance(documents = DOCUMENTS) {
    const asked: string[] = [];
    const endpoint = await endpointAt('glance', (request, response) => {
      asked.push(request.url ?? '');
      const document = documents[request.url ?? ''];
      answer(response, document === undefined ? 404 : 200, document ?? '');
    });
    return { endpoint, asked };
  }

  test('decides what is taken, and by which route', async () => {
    const { endpoint } = await glance();
    expect(await endpoint.plan(found('qcow2'), 10)).toMatchObject({ route: 'stream', algorithms: ['sha256'] });
    expect(await endpoint.plan(found('qcow2'), TARGETS.glance.maxStreamBytes + 1)).toMatchObject({ route: 'import' });
    expect(await failure(endpoint.plan(found('vdi'), 10))).toMatchObject({ code: 'format-not-taken' });
  });

  test.each([
    ['none, as of a new cloud', undefined, 'sha512'],
    ['has the hash of its operator’s choice', { checksum: '0a', os_hash_algo: 'sha256' }, 'sha256'],
    ['has an md5 only, as from before release 17', { checksum: '0a', os_hash_algo: null }, 'md5'],
    ['has no hash at all', { checksum: null, os_hash_algo: null }, 'sha512'],
  ])('names one hash to compute; its newest image: %s', async (_, newest, algorithm) => {
    const images = newest === undefined ? [] : [newest];
    const { endpoint } = await glance({ ...DOCUMENTS, [NEWEST]: { images } });
    expect((await endpoint.plan(found('raw'), 1)).algorithms).toEqual([algorithm]);
  });

  test('is asked once for many drops', async () => {
    const { endpoint, asked } = await glance();
    await Promise.all([endpoint.plan(found('raw'), 1), endpoint.plan(found('raw'), 2)]);
    await endpoint.plan(found('raw'), 3);
    expect(asked.toSorted()).toEqual(Object.keys(DOCUMENTS).toSorted());
  });

  test('may be little: an old Glance is treated as one with the usual settings', async () => {
    const { endpoint } = await glance({});
    const plan = await endpoint.plan(found('vdi'), 10);
    expect(plan).toMatchObject({ route: 'stream', algorithms: ['sha512'] });
    expect(await failure(endpoint.plan(found('vdi'), TARGETS.glance.maxStreamBytes + 1))).toMatchObject({
      code: 'too-large',
    });
  });

  test.each<[string, RequestListener]>([
    ...[400, 401, 403, 404, 405, 429, 500, 503].map((status): [string, RequestListener] => [
      String(status),
      (_request, response) => answer(response, status, 'No.'),
    ]),
    ['a redirect elsewhere', (_request, response) => answer(response, 302, '', { location: 'https://login.example/' })],
    ['a page of a login', (_request, response) => answer(response, 200, '<html>Who are you?</html>')],
    ['a list', (_request, response) => answer(response, 200, '[1]')],
    ['a connection that is cut', (request) => void request.socket.destroy()],
  ])('is not waited for: a drop goes its way where the answer is %s', async (_, listener) => {
    const endpoint = await endpointAt('glance', listener);
    const plan = await endpoint.plan(found('raw'), 1);
    expect(plan).toMatchObject({ route: 'stream', algorithms: ['sha512'] });
  });

  test('is waited for where only an import would do, and it may still be offered', async () => {
    const endpoint = await endpointAt('glance', (_request, response) => answer(response, 503));
    const tooLarge = TARGETS.glance.maxStreamBytes + 1;
    expect(await failure(endpoint.plan(found('raw'), tooLarge))).toMatchObject({ code: 'endpoint-unavailable' });
  });
});

test('the list of Glance holds the hidden images after the others, which no list but their own does', async () => {
  const asked: string[] = [];
  const document = (id: string) => ({ id, status: 'active', name: id });
  const endpoint = await endpointAt('glance', (request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    asked.push(query.toString());
    const names = query.get('os_hidden') === 'true' ? ['hidden'] : [query.get('marker') === null ? 'first' : 'second'];
    const next = names[0] === 'first' ? { next: '/v2/images?limit=200&marker=first' } : {};
    answer(response, 200, { images: names.map(document), ...next });
  });
  const ids: string[] = [];
  for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page += 1) {
    const { items, next } = await endpoint.list(cursor);
    ids.push(...items.map(({ id }) => id));
    cursor = next;
  }
  expect(ids).toEqual(['first', 'second', 'hidden']);
  expect(asked).toHaveLength(3);
});

test('an image that a fast import of IMS made bears our mark in a tag, and shows it', async () => {
  const images = [{ id: 'made', status: 'active', name: 'a', tags: ['x=', `${ID_PROPERTY}=the-mark`] }];
  const endpoint = await endpointAt('ims', (_request, response) => answer(response, 200, { images }));
  const { items } = await endpoint.list();
  expect(items[0]?.properties[ID_PROPERTY]).toBe('the-mark');
});

describe('an import by Glance', () => {
  const begin = async (status: number, message: string) => {
    const bodies: unknown[] = [];
    const endpoint = await endpointAt('glance', async (request, response) => {
      bodies.push(`${request.method} ${request.url}`, JSON.parse(await bodyOf(request)));
      answer(response, status, { message });
    });
    const url = 'https://s3.example/a?X-Amz-Signature=secret';
    return { bodies, outcome: Promise.resolve(endpoint.imports?.begin(IMAGE_ID, url)) };
  };

  test('is asked for by the URL', async () => {
    const { bodies, outcome } = await begin(202, '');
    await outcome;
    const uri = 'https://s3.example/a?X-Amz-Signature=secret';
    expect(bodies).toEqual([`POST /v2/images/${IMAGE_ID}/import`, { method: { name: 'web-download', uri } }]);
  });

  test('that is under way already is a success', async () => {
    await expect((await begin(409, 'New operation on image is not permitted')).outcome).resolves.toBeUndefined();
  });

  test.each([
    [
      400,
      'URI for web-download does not pass filtering: https://s3.example/a?X-Amz-Signature=secret',
      'import-refused',
    ],
    [400, "Unknown import method name 'web-download'.", 'route-not-offered'],
    [400, 'Something else', 'invalid-request'],
    [404, 'No image found', 'image-lost'],
    [503, 'Later', 'endpoint-unavailable'],
  ])('that is answered with %i "%s" ends as %s, without the signature', async (status, message, code) => {
    const error = await failure((await begin(status, message)).outcome);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('secret');
  });

  const failureFrom = async (document: unknown, status = 200) => {
    const endpoint = await endpointAt('glance', (_request, response) => answer(response, status, document));
    return endpoint.imports?.failure(IMAGE_ID);
  };
  const task = (status: string, message: string, at = '2026-01-01T00:00:00.000000') => ({
    type: 'api_image_import',
    status,
    message,
    created_at: at,
  });

  test('that has failed says why', async () => {
    const tasks = [task('failure', 'newest', '2026-01-02T00:00:00.000000'), task('failure', 'oldest')];
    expect(await failureFrom({ tasks })).toBe('newest');
    expect(await failureFrom({ tasks: [task('failure', '')] })).toBe('the service gives no reason');
  });

  test.each([
    [{ tasks: [] }, 200],
    [{ tasks: [task('processing', '')] }, 200],
    [{ tasks: [task('failure', 'before'), task('processing', '', '2026-01-02T00:00:00.000000')] }, 200],
    ['no such thing', 404],
  ])('that has not failed, or not as far as the service says, has no reason: %j', async (document, status) => {
    expect(await failureFrom(document, status)).toBeUndefined();
  });
});

describe('an image for Glance', () => {
  test('stays as it is where everything is legal', () => {
    const image = newImage({ name: 'Ünïcode 镜像', visibility: 'shared', tags: ['plain'] });
    expect(offline.conform(image)).toEqual(image);
  });

  test('loses what is beyond 255 characters of its name, and emoji, and keeps the whole in a property', () => {
    const { name, properties } = offline.conform(newImage({ name: 'é🚀'.repeat(200) }));
    expect(name).toBe('é-'.repeat(200).slice(0, 255));
    expect(decodeURIComponent(properties.imagedrop_original_name ?? '')).toBe('é🚀'.repeat(200));
  });

  test.each([
    [true, { os_hidden: true }],
    [false, {}],
  ])('is asked for as hidden only where it shall be: %s', (osHidden, fields) => {
    const { os_hidden } = Object(creationFields(offline.conform(newImage({ osHidden }))));
    expect(os_hidden === undefined ? {} : { os_hidden }).toEqual(fields);
  });

  test('is refused where its disk is larger than the target allows', async () => {
    const error = await failure(() => offline.conform(newImage({ minDisk: 65_537 })));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toContain('65537');
  });
});

describe('creating an image at Glance', () => {
  const shown = { id: IMAGE_ID, name: 'x', status: 'queued', disk_format: 'qcow2', size: null };

  test('sends the chosen id, the metadata and the properties', async () => {
    const bodies: unknown[] = [];
    const endpoint = await endpointAt('glance', async (request, response) => {
      bodies.push(`${request.method} ${request.url}`, JSON.parse(await bodyOf(request)));
      answer(response, 201, shown);
    });
    const properties = { [ID_PROPERTY]: IMAGE_ID, os_distro: 'ubuntu', name: 'a property cannot displace a field' };
    const image = await endpoint.create(newImage({ tags: ['a'], properties }));
    expect(image).toMatchObject({ id: IMAGE_ID, status: 'queued' });
    expect(bodies).toEqual([
      'POST /v2/images',
      {
        id: IMAGE_ID,
        name: 'ubuntu-24.04',
        disk_format: 'qcow2',
        container_format: 'bare',
        min_disk: 40,
        min_ram: 512,
        visibility: 'private',
        protected: false,
        tags: ['a'],
        imagedrop_id: IMAGE_ID,
        os_distro: 'ubuntu',
      },
    ]);
  });

  test('adopts the image that a try before has created, when its answer was lost', async () => {
    let created = false;
    const endpoint = await endpointAt('glance', (request, response) => {
      if (request.method === 'GET') return answer(response, 200, { ...shown, [ID_PROPERTY]: IMAGE_ID });
      if (created) return answer(response, 409, 'Image ID already exists!');
      created = true;
      request.socket.destroy();
    });
    expect(await failure(endpoint.create(newImage()))).toMatchObject({ code: 'endpoint-unavailable', retryable: true });
    expect(await endpoint.create(newImage())).toMatchObject({ id: IMAGE_ID });
  });

  test.each([
    ['was deleted', 404, {}, 'a deleted image'],
    ['belongs to another image', 200, shown, 'which is not ours'],
    ['belongs to an image of ours for another id', 200, { ...shown, [ID_PROPERTY]: 'other' }, 'which is not ours'],
  ])('goes on to the next id when this one %s', async (_, status, body, words) => {
    const endpoint = await endpointAt('glance', (request, response) =>
      request.method === 'POST' ? answer(response, 409) : answer(response, status, body),
    );
    const error = await failure(endpoint.create(newImage()));
    expect(error).toMatchObject({ code: 'image-id-taken', retryable: true });
    expect(error.message).toContain(words);
  });

  test('says what the cloud does not like', async () => {
    const message = "Provided object does not match schema 'image': 'qcow9' is not one of ['raw'].";
    const endpoint = await endpointAt('glance', (_, response) => answer(response, 400, { message }));
    const error = await failure(endpoint.create(newImage()));
    expect(error.code).toBe('invalid-request');
    expect(error.message).toMatch(
      /^Creating image "ubuntu-24.04" at here \(POST http:\S+\/v2\/images\) was answered with 400: /,
    );
    expect(error.message).toContain(message);
  });

  test('knows the size once Glance tells it', async () => {
    const endpoint = await endpointAt('glance', (request, response) =>
      answer(response, 200, { ...shown, size: request.url?.endsWith('full') ? 12 : null }),
    );
    expect(await endpoint.get('full')).toMatchObject({ size: 12 });
    expect(await endpoint.get('empty')).not.toHaveProperty('size');
  });
});

describe('a creation whose answer was lost, on the last place of the quota', () => {
  const full = { message: 'The quota image_count_total is used up.' };
  const service = (existing: object | undefined) =>
    endpointAt('glance', (request, response) => {
      if (request.method === 'POST') return answer(response, 413, full);
      answer(response, existing === undefined ? 404 : 200, existing);
    });

  test('is found by its id, though Glance looks at the quota first', async () => {
    const endpoint = await service({ id: IMAGE_ID, status: 'queued', [ID_PROPERTY]: IMAGE_ID });
    expect(await endpoint.create(newImage())).toMatchObject({ id: IMAGE_ID, status: 'queued' });
  });

  test.each([
    ['nothing is there', undefined],
    ['the image is of others', { id: IMAGE_ID, status: 'queued', name: 'x' }],
  ])('is the quota where %s', async (_what, existing) => {
    const endpoint = await service(existing);
    expect(await failure(endpoint.create(newImage()))).toMatchObject({ code: 'quota-exceeded', wholeTarget: true });
  });
});

test('what was created for an id of ours is not the image of somebody else that has the id', async () => {
  const others = { id: IMAGE_ID, status: 'queued', name: 'theirs', disk_format: 'raw' };
  const endpoint = await endpointAt('glance', (_request, response) => answer(response, 200, others));
  expect(await endpoint.createdFor(IMAGE_ID)).toEqual([]);
});
