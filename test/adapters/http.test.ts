import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ClosableHttpClient, type HttpOptions, httpClient } from '../../lambda/adapters/http.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { pattern, source } from '../support/bytes.ts';
import { answer, bodyOf, serve, serveTls, unusedAddress } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const clients: ClosableHttpClient[] = [];

function client(options?: HttpOptions): ClosableHttpClient {
  const made = httpClient(options);
  clients.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((one) => one.close()));
});

/** More than the buffers of two sockets hold. */
const BIG = 32 * 1024 * 1024;

function put(url: string, bytes: number, chunkBytes?: number) {
  const headers = { 'content-length': String(bytes) };
  return { method: 'PUT', url, headers, body: source(bytes, chunkBytes), answerTimeoutMs: 0 } as const;
}

describe('the HTTP client', () => {
  test('sends method, path, headers and text, and returns status, headers and text', async () => {
    const url = await serve(async (request, response) => {
      const echo = [request.method, request.url, request.headers['x-auth-token'], await bodyOf(request)];
      answer(response, 201, echo, { 'X-Subject-Token': 'new', 'Set-Cookie': ['a=1', 'b=2'] });
    });
    const headers = { 'x-auth-token': 'secret' };
    const { status, headers: got, text } = await client()({ method: 'POST', url: `${url}/a?b=c`, headers, body: 'hi' });
    expect(status).toBe(201);
    expect(got).toMatchObject({ 'x-subject-token': 'new', 'set-cookie': 'a=1, b=2' });
    expect(JSON.parse(text)).toEqual(['POST', '/a?b=c', 'secret', 'hi']);
  });

  test('returns an error status as an answer and follows no redirect', async () => {
    const url = await serve((request, response) =>
      request.url === '/moved' ? answer(response, 302, '', { location: '/' }) : answer(response, 503, 'later'),
    );
    expect(await client()({ method: 'GET', url })).toMatchObject({ status: 503, text: 'later' });
    expect(await client()({ method: 'GET', url: `${url}/moved` })).toMatchObject({ status: 302 });
  });

  test('keeps connections for the next requests', async () => {
    const sockets = new Set<Socket>();
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      answer(response, 200, 'x');
    });
    const http = client();
    for (let times = 0; times < 6; times += 1) await http({ method: 'GET', url });
    // The second request may be begun a moment before the first connection counts as free.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  test('reads 1 MiB of an answer at most', async () => {
    const url = await serve((_, response) => answer(response, 200, 'x'.repeat(3 * 1024 * 1024)));
    expect((await client()({ method: 'GET', url })).text).toHaveLength(1024 * 1024);
  });

  test.each([1, 3, 7, 13, 64, 65_536])('streams a body in chunks of %i bytes unchanged', async (chunkBytes) => {
    const url = await serve(async (request, response) => {
      const body: Buffer[] = await request.toArray();
      const same = Buffer.concat(body).equals(pattern(5000));
      answer(response, same && request.headers['content-length'] === '5000' ? 204 : 400);
    });
    expect(await client()(put(url, 5000, chunkBytes))).toMatchObject({ status: 204 });
  });

  test.each([401, 409, 413, 503])('returns an early %i while a big body is still being sent', async (status) => {
    const url = await serve((request, response) => {
      request.once('data', () => answer(response, status, 'enough'));
    });
    const request = put(url, BIG);
    expect(await client()(request)).toMatchObject({ status, text: 'enough' });
    expect(request.body.destroyed).toBe(true);
  });

  test('names method and host where nobody listens', async () => {
    const url = await unusedAddress();
    const error = await failure(client()({ method: 'GET', url: `${url}/v2/images?secret=1` }));
    expect(error).toMatchObject({ code: 'endpoint-unavailable', retryable: true });
    expect(error.message).toMatch(new RegExp(`^GET to ${new URL(url).host} had no answer: .*ECONNREFUSED`));
    expect(error.message).not.toContain('secret');
  });

  test('has no answer when the connection is cut in the body', async () => {
    const url = await serve((request) => void request.once('data', () => request.socket.destroy()));
    const error = await failure(client()(put(url, BIG)));
    expect(error).toMatchObject({
      code: 'endpoint-unavailable',
      cause: { code: expect.stringMatching(/UND_ERR_SOCKET|ECONNRESET|EPIPE/) },
    });
  });

  test('has no answer when the connection is cut after the body', async () => {
    const url = await serve((request) => void request.resume().once('end', () => request.socket.destroy()));
    expect(await failure(client()(put(url, 100_000)))).toMatchObject({ code: 'endpoint-unavailable' });
  });

  test('gives up waiting for an answer after the time that was set', async () => {
    const url = await serve(() => {});
    const error = await failure(client()({ method: 'GET', url, answerTimeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'endpoint-unavailable' });
    expect(error.message).toContain('Headers Timeout');
  });

  test("throws the signal's reason when it is aborted, before and during the request", async () => {
    const url = await serve(() => {});
    const reason = new ImageDropError('out-of-time', 'The time is over.');
    const ended = AbortSignal.abort(reason);
    await expect(client()({ method: 'GET', url, signal: ended })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = client()({ ...put(url, BIG), signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('the HTTP client over TLS', () => {
  const folder = path.join(import.meta.dirname, '../support/tls');
  const credentials = async () => ({
    key: await readFile(path.join(folder, 'key.pem'), 'utf8'),
    cert: await readFile(path.join(folder, 'certificate.pem'), 'utf8'),
  });
  const secure = async () => serveTls(await credentials(), (_, response) => answer(response, 200, 'ok'));

  test('refuses a certificate of an unknown authority and says what to do', async () => {
    const error = await failure(client()({ method: 'GET', url: await secure() }));
    expect(error).toMatchObject({ code: 'endpoint-unavailable', nextStep: expect.stringContaining('cacert') });
  });

  test('trusts the certificates of cacert', async () => {
    const http = client({ cacert: (await credentials()).cert });
    expect(await http({ method: 'GET', url: await secure() })).toMatchObject({ text: 'ok' });
  });

  test('checks nothing with verify: false, and warns of it once', async () => {
    const warnings: string[] = [];
    const http = client({ verify: false, warn: (message) => warnings.push(message) });
    const url = await secure();
    await http({ method: 'GET', url });
    expect(await http({ method: 'GET', url })).toMatchObject({ text: 'ok' });
    expect(warnings).toEqual([expect.stringContaining('verify: false')]);
  });
});
