import { describe, expect, test } from '@jest/globals';
import { planForIms } from '../../lambda/endpoints/ims.ts';
import { type FoundImage, ID_PROPERTY, IMAGE_FORMATS, type ImageFormat } from '../../lambda/model/image.ts';
import { percentEncoded } from '../../lambda/model/quoted.ts';
import { endpointAt, endpointOf, IMAGE_ID, newImage, TARGETS } from '../support/endpoint-fixture.ts';
import { answer, bodyOf } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const offline = endpointOf('ims', 'http://nowhere.invalid');

describe('the plan of IMS', () => {
  const plan = (image: FoundImage, bytes: number) => planForIms(image, bytes, TARGETS.ims);
  const kept: readonly ImageFormat[] = ['qcow2', 'raw', 'vhd', 'zvhd', 'zvhd2'];
  const converted = IMAGE_FORMATS.filter((format) => format !== 'iso' && !kept.includes(format));

  test.each(kept)('keeps %s', (format) => {
    const range = { offset: 0, length: 2048 };
    const taken = plan({ format, subformat: 'fixed', virtualSize: 1536 }, 2048);
    expect(taken).toMatchObject({ route: 'stream', diskFormat: format, range });
  });

  test.each(converted)('has %s converted to the format of the target', (format) => {
    expect(plan({ format, virtualSize: 1 }, 1)).toMatchObject({ route: 'stream', diskFormat: 'zvhd2' });
  });

  test('takes no ISO', async () => {
    const error = await failure(() => plan({ format: 'iso', virtualSize: 1 }, 1));
    expect(error).toMatchObject({ code: 'format-not-taken', nextStep: expect.stringContaining('Install') });
  });

  test('registers what is larger than one PUT may be', () => {
    const { maxPutBytes } = TARGETS.ims;
    expect(plan({ format: 'raw', virtualSize: 1 }, maxPutBytes)).toMatchObject({ route: 'stream' });
    expect(plan({ format: 'raw', virtualSize: 1 }, maxPutBytes + 1)).toMatchObject({ route: 'register' });
  });

  test.each([
    ['raw', 129e9, true, 'images/disk.mf'],
    ['raw', 127e9, true, undefined],
    ['zvhd2', 129e9, true, undefined],
  ] as const)('of %s with %d bytes looks for the bitmap file that it needs', async (format, bytes, isThere, looked) => {
    const asked: string[] = [];
    const has = async (key: string) => {
      asked.push(key);
      return isThere;
    };
    const place = { key: 'images/disk.raw', isStaging: false, has };
    expect((await offline.plan({ format, virtualSize: bytes }, bytes, place)).route).toBe(
      bytes > 128e9 ? 'fast-import' : 'register',
    );
    expect(asked).toEqual(looked === undefined ? [] : [looked]);
  });
});

describe('an image for IMS', () => {
  test('stays as it is where everything is legal', () => {
    const image = newImage({ name: '镜像 Ubuntu_24.04-server', tags: ['os=ubuntu'] });
    expect(offline.conform(image)).toEqual(image);
  });

  test.each([
    ['ubuntu (24.04)+x', 'ubuntu -24.04--x'],
    ['  spaced out ', 'spaced out'],
    ['Ünïx🚀', '-n-x-'],
    [`${'a'.repeat(127)} ${'b'.repeat(100)}`, 'a'.repeat(127)],
  ])('gets a legal name instead of "%s" and keeps that in a property', (name, legal) => {
    const conformed = offline.conform(newImage({ name }));
    expect(conformed.name).toBe(legal);
    expect(conformed.properties).toMatchObject({
      imagedrop_original_name: percentEncoded(name),
      [ID_PROPERTY]: IMAGE_ID,
    });
  });

  test('has no legal name in spaces alone', async () => {
    expect(await failure(() => offline.conform(newImage({ name: '   ' })))).toMatchObject({ code: 'invalid-request' });
  });

  test('gets the smallest disk that the target takes, and no larger one than it has', async () => {
    expect(offline.conform(newImage({ minDisk: 3 })).minDisk).toBe(40);
    expect(offline.conform(newImage({ minDisk: 1024 })).minDisk).toBe(1024);
    const error = await failure(() => offline.conform(newImage({ minDisk: 1025 })));
    expect(error).toMatchObject({ code: 'invalid-request', message: expect.stringContaining('1025 GiB') });
  });

  test('cannot be hidden, but may be declared visible', async () => {
    const error = await failure(() => offline.conform(newImage({ osHidden: true })));
    expect(error).toMatchObject({ code: 'invalid-request', message: expect.stringContaining('os_hidden') });
    expect(offline.conform(newImage({ osHidden: false }))).toMatchObject({ osHidden: false });
  });

  test.each(['public', 'shared', 'community'])('cannot be %s', async (visibility) => {
    const error = await failure(() => offline.conform(newImage({ visibility })));
    expect(error).toMatchObject({ code: 'invalid-request', message: expect.stringContaining(visibility) });
  });

  test('gives tags without a value an empty one', () => {
    expect(offline.conform(newImage({ tags: ['a', 'b=', 'c=d=e'] })).tags).toEqual(['a=', 'b=', 'c=d=e']);
  });

  test.each(['=value', 'x'.repeat(255)])('cannot have the tag "%s"', async (tag) => {
    expect(await failure(() => offline.conform(newImage({ tags: [tag] })))).toMatchObject({ code: 'invalid-request' });
  });
});

