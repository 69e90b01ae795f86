import { afterEach, describe, expect, test } from '@jest/globals';
import { httpClient } from '../../lambda/adapters/http.ts';
import type { Cloud } from '../../lambda/clouds/cloud.ts';
import { keystoneSession } from '../../lambda/clouds/keystone.ts';
import { answer, bodyOf, serve } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const http = httpClient();
afterEach(() => {
  time = START;
});

const START = Date.parse('2026-11-01T10:00:00Z');
let time = START;
const now = () => new Date(time);
const pass = (seconds: number) => {
  time += seconds * 1000;
};

const CATALOG = [
  { type: 'identity', endpoints: [{ interface: 'public', region_id: 'one', url: 'http://identity' }] },
  {
    type: 'image',
    endpoints: [{ interface: 'public', region_id: 'one', url: 'http://one.example/image/' }],
  },
];

/** A Keystone that numbers its tokens: t1, t2, … Its clock is an hour ahead of ours. */
async function keystone({ lifeSeconds = 3600, catalog = CATALOG as unknown, answersAfterSeconds = 0 } = {}) {
  const requests: { path: string | undefined; body: unknown }[] = [];
  const url = await serve(async (request, response) => {
    requests.push({ path: request.url, body: JSON.parse(await bodyOf(request)) });
    const issued = time + 3_600_000;
    const [issued_at, expires_at] = [issued, issued + lifeSeconds * 1000].map((ms) => new Date(ms).toISOString());
    const headers = { 'X-Subject-Token': `t${requests.length}` };
    pass(answersAfterSeconds);
    answer(response, 201, { token: { issued_at, expires_at, catalog } }, headers);
  });
  return { url, requests };
}

function cloud(url: string, settings: Partial<Cloud> = {}): Cloud {
  return {
    name: 'here',
    authUrl: url,
    auth: {
      type: 'password',
      user: { name: 'u', domain: { id: 'd' } },
      password: 'secret',
      project: { name: 'p', domain: { name: 'D' } },
    },
    imageService: { type: 'image', interfaces: ['public'], regionName: 'one' },
    verify: true,
    ...settings,
  };
}

