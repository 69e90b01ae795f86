import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { TARGET_KINDS } from '../../lambda/model/target.ts';
import { send } from '../../lambda/transfer/transfer.ts';
import { pattern, source } from '../support/bytes.ts';
import { endpointAt, endpointOf, IMAGE_ID } from '../support/endpoint-fixture.ts';
import { answer, unusedAddress } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const never = new AbortController().signal;

/** More than the buffers of two sockets hold. */
const BIG = 32 * 1024 * 1024;

/** Answers as soon as the first bytes are there. */
function early(status: number, body: unknown = '', headers = {}): RequestListener {
  return (request, response) => void request.once('data', () => answer(response, status, body, headers));
}

/** Answers when the whole body is there. */
function late(status: number, body: unknown = ''): RequestListener {
  return (request, response) => void request.resume().once('end', () => answer(response, status, body));
}

const cut = (request: IncomingMessage, _response: ServerResponse) => void request.socket.destroy();

describe.each(TARGET_KINDS)('an upload to %s', (kind) => {
  test.each([1, 3, 7, 13, 64, 65_536])('arrives unchanged in chunks of %i bytes', async (chunkBytes) => {
    const seen: unknown[] = [];
    const endpoint = await endpointAt(kind, async (request, response) => {
      const { 'x-auth-token': token, 'content-type': type, 'content-length': length } = request.headers;
      const body = Buffer.concat(await request.toArray());
      seen.push(`${request.method} ${request.url}`, token, type, length, request.headers['x-openstack-image-size']);
      seen.push(body.equals(pattern(5000)));
      answer(response, 204);
    });
    await endpoint.upload(IMAGE_ID, source(5000, chunkBytes), 5000, never);
    const path = `PUT /v2/images/${IMAGE_ID}/file`;
    expect(seen).toEqual([path, 't1', 'application/octet-stream', '5000', '5000', true]);
  });

  test.each([200, 201, 204])('is taken with %i', async (status) => {
    const endpoint = await endpointAt(kind, late(status));
    await expect(endpoint.upload(IMAGE_ID, source(100), 100, never)).resolves.toBeUndefined();
  });

  test.each([401, 404, 408, 409, 410, 500, 502, 503])(
    'leaves the image in question after an early %i',
    async (status) => {
      let requests = 0;
      const endpoint = await endpointAt(kind, (request, response) => {
        requests += 1;
        early(status, { message: 'Words of the server.' }, { 'retry-after': '7' })(request, response);
      });
      const body = source(BIG);
      const error = await failure(endpoint.upload(IMAGE_ID, body, BIG, never));
      expect(error).toMatchObject({ code: 'upload-interrupted', retryable: true, retryAfterSeconds: 7 });
      expect(error.message).toContain('Words of the server.');
      expect(body.destroyed).toBe(true);
      expect(requests).toBe(1);
    },
  );

  test('leaves the image in question after a late 401', async () => {
    const endpoint = await endpointAt(kind, late(401, 'the token may have expired during file upload'));
    const error = await failure(endpoint.upload(IMAGE_ID, source(100), 100, never));
    expect(error).toMatchObject({ code: 'upload-interrupted', cause: { code: 'unauthorized' } });
  });

  test.each([
    [400, 'The size does not match.', 'invalid-request'],
    [403, 'Not allowed to upload image data.', 'forbidden'],
    [413, 'Resource image_size_total is over limit of 1.', 'quota-exceeded'],
    [413, 'Resource image_count_uploading is over limit of 1.', 'endpoint-busy'],
    [413, 'Image storage media is full.', 'store-full'],
    [415, 'Image format raw does not match qcow2.', 'content-refused'],
    [429, 'Slow down.', 'endpoint-busy'],
  ])('is refused with an early %i: %s', async (status, words, code) => {
    const endpoint = await endpointAt(kind, early(status, words));
    const error = await failure(endpoint.upload(IMAGE_ID, source(BIG), BIG, never));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('leaves the image in question when the connection is cut in the body', async () => {
    const endpoint = await endpointAt(
      kind,
      (request, response) => void request.once('data', () => cut(request, response)),
    );
    const error = await failure(endpoint.upload(IMAGE_ID, source(BIG), BIG, never));
    expect(error).toMatchObject({ code: 'upload-interrupted', cause: { code: 'endpoint-unavailable' } });
  });

  test('leaves the image in question when the connection is cut after the body', async () => {
    const endpoint = await endpointAt(
      kind,
      (request, response) => void request.resume().once('end', () => cut(request, response)),
    );
    const error = await failure(endpoint.upload(IMAGE_ID, source(100_000), 100_000, never));
    expect(error).toMatchObject({ code: 'upload-interrupted', cause: { code: 'endpoint-unavailable' } });
  });

  test('is interrupted when nothing listens, and gives up its source', async () => {
    const body = source(100);
    const endpoint = endpointOf(kind, await unusedAddress());
    expect(await failure(endpoint.upload(IMAGE_ID, body, 100, never))).toMatchObject({ code: 'upload-interrupted' });
    expect(body.destroyed).toBe(true);
  });
});

describe('an upload whose source fails', () => {
  const gone = new ImageDropError('object-changed', 'The object was replaced.');

  test.each([
    ['before the first byte', 0],
    ['in the middle', 300_000],
  ])("ends with the source's own error when that happens %s", async (_, bytes) => {
    const endpoint = await endpointAt('glance', late(204));
    const body = new PassThrough();
    if (bytes > 0) body.write(pattern(bytes));
    setTimeout(() => body.destroy(gone), 30);
    await expect(endpoint.upload(IMAGE_ID, body, 1_000_000, never)).rejects.toBe(gone);
  });

  test('ends with an error of the source for one that has failed already', async () => {
    const endpoint = await endpointAt('glance', late(204));
    const body = new PassThrough().on('error', () => {}).destroy(gone);
    await expect(endpoint.upload(IMAGE_ID, body, 100, never)).rejects.toBe(gone);
  });

  test('takes an error from outside the family into it', async () => {
    const endpoint = await endpointAt('glance', late(204));
    const body = new PassThrough();
    body.write('abc');
    setTimeout(() => body.destroy(new Error('read ECONNRESET')), 30);
    const error = await failure(endpoint.upload(IMAGE_ID, body, 100, never));
    expect(error).toMatchObject({ code: 'source-unreadable', retryable: true });
    expect(error.message).toBe('The source failed after 3 of 100 bytes: read ECONNRESET.');
  });

  test.each([
    ['too short', 99, 'The source ended after 99 of 100 bytes.'],
    ['too long', 101, 'The source brought more than its 100 bytes.'],
  ])('is not a success with a source that is %s', async (_, bytes, message) => {
    const endpoint = await endpointAt('glance', late(204));
    expect(await failure(endpoint.upload(IMAGE_ID, source(bytes, 10), 100, never))).toMatchObject({
      code: 'source-unreadable',
      message,
    });
  });
});

describe('an upload that is aborted', () => {
  const reason = new ImageDropError('out-of-time', 'The function is about to end.');

  test.each([
    ['in the body', BIG, (request: IncomingMessage) => void request.once('data', () => request.pause())],
    ['while the server does not answer', 100, (request: IncomingMessage) => void request.resume()],
  ])("ends with the signal's reason %s", async (_, bytes, listener) => {
    const endpoint = await endpointAt('glance', listener);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    const body = source(bytes);
    await expect(endpoint.upload(IMAGE_ID, body, bytes, controller.signal)).rejects.toBe(reason);
    expect(body.destroyed).toBe(true);
  });

  test("ends with the signal's reason when its source is aborted by the same signal", async () => {
    const endpoint = await endpointAt('glance', (request) => void request.resume());
    const controller = new AbortController();
    const body = new PassThrough({ signal: controller.signal });
    body.write('abc');
    setTimeout(() => controller.abort(reason), 50);
    await expect(endpoint.upload(IMAGE_ID, body, 100, controller.signal)).rejects.toBe(reason);
  });
});

describe('an upload as the sink of a transfer', () => {
  const range = { offset: 0, length: BIG };

  function transfer(listener: RequestListener) {
    return endpointAt('glance', listener).then((endpoint) =>
      send({
        open: async ({ length }) => source(length),
        range,
        algorithms: ['md5'],
        onProgress: async () => {},
        signal: never,
        sink: (body, length, signal) => endpoint.upload(IMAGE_ID, body, length, signal),
      }),
    );
  }

  test('brings every byte', async () => {
    expect(await transfer(late(204))).toMatchObject({ bytes: BIG });
  });

  test('hands on what an early answer says', async () => {
    expect(await failure(transfer(early(413, 'Image storage media is full.')))).toMatchObject({ code: 'store-full' });
    expect(await failure(transfer(early(409)))).toMatchObject({ code: 'upload-interrupted' });
  });
});
