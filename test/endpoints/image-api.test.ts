import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { TARGET_KINDS } from '../../lambda/model/target.ts';
import { source } from '../support/bytes.ts';
import { endpointAt, IMAGE_ID } from '../support/endpoint-fixture.ts';
import { answer, bodyOf, serve } from '../support/http-server.ts';

import { failure } from '../support/outcome.ts';

const IMAGE = { id: IMAGE_ID, name: 'x', status: 'queued', disk_format: 'raw' };

describe.each(TARGET_KINDS)('the Image API calls of %s', (kind) => {
  test('ask once more with a new token when the first is refused', async () => {
    const tokens: unknown[] = [];
    const endpoint = await endpointAt(kind, (request, response) => {
      tokens.push(request.headers['x-auth-token']);
      answer(response, tokens.length === 1 ? 401 : 200, IMAGE);
    });
    expect(await endpoint.get(IMAGE_ID)).toMatchObject({ id: IMAGE_ID, status: 'queued' });
    expect(tokens).toEqual(['t1', 't2']);
  });

  test('never read the beginning of a document as the document: the error is permanent', async () => {
    const long = { ...IMAGE, padding: 'x'.repeat(1024 * 1024) };
    const endpoint = await endpointAt(kind, (_, response) => answer(response, 200, long));
    const { code, retryable, message } = await failure(endpoint.get(IMAGE_ID));
    expect({ code, retryable }).toEqual({ code: 'endpoint-answer', retryable: false });
    expect(message).toContain('longer than imagedrop reads');
  });

  test('list in smaller pages where the documents of others are long', async () => {
    const limits: number[] = [];
    const others = Array.from({ length: 30 }, (_, index) => ({
      ...IMAGE,
      id: `i${index}`,
      padding: 'x'.repeat(40_000),
    }));
    const endpoint = await endpointAt(kind, (request, response) => {
      const limit = Number(new URL(request.url ?? '', 'http://here').searchParams.get('limit'));
      limits.push(limit);
      answer(response, 200, { images: others.slice(0, limit), next: `/v2/images?limit=${limit}&marker=m` });
    });
    const { items, next } = await endpoint.list();
    expect(limits).toEqual([200, 20]);
    expect(items).toHaveLength(20);
    expect(next).toBe('limit=20&marker=m');
  });

  test('release an image by one patch of visibility and protection', async () => {
    const seen: unknown[] = [];
    const endpoint = await endpointAt(kind, async (request, response) => {
      seen.push(request.method, request.url, request.headers['content-type'], JSON.parse(await bodyOf(request)));
      answer(response, 200, IMAGE);
    });
    await endpoint.release(IMAGE_ID, { visibility: 'shared', protected: true });
    expect(seen).toEqual([
      'PATCH',
      `/v2/images/${IMAGE_ID}`,
      'application/openstack-images-v2.1-json-patch',
      [
        { op: 'replace', path: '/visibility', value: 'shared' },
        { op: 'replace', path: '/protected', value: true },
      ],
    ]);
  });

  test('say which visibility the cloud does not let us set', async () => {
    const endpoint = await endpointAt(kind, (_, response) => answer(response, 403, { message: 'Not allowed.' }));
    const { code, message } = await failure(endpoint.release(IMAGE_ID, { visibility: 'public', protected: false }));
    expect(code).toBe('forbidden');
    expect(message).toContain('(visibility public)');
  });

  test('are to be tried again later when the new token is refused too', async () => {
    let requests = 0;
    const endpoint = await endpointAt(kind, (_, response) => {
      requests += 1;
      answer(response, 401);
    });
    expect(await failure(endpoint.get(IMAGE_ID))).toMatchObject({ code: 'token-refused', retryable: true });
    expect(requests).toBe(2);
  });

  test.each([301, 302, 303, 307, 308])('follow %i of a GET within the same origin, with the token', async (status) => {
    const tokens: unknown[] = [];
    const endpoint = await endpointAt(kind, (request, response) => {
      if (request.url?.startsWith('/v2/')) return answer(response, status, '', { location: `/image${request.url}` });
      tokens.push(request.headers['x-auth-token']);
      answer(response, 200, IMAGE);
    });
    expect(await endpoint.get(IMAGE_ID)).toMatchObject({ id: IMAGE_ID });
    expect(tokens).toEqual(['t1']);
  });

  test('send no token to another origin, and name it', async () => {
    let strangers = 0;
    const elsewhere = await serve((_, response) => {
      strangers += 1;
      answer(response, 200, IMAGE);
    });
    const endpoint = await endpointAt(kind, (request, response) =>
      answer(response, 302, '', { location: `${elsewhere}${request.url}?secret=1` }),
    );
    const error = await failure(endpoint.get(IMAGE_ID));
    expect(error).toMatchObject({ code: 'endpoint-answer', retryable: false });
    expect(error.nextStep).toContain('image_endpoint_override');
    expect(error.message).toContain(`redirected (302) to ${elsewhere}/v2/images/${IMAGE_ID}`);
    expect(error.message).not.toContain('secret');
    expect(strangers).toBe(0);
  });

  test('give up redirects that lead around in circles', async () => {
    let requests = 0;
    const endpoint = await endpointAt(kind, (request, response) => {
      requests += 1;
      answer(response, 302, '', { location: request.url });
    });
    expect(await failure(endpoint.get(IMAGE_ID))).toMatchObject({ code: 'endpoint-answer', retryable: false });
    expect(requests).toBe(6);
  });

  test.each([301, 302, 307, 308])('send no body after %i, not even to the same origin', async (status) => {
    let requests = 0;
    const endpoint = await endpointAt(kind, (request, response) => {
      requests += 1;
      request.resume();
      answer(response, status, '', { location: '/elsewhere' });
    });
    const upload = () => endpoint.upload(IMAGE_ID, source(10), 10, new AbortController().signal);
    for (const call of [upload, () => endpoint.delete(IMAGE_ID)]) {
      const error = await failure(call);
      expect(error).toMatchObject({ code: 'endpoint-answer', retryable: false });
      expect(error.message).toContain(`redirected (${status}) to /elsewhere`);
    }
    expect(requests).toBe(2);
  });

  test('know an image by its path, whatever the id', async () => {
    const endpoint = await endpointAt(kind, (request, response) =>
      answer(response, request.url === '/v2/images/a%2F..%2Fb' ? 404 : 500),
    );
    expect(await endpoint.get('a/../b')).toBeUndefined();
  });

  test.each(['deleted', 'pending_delete'])('find no image in one that is %s', async (status) => {
    const endpoint = await endpointAt(kind, (_, response) => answer(response, 200, { ...IMAGE, status }));
    expect(await endpoint.get(IMAGE_ID)).toBeUndefined();
  });

  test.each([
    ['<html>Welcome</html>', 'is not JSON'],
    ['{}', 'describes no image'],
    [{ ...IMAGE, status: 'sleeping' }, 'describes no image'],
  ])('say that %j %s', async (body, problem) => {
    const endpoint = await endpointAt(kind, (_, response) => answer(response, 200, body));
    const { code, message } = await failure(endpoint.get(IMAGE_ID));
    expect(code).toBe('endpoint-answer');
    expect(message).toMatch(new RegExp(`^Showing image ${IMAGE_ID} at t?here .*was answered .* that ${problem}\\.$`));
  });

  test.each([400, 403, 409, 410, 429, 500, 503])('do not count an image as gone after %i', async (status) => {
    const endpoint = await endpointAt(kind, (_, response) => answer(response, status, { message: 'Words.' }));
    expect(await failure(endpoint.get(IMAGE_ID))).toBeInstanceOf(ImageDropError);
  });

  test('read the hashes that can be compared, and no others', async () => {
    const hash = { os_hash_algo: 'sha512', os_hash_value: 'AB'.repeat(64) };
    const shown = { ...IMAGE, checksum: 'cd'.repeat(16), ...hash, os_hidden: false, imagedrop_id: 'me', owner: null };
    const endpoint = await endpointAt(kind, (_, response) => answer(response, 200, shown));
    const image = await endpoint.get(IMAGE_ID);
    expect(image?.hashes).toEqual({ md5: 'cd'.repeat(16), sha512: 'ab'.repeat(64) });
    expect(image?.properties).toMatchObject({ imagedrop_id: 'me' });
    expect(image?.properties).not.toHaveProperty('owner');
  });

  test.each([
    { checksum: null, os_hash_algo: null, os_hash_value: null },
    { os_hash_algo: 'sha3_512', os_hash_value: 'ab'.repeat(64) },
    { checksum: '' },
  ])('read no hash from %j', async (hashes) => {
    const endpoint = await endpointAt(kind, (_, response) => answer(response, 200, { ...IMAGE, ...hashes }));
    expect((await endpoint.get(IMAGE_ID))?.hashes).toEqual({});
  });

  test.each([204, 200, 404])('count an image as deleted after %i', async (status) => {
    const seen: unknown[] = [];
    const endpoint = await endpointAt(kind, (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      answer(response, status);
    });
    await endpoint.delete(IMAGE_ID);
    expect(seen).toEqual([`DELETE /v2/images/${IMAGE_ID}`]);
  });

  test.each([
    [403, 'Image x is protected and cannot be deleted.', 'image-protected', false],
    [403, 'You are not authorized to complete delete_image action.', 'forbidden', false],
    [409, 'Image x could not be deleted because it is in use.', 'endpoint-busy', true],
  ])('say after a DELETE answered with %i: %s', async (status, message, code, retryable) => {
    const endpoint = await endpointAt(kind, (_, response) => answer(response, status, { message }));
    expect(await failure(endpoint.delete(IMAGE_ID))).toMatchObject({ code, retryable });
  });
});