describe('creating an image at IMS', () => {
  const shown = {
    id: 'chosen-by-the-service',
    name: 'x',
    status: 'queued',
    disk_format: 'vhd',
    [ID_PROPERTY]: IMAGE_ID,
  };

  test('asks for one with our mark first, and sends no id', async () => {
    const seen: unknown[] = [];
    const endpoint = await endpointAt('ims', async (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (request.method === 'GET') return answer(response, 200, { images: [] });
      seen.push(JSON.parse(await bodyOf(request)));
      answer(response, 201, shown);
    });
    const properties = { [ID_PROPERTY]: IMAGE_ID, __os_version: 'Ubuntu 24.04 server 64bit' };
    expect(await endpoint.create(newImage({ properties }))).toMatchObject({ id: 'chosen-by-the-service' });
    expect(seen).toEqual([
      `GET /v2/images?imagedrop_id=${IMAGE_ID}`,
      'POST /v2/images',
      expect.objectContaining({
        name: 'ubuntu-24.04',
        disk_format: 'qcow2',
        __os_version: 'Ubuntu 24.04 server 64bit',
      }),
    ]);
    expect(seen[2]).not.toHaveProperty('id');
  });

  test('adopts the first of those with our mark, on whatever page it is', async () => {
    const pages: Record<string, object> = {
      [`imagedrop_id=${IMAGE_ID}`]: {
        images: [
          { ...shown, id: 'of-another', [ID_PROPERTY]: 'other' },
          { ...shown, id: 'gone', status: 'deleted' },
        ],
        next: '/v2/images?marker=1',
      },
      'marker=1': { images: [{ ...shown, id: 'second' }], next: '/v2/images?marker=2' },
      'marker=2': { images: [{ ...shown, id: 'first', status: 'killed' }] },
    };
    const endpoint = await endpointAt('ims', (request, response) =>
      answer(response, 200, pages[request.url?.split('?')[1] ?? '']),
    );
    expect(await endpoint.create(newImage())).toMatchObject({ id: 'first', status: 'killed' });
  });

  test('gives up a list without an end', async () => {
    let pages = 0;
    const endpoint = await endpointAt('ims', (_, response) => {
      pages += 1;
      answer(response, 200, { images: [], next: `/v2/images?marker=${pages}` });
    });
    expect(await failure(endpoint.create(newImage()))).toMatchObject({ code: 'endpoint-answer' });
    expect(pages).toBe(100);
  });

  test('is tried again after a conflict', async () => {
    const endpoint = await endpointAt('ims', (request, response) =>
      request.method === 'GET' ? answer(response, 200, { images: [] }) : answer(response, 409),
    );
    expect(await failure(endpoint.create(newImage()))).toMatchObject({ code: 'endpoint-busy', retryable: true });
  });

  test.each([
    ['IMG.0015', 'quota-exceeded', 1],
    ['IMG.0149', 'endpoint-busy', 1],
    ['IMG.0087', 'token-refused', 2],
    ['IMG.0030', 'token-refused', 2],
  ])('understands %s, which comes with status 400', async (code, expected, requests) => {
    let posts = 0;
    const endpoint = await endpointAt('ims', (request, response) => {
      if (request.method === 'GET') return answer(response, 200, { images: [] });
      posts += 1;
      answer(response, 400, { error: { code, message: 'No.' } });
    });
    expect(await failure(endpoint.create(newImage()))).toMatchObject({ code: expected });
    expect(posts).toBe(requests);
  });

  test.each([
    ['12345', 12345],
    ['0', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads the size from __image_size %j', async (text, size) => {
    const endpoint = await endpointAt('ims', (_, response) =>
      answer(response, 200, { ...shown, size: 99, __image_size: text }),
    );
    expect((await endpoint.get('x'))?.size).toBe(size);
  });
});
