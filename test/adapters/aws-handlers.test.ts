import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type HandlerOptions, type MakeHandler, nodeHandler } from '../../lambda/adapters/aws-clients.ts';
import { undiciHandler } from '../../lambda/adapters/undici-handler.ts';
import { pattern, source } from '../support/bytes.ts';
import { answer, bodyOf, serve, unusedAddress } from '../support/http-server.ts';

/** Undici looks at its time limits every half second or so. */
const LIMITS: HandlerOptions = { connections: 2, connectMs: 1000, answerMs: 1000, silenceMs: 1000 };
const OBJECT = { Bucket: 'drops', Key: 'a.img' };
const clients: S3Client[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

async function clientOf(listener: RequestListener, handler: MakeHandler = undiciHandler): Promise<S3Client> {
  return clientAt(await serve(listener), handler, 2);
}

function clientAt(endpoint: string, handler: MakeHandler, maxAttempts: number): S3Client {
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    forcePathStyle: true,
    maxAttempts,
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: handler(LIMITS),
  });
  clients.push(client);
  return client;
}

async function bodyAt(client: S3Client, signal?: AbortSignal): Promise<Readable> {
  const { Body: body } = await client.send(new GetObjectCommand(OBJECT), { ...(signal && { abortSignal: signal }) });
  return body as Readable;
}

/** Takes one request with the given listener, the others with 200. */
function onlyOnce(listener: RequestListener) {
  let requests = 0;
  const counting: RequestListener = (request, response) => {
    requests += 1;
    if (requests === 1) return listener(request, response);
    request.resume().on('end', () => answer(response, 200, 'again'));
  };
  return { listener: counting, requests: () => requests };
}

const HANDLERS: readonly [string, MakeHandler][] = [
  ['undici', undiciHandler],
  ['node:http', nodeHandler],
];

describe.each(HANDLERS)("the SDK's requests by %s", (_name, handler) => {
  test('have their method, path, headers and body', async () => {
    const seen: unknown[] = [];
    const client = await clientOf(async (request, response) => {
      seen.push(request.method, request.url, request.headers['if-match'], await bodyOf(request));
      answer(response, 200, '', { etag: '"e"' });
    }, handler);
    const put = new PutObjectCommand({ ...OBJECT, Key: 'läufer/a b.img', Body: 'grün', IfMatch: '"d"' });
    expect((await client.send(put)).ETag).toBe('"e"');
    expect(seen).toEqual(['PUT', '/drops/l%C3%A4ufer/a%20b.img?x-id=PutObject', '"d"', 'grün']);
  });

  test('have their query as it was signed (RFC 3986)', async () => {
    let url = '';
    const client = await clientOf((request, response) => {
      url = request.url ?? '';
      answer(response, 200, '<ListBucketResult/>');
    }, handler);
    await client.send(new ListObjectsV2Command({ Bucket: 'drops', Prefix: "a b/(ä)+'!*&=" }));
    expect(url).toBe('/drops/?list-type=2&prefix=a%20b%2F%28%C3%A4%29%2B%27%21%2A%26%3D');
  });

  test('share their connections', async () => {
    const open = new Set<Socket>();
    let most = 0;
    const client = await clientOf((request, response) => {
      const { socket } = request;
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      most = Math.max(most, open.size);
      answer(response, 200, 'x');
    }, handler);
    const read = async () => buffer(await bodyAt(client));
    await Promise.all(Array.from({ length: 9 }, read));
    expect(most).toBeLessThanOrEqual(LIMITS.connections);
  });
});

describe('bytes that undici reads', () => {
  test.each([1, 3, 7, 13, 64, 65_536])('come unchanged in chunks of %i bytes', async (chunkBytes) => {
    const client = await clientOf((_, response) => source(5000, chunkBytes).pipe(response));
    expect(await buffer(await bodyAt(client))).toEqual(pattern(5000));
  });

  test('are an error where they end early', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write(pattern(400), () => response.destroy());
    });
    await expect(buffer(await bodyAt(client))).rejects.toThrow();
  });

  test('are an error where no more come in time', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write(pattern(400));
    });
    await expect(buffer(await bodyAt(client))).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  test('may wait for a slow reader', async () => {
    const bytes = 32 * 2 ** 20;
    const client = await clientOf((_, response) => source(bytes).pipe(response));
    const body = await bodyAt(client);
    await once(body, 'readable');
    await sleep(3 * LIMITS.silenceMs);
    expect((await buffer(body)).length).toBe(bytes);
  });

  test("end with the signal's reason", async () => {
    const abort = new AbortController();
    const reason = new Error('The time is over.');
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write(pattern(400));
    });
    const body = await bodyAt(client, abort.signal);
    setTimeout(() => abort.abort(reason), 20);
    await expect(buffer(body)).rejects.toBe(reason);
  });
});

describe.each(HANDLERS)('a request by %s without an answer', (_name, handler) => {
  test('is made again when its connection was lost', async () => {
    const { listener, requests } = onlyOnce((request) => request.socket.destroy());
    expect(String(await buffer(await bodyAt(await clientOf(listener, handler))))).toBe('again');
    expect(requests()).toBe(2);
  });

  test('is made again when it was reset', async () => {
    const { listener, requests } = onlyOnce((request) => request.socket.resetAndDestroy());
    const client = await clientOf(listener, handler);
    await client.send(new PutObjectCommand({ ...OBJECT, Body: 'x' }));
    expect(requests()).toBe(2);
  });

  test('is made again when none came in time', async () => {
    const { listener, requests } = onlyOnce(() => {});
    expect(String(await buffer(await bodyAt(await clientOf(listener, handler))))).toBe('again');
    expect(requests()).toBe(2);
  });

  test('says in the end why there was none', async () => {
    const client = await clientOf((request) => void request.socket.destroy(), handler);
    await expect(bodyAt(client)).rejects.toThrow(/other side closed|socket hang up/);
    await expect(bodyAt(clientAt(await unusedAddress(), handler, 1))).rejects.toThrow('ECONNREFUSED');
  });

  test('is given up, and not made again, when the signal has ended it', async () => {
    const abort = new AbortController();
    let closed: Promise<unknown> | undefined;
    const { listener, requests } = onlyOnce((request) => {
      closed = once(request.socket, 'close');
      abort.abort(new Error('The time is over.'));
    });
    const client = await clientOf(listener, handler);
    await expect(bodyAt(client, abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
    await closed;
    expect(requests()).toBe(1);
  });
});
