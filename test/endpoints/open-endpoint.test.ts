import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { httpClient } from '../../lambda/adapters/http.ts';
import type { Cloud } from '../../lambda/clouds/cloud.ts';
import { ENDPOINTS, endpointOpener } from '../../lambda/endpoints/registry.ts';
import { TARGET_KINDS } from '../../lambda/model/target.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { answer, bodyOf, serve } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

/** A Keystone and an Image API without images in one; it counts the authentications. */
async function emptyCloud() {
  const asked = { authentications: 0 };
  const url: string = await serve((request, response) => {
    if (request.method !== 'POST') return answer(response, 404);
    asked.authentications += 1;
    const life = { issued_at: '2026-11-01T10:00:00Z', expires_at: '2026-11-01T11:00:00Z' };
    const catalog = [{ type: 'image', endpoints: [{ interface: 'public', region: 'R', url }] }];
    answer(response, 201, { token: { ...life, catalog } }, { 'x-subject-token': 't' });
  });
  return { url, asked };
}

function cloudsYaml(url: string, password = 'first'): string {
  const auth = { auth_url: url, user_id: 'u', password, project_id: 'p' };
  return stringify({ clouds: { here: { auth }, there: { auth, verify: false } } });
}

function opener() {
  const clients: Cloud[] = [];
  const httpFor = (cloud: Cloud) => {
    clients.push(cloud);
    return httpClient();
  };
  return { open: endpointOpener({ httpFor, now: () => new Date() }), clients };
}

describe('opening an endpoint', () => {
  test('gives the kind that the target names', () => {
    const { open, clients } = opener();
    for (const kind of TARGET_KINDS) expect(open(cloudsYaml('http://k'), TARGETS[kind]).kind).toBe(kind);
    expect(clients).toMatchObject([
      { name: 'here', verify: true },
      { name: 'there', verify: false },
    ]);
  });

  test('keeps the session from one call to the next', async () => {
    const { url, asked } = await emptyCloud();
    const { open, clients } = opener();
    await open(cloudsYaml(url), TARGETS.glance).get('x');
    await open(cloudsYaml(url), TARGETS.glance).get('x');
    expect(asked.authentications).toBe(1);
    expect(clients).toHaveLength(1);
  });

  test('begins a new session when clouds.yaml has changed', async () => {
    const { url, asked } = await emptyCloud();
    const { open } = opener();
    await open(cloudsYaml(url), TARGETS.glance).get('x');
    await open(cloudsYaml(url, 'second'), TARGETS.glance).get('x');
    expect(asked.authentications).toBe(2);
  });

  describe('of a cloud whose password is changed', () => {
    /** A Keystone and an Image API that know one password, and the tokens that they gave for it. */
    async function strictCloud() {
      const state = { password: 'first', tried: [] as string[] };
      const url: string = await serve(async (request, response) => {
        if (request.method !== 'POST') {
          return answer(response, request.headers['x-auth-token'] === state.password ? 404 : 401);
        }
        const { password } = JSON.parse(await bodyOf(request)).auth.identity.password.user;
        state.tried.push(password);
        if (password !== state.password) return answer(response, 401, { error: { message: 'No.' } });
        const life = { issued_at: '2026-11-01T10:00:00Z', expires_at: '2026-11-01T11:00:00Z' };
        const catalog = [{ type: 'image', endpoints: [{ interface: 'public', region: 'R', url }] }];
        answer(response, 201, { token: { ...life, catalog } }, { 'x-subject-token': password });
      });
      return { url, state };
    }

    test('reads the secret again before it uses the old password once more', async () => {
      const { url, state } = await strictCloud();
      let secret = cloudsYaml(url);
      const reread = async () => secret;
      const open = endpointOpener({ httpFor: () => httpClient(), now: () => new Date(), reread });
      const endpoint = open(secret, TARGETS.glance);
      expect(await endpoint.get('x')).toBeUndefined();
      state.password = 'second';
      secret = cloudsYaml(url, 'second');
      expect(await endpoint.get('x')).toBeUndefined();
      expect(state.tried).toEqual(['first', 'second']);
    });

    test('reads the secret again when its first login is refused', async () => {
      const { url, state } = await strictCloud();
      state.password = 'second';
      const reread = async () => cloudsYaml(url, 'second');
      const open = endpointOpener({ httpFor: () => httpClient(), now: () => new Date(), reread });
      expect(await open(cloudsYaml(url), TARGETS.glance).get('x')).toBeUndefined();
      expect(state.tried).toEqual(['first', 'second']);
    });

    test('tries a password no second time that the secret still has, and holds the target', async () => {
      const { url, state } = await strictCloud();
      state.password = 'second';
      const reread = async () => cloudsYaml(url);
      const open = endpointOpener({ httpFor: () => httpClient(), now: () => new Date(), reread });
      const error = await failure(open(cloudsYaml(url), TARGETS.glance).plan({ format: 'raw', virtualSize: 1 }, 1));
      expect(error).toMatchObject({ code: 'unauthorized', retryable: true, wholeTarget: true });
      expect(state.tried).toEqual(['first']);
    });
  });

  test('fails for a target without a cloud', async () => {
    const elsewhere = { ...TARGETS.glance, name: 'elsewhere' };
    const error = await failure(() => opener().open(cloudsYaml('http://k'), elsewhere));
    expect(error).toMatchObject({ code: 'no-such-cloud' });
  });
});

test('the registry has every kind of endpoint', () => {
  expect(Object.keys(ENDPOINTS)).toEqual([...TARGET_KINDS]);
});
