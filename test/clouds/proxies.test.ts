import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type MakeHandler, nodeHandler } from '../../lambda/adapters/aws-clients.ts';
import { type ClosableHttpClient, type HttpOptions, httpClient } from '../../lambda/adapters/http.ts';
import { undiciHandler } from '../../lambda/adapters/undici-handler.ts';
import { nodeProxies, proxiesIn } from '../../lambda/clouds/proxies.ts';
import { AUTHORITY, certificate } from '../support/certificates.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { answer, serve, serveTls } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
const before = { ...process.env };
const clients: (ClosableHttpClient | { close(): void })[] = [];

beforeEach(() => {
  for (const name of VARIABLES) for (const spelling of [name, name.toLowerCase()]) delete process.env[spelling];
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((one) => one.close()));
  Object.assign(process.env, before);
});

function client(options?: HttpOptions): ClosableHttpClient {
  const made = httpClient(options);
  clients.push(made);
  return made;
}

const tlsServer = () => serveTls(certificate('localhost'), (_, response) => answer(response, 200, 'ok'));
const hostOf = (url: string) => new URL(url).host;

describe('requests to a cloud', () => {
  test('go through the tunnel of HTTPS_PROXY, and the cacert of the cloud counts', async () => {
    const proxy = await startForwardProxy();
    process.env.HTTPS_PROXY = proxy.url;
    const url = await tlsServer();
    expect(await client({ cacert: AUTHORITY })({ method: 'GET', url })).toMatchObject({ text: 'ok' });
    expect(proxy.asked).toEqual([`CONNECT ${hostOf(url)}`]);
  });

  test('refuse an untrusted certificate behind a proxy, and take it with verify: false', async () => {
    process.env.HTTPS_PROXY = (await startForwardProxy()).url;
    const url = await tlsServer();
    expect(await failure(client()({ method: 'GET', url }))).toMatchObject({ code: 'untrusted-certificate' });
    expect(await client({ verify: false })({ method: 'GET', url })).toMatchObject({ text: 'ok' });
  });

  test('show the client certificate of the cloud through a proxy', async () => {
    process.env.HTTPS_PROXY = (await startForwardProxy()).url;
    const asking = { ...certificate('localhost'), ca: AUTHORITY, requestCert: true, rejectUnauthorized: true };
    const url = await serveTls(asking, (_, response) => answer(response, 200, 'ok'));
    const known = client({ cacert: AUTHORITY, ...certificate('client') });
    expect(await known({ method: 'GET', url })).toMatchObject({ text: 'ok' });
  });

  test('go through HTTP_PROXY with the whole address, and with the password of the proxy', async () => {
    const proxy = await startForwardProxy();
    process.env.HTTP_PROXY = proxy.url.replace('//', '//user:secret@');
    const url = await serve((_, response) => answer(response, 200, 'ok'));
    expect(await client()({ method: 'GET', url: `${url}/v2/images` })).toMatchObject({ text: 'ok' });
    expect(proxy.asked).toEqual([`GET ${url}/v2/images`]);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('user:secret').toString('base64')}`]);
  });

  test.each(['127.0.0.1', '*', 'elsewhere.example, 127.0.0.1'])('go past the proxy for NO_PROXY %s', async (list) => {
    const proxy = await startForwardProxy();
    Object.assign(process.env, { HTTPS_PROXY: proxy.url, NO_PROXY: list });
    expect(await client({ verify: false })({ method: 'GET', url: await tlsServer() })).toMatchObject({ text: 'ok' });
    expect(proxy.asked).toEqual([]);
  });

  test.each([403, 407])('have no answer, and say why, when the proxy refuses the tunnel with %i', async (status) => {
    process.env.HTTPS_PROXY = (await startForwardProxy(status)).url;
    const error = await failure(client()({ method: 'GET', url: await tlsServer() }));
    expect(error).toMatchObject({ code: 'endpoint-unavailable', wholeTarget: true });
    expect(error.message).toMatch(new RegExp(`proxy.*${status}`, 'i'));
  });
});

describe.each<[string, MakeHandler]>([
  ['undici', undiciHandler],
  ['node:http', nodeHandler],
])('requests to AWS by %s', (_name, handler) => {
  const OPTIONS = { connections: 2, connectMs: 1000, answerMs: 1000, silenceMs: 1000 };
  const BUCKETS = '<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>';

  function s3At(endpoint: string): S3Client {
    const tls = { rejectUnauthorized: true, ca: AUTHORITY };
    const made = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: handler({ ...OPTIONS, tls }),
    });
    clients.push({ close: () => made.destroy() });
    return made;
  }

  const list = (s3: S3Client) => s3.send(new ListObjectsV2Command({ Bucket: 'drops' }));

  test('go through the tunnel of HTTPS_PROXY, and past it for NO_PROXY', async () => {
    const proxy = await startForwardProxy();
    process.env.HTTPS_PROXY = proxy.url;
    const url = await serveTls(certificate('localhost'), (_, response) => answer(response, 200, BUCKETS));
    expect(await list(s3At(url))).toMatchObject({ KeyCount: 0 });
    expect(proxy.asked).toEqual([`CONNECT ${hostOf(url)}`]);
    process.env.NO_PROXY = '127.0.0.1';
    expect(await list(s3At(url))).toMatchObject({ KeyCount: 0 });
    expect(proxy.asked).toHaveLength(1);
  });

  test('go straight to AWS where no proxy is set', async () => {
    const url = await serveTls(certificate('localhost'), (_, response) => answer(response, 200, BUCKETS));
    expect(await list(s3At(url))).toMatchObject({ KeyCount: 0 });
  });
});

test('the lower-case variables take precedence, and https goes through HTTP_PROXY where it has no proxy of its own', () => {
  expect(proxiesIn({ http_proxy: 'http://a', HTTP_PROXY: 'http://b', NO_PROXY: '' })).toEqual({
    httpProxy: 'http://a',
    httpsProxy: 'http://a',
    noProxy: '',
  });
});

test('a name in NO_PROXY is for the names below it, too', () => {
  const { NO_PROXY } = nodeProxies({ NO_PROXY: 'example.com 10.0.0.1,.internal' });
  expect(NO_PROXY).toBe('example.com,10.0.0.1,.internal,.example.com');
});
