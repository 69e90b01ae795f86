import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeOf, type LocalS3, send, startLocalS3 } from './support/local-s3.ts';

const RULE = {
  origins: ['http://127.0.0.1:*'],
  methods: ['PUT', 'GET'],
  headers: ['x-amz-*'],
  exposedHeaders: ['ETag'],
  maxAgeSeconds: 60,
};
const PAGE = 'http://127.0.0.1:8400';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3({
    buckets: [
      { name: 'open', versioned: true, notifications: [], cors: [RULE] },
      { name: 'public', versioned: true, notifications: [], cors: [{ ...RULE, origins: ['*'] }] },
      { name: 'plain', versioned: true, notifications: [] },
    ],
  });
});
afterAll(() => local.stop());

const ask = (method: string, path: string, headers: Record<string, string>) =>
  send(local.server.endpoint, { method, path, headers: { host: new URL(local.server.endpoint).host, ...headers } });
const preflight = (path: string, headers: Record<string, string>) =>
  ask('OPTIONS', path, { origin: PAGE, 'access-control-request-method': 'PUT', ...headers });

describe('a preflight', () => {
  test('is answered without a signature, for an origin that fits the one * of the rule', async () => {
    const { status, headers } = await preflight('/open/a', { 'access-control-request-headers': 'X-Amz-Date' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'PUT, GET',
      'access-control-allow-headers': 'X-Amz-Date',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '60',
    });
    expect(headers.vary).toContain('Origin');
  });

  test('of a rule for every origin is answered with *, and without credentials', async () => {
    const { headers } = await preflight('/public/a', {});
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect((await preflight('/open/a', {})).headers['access-control-allow-credentials']).toBe('true');
  });

  test.each([
    ['another origin', '/open/a', { origin: 'http://evil.example' }],
    ['an origin that only begins alike', '/open/a', { origin: 'http://127.0.0.1' }],
    ['another method', '/open/a', { 'access-control-request-method': 'DELETE' }],
    ['another header', '/open/a', { 'access-control-request-headers': 'x-amz-date, authorization' }],
    ['a bucket without a rule', '/plain/a', {}],
    ['a bucket that there is not', '/nowhere/a', {}],
  ])('of %s is refused', async (_, path, headers: Record<string, string>) => {
    const answer = await preflight(path, headers);
    expect([answer.status, codeOf(answer)]).toEqual([403, 'AccessForbidden']);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('that names no method is a bad request', async () => {
    expect(codeOf(await ask('OPTIONS', '/open/a', { origin: PAGE }))).toBe('BadRequest');
  });
});

test('every answer says that the page may see it, an error too', async () => {
  const { status, headers } = await ask('GET', '/open/a', { origin: PAGE });
  expect(status).toBe(403);
  expect(headers['access-control-allow-origin']).toBe(PAGE);
});

test.each([
  ['without an origin', '/open/a', {}],
  ['of another origin', '/open/a', { origin: 'http://evil.example' }],
  ['at a bucket without a rule', '/plain/a', { origin: PAGE }],
])('an answer to a request %s says nothing of the kind', async (_, path, headers: Record<string, string>) => {
  expect((await ask('GET', path, headers)).headers).not.toHaveProperty('access-control-allow-origin');
});
