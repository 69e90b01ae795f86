import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { Fault, FaultyRequest } from '../../../../local/contributing/faults/fault.ts';
import { FaultProxy } from '../../../../local/contributing/faults/fault-proxy.ts';
import { answer, serve } from '../../../support/http-server.ts';

/** Larger than what the proxy reads before it decides. */
const LARGE = randomBytes(300_000);
const SMALL = Buffer.from('a small body');
const BODIES = [
  ['small', SMALL],
  ['large', LARGE],
] as const;

interface Served {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly body: Buffer;
  /** Whether the body came to its end. */
  readonly complete: boolean;
}

let served: Served[];
let decided: FaultyRequest[];
let fault: Fault | undefined;
let serviceUrl: string;
let proxy: FaultProxy;

beforeEach(async () => {
  served = [];
  decided = [];
  fault = undefined;
  serviceUrl = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    const { method, url, headers } = incoming;
    const end = (complete: boolean) =>
      served.push({ method, url, host: headers.host, body: Buffer.concat(chunks), complete });
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      end(false);
      return;
    }
    end(true);
    answer(response, 201, `served ${url}`, { 'x-served': 'yes', 'set-cookie': ['a=1', 'b=2'] });
  });
  proxy = await stand(serviceUrl);
});
afterEach(() => proxy.close());

const stand = (target: string, more: object = {}) =>
  FaultProxy.listen({
    target,
    decide: (seen) => {
      decided.push(seen);
      return fault;
    },
    ...more,
  });

const put = (body: Buffer) => request(`${proxy.url}/a%2Fb?c=d`, { method: 'PUT', body });

/** The service has come to know of the end, good or bad, of what it was sent. */
async function servedOne(): Promise<Served | undefined> {
  while (served.length === 0) await new Promise((next) => setTimeout(next, 10));
  return served[0];
}

describe('a fault proxy without instructions', () => {
  test.each(BODIES)('passes a request with a %s body on and its answer back, as they are', async (_, body) => {
    const reply = await put(body);
    expect(reply.statusCode).toBe(201);
    expect(reply.headers).toMatchObject({ 'x-served': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    expect(await reply.body.text()).toBe('served /a%2Fb?c=d');
    expect(served).toEqual([{ method: 'PUT', url: '/a%2Fb?c=d', host: new URL(proxy.url).host, body, complete: true }]);
  });

  test('shows small bodies to who decides, and large ones not', async () => {
    await put(SMALL);
    await put(LARGE);
    expect(decided.map(({ body }) => body)).toEqual([SMALL, undefined]);
  });

  test('keeps the connection of its client for the next request', async () => {
    await (await put(SMALL)).body.text();
    const { headers } = await request(proxy.url);
    expect(headers.connection).toBe('keep-alive');
  });

  test('passes an answer without a body back', async () => {
    const reply = await request(proxy.url, { method: 'HEAD' });
    expect(reply.statusCode).toBe(201);
    expect(await reply.body.text()).toBe('');
  });

  test('asks for the body where the client waits to be asked', async () => {
    const { request: send } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const outgoing = send(proxy.url, { method: 'PUT', headers: { expect: '100-continue', 'content-length': 12 } });
      outgoing.on('continue', () => outgoing.end(SMALL)).on('response', (reply) => resolve(reply.statusCode));
      outgoing.on('error', reject).flushHeaders();
    });
    expect(status).toBe(201);
    expect(served[0]?.body).toEqual(SMALL);
  });

  test('gives the service its own name where no signature covers it, and goes below its path', async () => {
    await proxy.close();
    proxy = await stand(`${serviceUrl}/below`, { renamesHost: true });
    await put(SMALL);
    expect(served).toMatchObject([{ url: '/below/a%2Fb?c=d', host: new URL(serviceUrl).host }]);
  });

  test('breaks the connection where there is no service', async () => {
    await proxy.close();
    const gone = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => gone.once('listening', listening));
    const { port } = gone.address() as { port: number };
    await new Promise((closed) => gone.close(closed));
    proxy = await stand(`http://127.0.0.1:${port}`);
    await expect(put(SMALL)).rejects.toThrow();
  });
});

