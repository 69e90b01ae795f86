import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ClosableHttpClient, type HttpOptions, httpClient } from '../../lambda/adapters/http.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { pattern, source } from '../support/bytes.ts';
import { AUTHORITY, type CertificateName, certificate } from '../support/certificates.ts';
import { answer, bodyOf, serve, serveBytes, serveTls, unusedAddress } from '../support/http-server.ts';
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
  test('keeps the beginning of an answer of more than 1 MiB, and says that it is cut', async () => {
    const url = await serve((request, response) => {
      response.end('x'.repeat(2 ** 20 + (request.url === '/longer' ? 1 : 0)));
    });
    const whole = await client()({ method: 'GET', url: `${url}/whole` });
    expect([whole.text.length, whole.isCut]).toEqual([2 ** 20, undefined]);
    const longer = await client()({ method: 'GET', url: `${url}/longer` });
    expect([longer.text.length, longer.isCut]).toEqual([2 ** 20, true]);
  });

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
      request.url?.startsWith('/moved') ? answer(response, 302, '', { location: '/' }) : answer(response, 503, 'later'),
    );
    expect(await client()({ method: 'GET', url })).toMatchObject({ status: 503, text: 'later' });
    const moved = await client()({ method: 'GET', url: `${url}/moved?secret=1` });
    expect(moved).toMatchObject({ status: 302, called: `GET ${url}/moved` });
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

  test('names method and address when nothing listens', async () => {
    const url = await unusedAddress();
    const error = await failure(client()({ method: 'GET', url: `${url}/v2/images?secret=1` }));
    expect(error).toMatchObject({ code: 'endpoint-unavailable', retryable: true });
    expect(error.message).toMatch(new RegExp(`^GET ${url}/v2/images had no answer: .*ECONNREFUSED`));
    expect(error.message).not.toContain('secret');
  });

  test('has no answer when the connection is cut in the body', async () => {
    const url = await serve((request) => void request.once('data', () => request.socket.destroy()));
    const error = await failure(client()(put(url, BIG)));
    expect(error).toMatchObject({
      code: 'endpoint-unavailable',
      cause: { code: expect.stringMatching(/ECONNRESET|EPIPE/) },
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
    expect(error.message).toContain('nothing was received for 0.05 s');
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

/** Answers with these bytes once the head of a request is here, and lets the request be sent to its end. */
function rawServer(...pieces: readonly string[]): Promise<string> {
  return serveBytes((socket) => {
    let head = '';
    socket.on('data', (bytes) => {
      if (head.includes('\r\n\r\n')) return;
      head += bytes.toString('latin1');
      if (head.includes('\r\n\r\n')) for (const piece of pieces) socket.write(piece);
    });
  });
}

describe('the HTTP client and informational answers that it did not ask for', () => {
  const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
  const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n';
  const PROCESSING = 'HTTP/1.1 102 Processing\r\n\r\n';
  const created = 'HTTP/1.1 201 Created\r\nX-Subject-Token: t\r\nContent-Length: 2\r\n\r\nok';

  test.each([
    ['100', [CONTINUE]],
    ['100, in the same packet as the answer,', [CONTINUE + created]],
    ['two of 100', [CONTINUE, CONTINUE]],
    ['102', [PROCESSING]],
    ['103', [HINTS]],
    ['100, 102 and 103', [CONTINUE, PROCESSING, HINTS]],
  ])('reads the answer behind %s', async (_, before) => {
    const pieces = before.some((piece) => piece.endsWith('ok')) ? before : [...before, created];
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const url = await rawServer(...pieces);
      const request = { method, url, ...(method === 'POST' && { body: '{}' }) };
      const { status, headers, text } = await client()(request);
      expect([status, headers['x-subject-token'], text]).toEqual([201, 't', 'ok']);
    }
  });

  test('sends the whole body of a PUT after 100', async () => {
    let received = 0;
    const url = await serveBytes((socket) => {
      socket.write(CONTINUE);
      socket.on('data', (bytes) => {
        received += bytes.length;
        if (received > BIG) socket.end('HTTP/1.1 204 No Content\r\n\r\n');
      });
    });
    expect(await client()(put(url, BIG))).toMatchObject({ status: 204 });
    expect(received).toBeGreaterThan(BIG);
  });
});

describe('the HTTP client and long headers', () => {
  const TOKEN = 'x'.repeat(128 * 1024);

  test('receives and sends a token of 128 KiB', async () => {
    const url = await serve({ maxHeaderSize: 256 * 1024 }, (request, response) =>
      answer(response, 201, String(request.headers['x-auth-token']?.length), { 'X-Subject-Token': TOKEN }),
    );
    const { headers, text } = await client()({ method: 'GET', url, headers: { 'x-auth-token': TOKEN } });
    expect(text).toBe(String(TOKEN.length));
    expect(headers['x-subject-token']).toBe(TOKEN);
  });
});

describe('the HTTP client over TLS', () => {
  const ok: RequestListener = (_, response) => answer(response, 200, 'ok');
  const serverWith = (name: CertificateName) => serveTls(certificate(name), ok);

  test('refuses a certificate of an unknown authority, permanently, and names the setting', async () => {
    const url = await serverWith('localhost');
    const error = await failure(client()({ method: 'GET', url: `${url}/?secret` }));
    expect(error).toMatchObject({ code: 'untrusted-certificate', retryable: false });
    expect(error.message).toBe(
      `The certificate of ${new URL(url).host} is signed by an authority that is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE).`,
    );
    expect(error.nextStep).toContain('cacert');
  });

  test('refuses a certificate that another authority than those of cacert has signed', async () => {
    const http = client({ cacert: certificate('client').cert });
    expect(await failure(http({ method: 'GET', url: await serverWith('localhost') }))).toMatchObject({
      code: 'untrusted-certificate',
      nextStep: expect.stringContaining('cacert'),
    });
  });

  test.each<[CertificateName, string, string]>([
    ['expired', 'has expired', 'renewed'],
    ['future', 'is not valid yet', 'renewed'],
    ['other-host', 'is for other hosts (DNS:elsewhere.example)', 'auth_url'],
  ])('refuses a certificate of a trusted authority that is %s', async (name, problem, remedy) => {
    const error = await failure(client({ cacert: AUTHORITY })({ method: 'GET', url: await serverWith(name) }));
    expect(error).toMatchObject({ code: 'untrusted-certificate', retryable: false });
    expect(error.message).toContain(problem);
    expect(error.nextStep).toContain(remedy);
    expect(error.nextStep).toContain('verify: false');
  });

  test('sends nothing to a server that is not trusted', async () => {
    let asked = 0;
    const url = await serveTls(certificate('localhost'), (_, response) => {
      asked += 1;
      answer(response, 200);
    });
    await failure(client()({ method: 'POST', url, body: 'password' }));
    expect(asked).toBe(0);
  });

  test('trusts the authorities of cacert, of several too', async () => {
    const http = client({ cacert: `${certificate('other-host').cert}\n${AUTHORITY}` });
    expect(await http({ method: 'GET', url: await serverWith('localhost') })).toMatchObject({ text: 'ok' });
  });

  test.each<CertificateName>(['localhost', 'expired', 'other-host'])(
    'checks nothing with verify: false, not even one that is %s',
    async (name) => {
      const http = client({ verify: false, cacert: AUTHORITY });
      expect(await http({ method: 'GET', url: await serverWith(name) })).toMatchObject({ text: 'ok' });
    },
  );

  test('warns of verify: false once, with the name of the cloud', async () => {
    const warnings: string[] = [];
    const http = client({ name: 'mycloud', verify: false, warn: (message) => warnings.push(message) });
    const url = await serverWith('localhost');
    for (let times = 0; times < 2; times += 1) await http({ method: 'GET', url });
    expect(warnings).toEqual([expect.stringMatching(/mycloud.*verify: false/)]);
  });

  test('shows its own certificate to a server that asks for one', async () => {
    const asking = { ...certificate('localhost'), ca: AUTHORITY, requestCert: true, rejectUnauthorized: true };
    const url = await serveTls(asking, ok);
    const known = client({ cacert: AUTHORITY, ...certificate('client') });
    expect(await known({ method: 'GET', url })).toMatchObject({ text: 'ok' });
  });

  test('says so when a server asks for a certificate that it has not', async () => {
    // By TLS 1.3 such a server closes the connection without a word that could be seen here.
    const asking = { ...certificate('localhost'), ca: AUTHORITY, requestCert: true, maxVersion: 'TLSv1.2' } as const;
    const url = await serveTls(asking, ok);
    const error = await failure(client({ cacert: AUTHORITY })({ method: 'GET', url }));
    expect(error).toMatchObject({ code: 'endpoint-unavailable', nextStep: expect.stringContaining('cert and key') });
    expect(error.message).toMatch(
      /^TLS with 127\.0\.0\.1:\d+ did not come about \(ssl\/tls alert handshake failure\)\.$/,
    );
  });

  test('is not a certificate fault when the server speaks no TLS', async () => {
    const url = (await serve(ok)).replace('http:', 'https:');
    expect(await failure(client()({ method: 'GET', url }))).toMatchObject({
      code: 'endpoint-unavailable',
      nextStep: expect.stringContaining('speaks TLS'),
    });
  });
});
