import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { documentOf, PageClient, startUiFixture, type UiFixture } from './ui-stack.ts';

let fixture: UiFixture;
let page: PageClient;
beforeAll(async () => {
  fixture = await startUiFixture();
  page = await PageClient.open(fixture);
});
afterAll(() => fixture?.stop());

/** As it stands: fetch would not send another Host. */
function statusOf(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${fixture.origin}${path}`, { method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

const withSession = (more: Record<string, string> = {}) => ({ ...page.headers, ...more });

describe('the API of the page', () => {
  test('answers the page that has cookie and key', async () => {
    expect(await statusOf('/api/stack', withSession())).toBe(200);
  });

  test.each([
    ['without anything', () => ({})],
    ['with the cookie alone, as another server of this host may get it', () => ({ cookie: page.headers.cookie ?? '' })],
    ['with the key alone', () => ({ 'x-imagedrop-key': page.headers['x-imagedrop-key'] ?? '' })],
    ['with a key of the same length', () => withSession({ 'x-imagedrop-key': 'A'.repeat(43) })],
    ['with the token in place of the key', () => withSession({ 'x-imagedrop-key': fixture.token })],
  ])('refuses a request %s', async (_, headers: () => Record<string, string>) => {
    expect(await statusOf('/api/stack', headers())).toBe(401);
  });

  test.each([
    ['of another name for this machine (DNS rebinding)', { host: 'evil.example' }],
    ['of another port', { host: '127.0.0.1:1' }],
    ['of a page of another origin', { origin: 'http://evil.example' }],
    ['of a page on another port of this host', { origin: 'http://127.0.0.1:1' }],
    ['of a sandboxed page', { origin: 'null' }],
    ['that a browser says another site makes', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['that a browser says another port makes', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('refuses a request %s, even with cookie and key', async (_, headers: Record<string, string>) => {
    expect(await statusOf('/api/stack', withSession(headers))).toBe(403);
  });

  test('takes no change without an Origin: a browser always sends one', async () => {
    expect(await statusOf('/api/uploads', withSession({ 'content-type': 'application/json' }), 'POST')).toBe(403);
  });

  test.each(['', 'A'.repeat(43), 'a wrong token'])('gives no session for the token %j', async (token) => {
    const answer = await new PageClient(fixture.origin, {}).ask('POST', '/api/session', { token: token || 'x' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect((await documentOf(answer)).error.nextStep).toContain('address that `imagedrop ui` has printed');
  });
});

test('the token is behind the #, so that it is in no request; the cookie is for this server and no script', async () => {
  expect(new URL(fixture.server.url).search).toBe('');
  expect(fixture.token).toMatch(/^[\w-]{43}$/);
  const answer = await new PageClient(fixture.origin, {}).ask('POST', '/api/session', { token: fixture.token });
  const cookie = answer.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(
    new RegExp(`^imagedrop-${new URL(fixture.origin).port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/api/$`),
  );
  expect(cookie).not.toContain(fixture.token);
});

describe('the files of the page', () => {
  test.each([
    ['/', 'text/html'],
    ['/ui/page/main.ts', 'text/javascript'],
    ['/ui/page/base.css', 'text/css'],
    ['/format-bytes.ts', 'text/javascript'],
    ['/lit-html/lit-html.js', 'text/javascript'],
    ['/lit-html/directives/repeat.js', 'text/javascript'],
  ])('%s is one', async (path, type) => {
    const answer = await fetch(`${fixture.origin}${path}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
    expect(await answer.text()).not.toMatch(/^import type|: string\)/m);
  });

  test.each([
    '/ui/page/tsconfig.json',
    '/ui/server.ts',
    '/imagedrop.ts',
    '/ui/page/..%2fserver.ts',
    '/ui/page/../server.ts',
    '/lit-html/package.json',
    '/lit-html/directives/../../package.json',
    '/../package.json',
  ])('%s is none', async (path) => {
    expect(await statusOf(path, {})).toBe(404);
  });

  test("run no script and show no style but their own, in no one's frame", async () => {
    const { headers } = await fetch(`${fixture.origin}/`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' ${fixture.s3Origin}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types lit-html',
    ]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('are shown to anyone who follows a link of another site, for they are not secret', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(await statusOf('/', headers)).toBe(200);
  });
});