describe('a fault', () => {
  test.each(BODIES)('answers in the place of the service (%s body)', async (_, body) => {
    fault = { how: 'answer', answer: { status: 503, headers: { 'retry-after': '2' }, body: 'busy' } };
    const reply = await put(body);
    expect(reply).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
    expect(await reply.body.text()).toBe('busy');
    expect(served).toEqual([]);
  });

  test.each(BODIES)('answers in the place of the service after the whole %s body', async (_, body) => {
    fault = { how: 'answer', answer: { status: 409 }, afterBody: true };
    expect((await put(body)).statusCode).toBe(409);
    expect(served).toEqual([]);
  });

  test.each(BODIES)('loses the answer of what was served (%s body)', async (_, body) => {
    fault = { how: 'forget' };
    await expect(put(body)).rejects.toThrow();
    expect(served).toMatchObject([{ body, complete: true }]);
  });

  test('gives another answer than that of what was served', async () => {
    fault = { how: 'forget', answer: { status: 500 } };
    expect((await put(LARGE)).statusCode).toBe(500);
    expect(served).toMatchObject([{ complete: true }]);
  });

  test.each(BODIES)('breaks the connection before the service hears of it (%s body)', async (_, body) => {
    fault = { how: 'refuse' };
    await expect(put(body)).rejects.toThrow();
    expect(served).toEqual([]);
  });

  test.each([
    ['at its beginning', LARGE, 0],
    ['in its middle', LARGE, 150_000],
    ['in the middle of a small one', SMALL, 5],
    ['at its last byte', LARGE, LARGE.length - 1],
  ])('cuts a body on its way to the service %s', async (_, body, afterBytes) => {
    fault = { how: 'cut-request', afterBytes };
    await expect(put(body)).rejects.toThrow();
    const seen = await servedOne();
    // A service that was sent nothing but a head may not have been reached at all.
    if (seen !== undefined || afterBytes > 0) expect(seen).toMatchObject({ complete: false });
    expect(seen?.body.length ?? 0).toBe(afterBytes);
  });

  test('cuts an answer in its middle', async () => {
    fault = { how: 'cut-answer', afterBytes: 4 };
    const reply = await put(SMALL);
    expect(reply.statusCode).toBe(201);
    await expect(reply.body.text()).rejects.toThrow();
    expect(served).toMatchObject([{ complete: true }]);
  });

  test('leaves a request without an answer for a while, and unserved', async () => {
    fault = { how: 'hang', milliseconds: 200 };
    const began = performance.now();
    await expect(put(SMALL)).rejects.toThrow();
    expect(performance.now() - began).toBeGreaterThanOrEqual(190);
    expect(served).toEqual([]);
  });

  test('that hangs ends with the proxy', async () => {
    fault = { how: 'hang', milliseconds: 3_600_000 };
    const hanging = expect(put(SMALL)).rejects.toThrow();
    while (decided.length === 0) await new Promise((next) => setTimeout(next, 5));
    await proxy.close();
    await hanging;
  });

  test('serves a request late', async () => {
    fault = { how: 'slow', milliseconds: 150 };
    const began = performance.now();
    expect((await put(LARGE)).statusCode).toBe(201);
    expect(performance.now() - began).toBeGreaterThanOrEqual(140);
    expect(served).toMatchObject([{ body: LARGE }]);
  });

  test.each([
    ['the first', SMALL, 0],
    ['one in the middle', LARGE, 123_456],
    ['the last', LARGE, LARGE.length - 1],
  ])('changes one bit of %s byte of the body, and nothing else', async (_, body, atByte) => {
    fault = { how: 'flip', atByte };
    expect((await put(body)).statusCode).toBe(201);
    const expected = Buffer.from(body);
    expected.writeUInt8(expected.readUInt8(atByte) ^ 1, atByte);
    expect(digest(served[0]?.body)).toBe(digest(expected));
  });

  test.each(['before', 'after'] as const)('tells somebody %s the request is served', async (when) => {
    let seen: number | undefined;
    const strike = () => {
      seen = served.length;
    };
    fault = { how: 'strike', when, strike };
    await expect(put(SMALL)).rejects.toThrow();
    expect(seen).toBe(when === 'before' ? 0 : 1);
    expect(served).toHaveLength(when === 'before' ? 0 : 1);
  });

  test('undoes what was served before the client learns that it was', async () => {
    const undone: string[] = [];
    const undo = async ({ status, body }: { status: number; body: Buffer }) => {
      undone.push(`${status} ${body}, served ${served.length}`);
    };
    fault = { how: 'undo', undo };
    const reply = await put(SMALL);
    expect(undone).toEqual(['201 served /a%2Fb?c=d, served 1']);
    expect(reply).toMatchObject({ statusCode: 201, headers: { 'x-served': 'yes' } });
    expect(await reply.body.text()).toBe('served /a%2Fb?c=d');
  });
});

const digest = (bytes: Buffer | undefined): string =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