describe('a session at Keystone', () => {
  test.each(['', '/', '/v3', '/v3/', '/v2.0'])(
    'finds the Identity API at an auth_url that ends with "%s"',
    async (end) => {
      const { url, requests } = await keystone();
      await keystoneSession(cloud(url + end), http, now).token();
      expect(requests[0]?.path).toBe('/v3/auth/tokens');
    },
  );

  test('authenticates by password, in the scope of its project', async () => {
    const { url, requests } = await keystone();
    expect(await keystoneSession(cloud(url), http, now).token()).toBe('t1');
    expect(requests[0]?.body).toEqual({
      auth: {
        identity: { methods: ['password'], password: { user: { name: 'u', domain: { id: 'd' }, password: 'secret' } } },
        scope: { project: { name: 'p', domain: { name: 'D' } } },
      },
    });
  });

  test('authenticates by application credential, without a scope', async () => {
    const { url, requests } = await keystone();
    const auth = { type: 'v3applicationcredential', credential: { id: 'c' }, secret: 's' } as const;
    await keystoneSession(cloud(url, { auth }), http, now).token();
    const application_credential = { id: 'c', secret: 's' };
    expect(requests[0]?.body).toEqual({
      auth: { identity: { methods: ['application_credential'], application_credential } },
    });
  });

  test('authenticates by a ready token, in the scope of its project', async () => {
    const { url, requests } = await keystone();
    const auth = { type: 'token', token: 'ready', project: { id: 'p' } } as const;
    await keystoneSession(cloud(url, { auth }), http, now).token();
    expect(requests[0]?.body).toEqual({
      auth: { identity: { methods: ['token'], token: { id: 'ready' } }, scope: { project: { id: 'p' } } },
    });
  });

  test('keeps its token until shortly before the end, whatever hour it is at Keystone', async () => {
    const session = keystoneSession(cloud((await keystone()).url), http, now);
    expect(await session.token()).toBe('t1');
    pass(3600 - 121);
    expect(await session.token()).toBe('t1');
    pass(2);
    expect(await session.token()).toBe('t2');
  });

  test('counts the life of its token from before it asked, however long the answer took', async () => {
    const { url } = await keystone({ answersAfterSeconds: 20 });
    const session = keystoneSession(cloud(url), http, now);
    expect(await session.token()).toBe('t1');
    pass(3600 - 20 - 121);
    expect(await session.token()).toBe('t1');
    pass(2);
    expect(await session.token()).toBe('t2');
  });

  test('takes a new token where the one at hand does not live for as long as is asked', async () => {
    const session = keystoneSession(cloud((await keystone()).url), http, now);
    await session.token();
    pass(1800);
    expect(await session.token(1700)).toBe('t1');
    expect(await session.token(1900)).toBe('t2');
  });

  test('is content with a new token where the cloud gives none that lives for as long', async () => {
    const session = keystoneSession(cloud((await keystone({ lifeSeconds: 60 })).url), http, now);
    await session.token(6000);
    pass(5);
    expect(await session.token(6000)).toBe('t1');
    pass(2);
    expect(await session.token(6000)).toBe('t2');
  });

  test('authenticates once for callers that come together', async () => {
    const { url, requests } = await keystone();
    const session = keystoneSession(cloud(url), http, now);
    expect(await Promise.all([session.token(), session.token(9), session.imageUrl()])).toContain('t1');
    expect(requests).toHaveLength(1);
  });

  test('renews a refused token once, however many were refused with it', async () => {
    const { url, requests } = await keystone();
    const session = keystoneSession(cloud(url), http, now);
    await session.token();
    expect(await Promise.all([session.renew('t1'), session.renew('t1')])).toEqual(['t2', 't2']);
    expect(await session.renew('t1')).toBe('t2');
    expect(requests).toHaveLength(2);
  });

  test('authenticates again after a failure', async () => {
    const life = { issued_at: '2026-11-01T10:00:00Z', expires_at: '2026-11-01T11:00:00Z' };
    const answers = [503, 201];
    const url = await serve((_, response) =>
      answer(response, answers.shift() ?? 500, { token: life }, { 'x-subject-token': 't' }),
    );
    const session = keystoneSession(cloud(url), http, now);
    expect(await failure(session.token())).toMatchObject({ code: 'endpoint-unavailable' });
    expect(await session.token()).toBe('t');
  });

  test.each([301, 302, 307, 308])('sends no password after %i, and names where it leads', async (status) => {
    const url = await serve((request, response) => {
      request.resume();
      answer(response, status, '', { location: 'https://identity.example/v3/auth/tokens' });
    });
    const error = await failure(keystoneSession(cloud(url), http, now).token());
    expect(error).toMatchObject({ code: 'endpoint-answer', retryable: false });
    expect(error.message).toContain(
      `(POST ${url}/v3/auth/tokens) was redirected (${status}) to https://identity.example`,
    );
    expect(error.nextStep).toContain('auth_url');
  });

  test('is refused with the name of the cloud and without the password', async () => {
    const error = { code: 401, message: 'The request you have made requires authentication.' };
    const url = await serve((_, response) => answer(response, 401, { error }));
    const { code, message } = await failure(keystoneSession(cloud(url), http, now).token());
    expect(code).toBe('unauthorized');
    expect(message).toBe(
      `Authenticating at cloud here by password (POST ${url}/v3/auth/tokens) was answered with 401: The request you have made requires authentication.`,
    );
  });

  test.each([
    ['no token id', {}, { token: { issued_at: '2026-11-01T10:00:00Z', expires_at: '2026-11-01T11:00:00Z' } }],
    ['no times', { 'x-subject-token': 't' }, { token: {} }],
    ['no JSON', { 'x-subject-token': 't' }, 'Welcome'],
  ])('says so when Keystone gives %s', async (_, headers, body) => {
    const url = await serve((_request, response) => answer(response, 201, body, headers));
    expect(await failure(keystoneSession(cloud(url), http, now).token())).toMatchObject({ code: 'endpoint-answer' });
  });
});

describe('the image endpoint of a session', () => {
  test('is that of the catalog that came with the token', async () => {
    const session = keystoneSession(cloud((await keystone()).url), http, now);
    expect(await session.imageUrl()).toBe('http://one.example/image/v2');
  });

  test('of an override needs no authentication', async () => {
    const override = { imageEndpointOverride: 'http://other.example/v2.0/' };
    const session = keystoneSession(cloud('http://nowhere', override), http, now);
    expect(await session.imageUrl()).toBe('http://other.example/v2');
  });
});
