import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ask, passwordRequest, TestCloud, UPLOADER } from './cloud.ts';

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await TestCloud.start({ tokenLifetimeSeconds: 60 });
});
afterEach(() => cloud.stop());

function credentialRequest(credential: object, scope: object = {}): object {
  const identity = { methods: ['application_credential'], application_credential: credential };
  return { auth: { identity, ...scope } };
}

function withToken(id: string, project?: string): object {
  const scope = project === undefined ? {} : { scope: { project: { name: project, domain: { name: 'Default' } } } };
  return { auth: { identity: { methods: ['token'], token: { id } }, ...scope } };
}

describe('Keystone', () => {
  test('offers version 3 at its root and at /v3', async () => {
    const root = await ask(`${cloud.simulator.url}/identity/`);
    expect(root.status).toBe(300);
    expect(root.json.versions.values[0].links[0].href).toBe(`${cloud.simulator.authUrl}/`);
    const v3 = await ask(cloud.simulator.authUrl);
    expect(v3.status).toBe(200);
    expect(v3.json.version).toMatchObject({ id: 'v3.14', status: 'stable' });
  });

  test('issues a token for user and project by name, valid for the lifetime that is set', async () => {
    const reply = await cloud.authenticate(passwordRequest(UPLOADER, 'imagedrop'));
    expect(reply.status).toBe(201);
    expect(reply.headers['x-subject-token']).toMatch(/^gAAAAA/);
    expect(reply.json.token).toMatchObject({
      methods: ['password'],
      user: { name: 'uploader', domain: { id: 'default', name: 'Default' } },
      project: { name: 'imagedrop', domain: { id: 'default' } },
      issued_at: '2026-05-04T10:00:00.000000Z',
      expires_at: '2026-05-04T10:01:00.000000Z',
    });
  });

  test('takes user, domain and project by id as well', async () => {
    const { json } = await cloud.authenticate(passwordRequest(UPLOADER, 'imagedrop'));
    const user = { id: json.token.user.id, password: UPLOADER.password };
    const identity = { methods: ['password'], password: { user } };
    const reply = await cloud.authenticate({ auth: { identity, scope: { project: { id: json.token.project.id } } } });
    expect(reply.status).toBe(201);
    expect(reply.json.token.project.name).toBe('imagedrop');
  });

  test('lists the image service of both regions in the catalog, on every interface', async () => {
    const { json } = await cloud.authenticate(passwordRequest(UPLOADER, 'imagedrop'));
    const image = json.token.catalog.find(({ type }: { type: string }) => type === 'image');
    const found = image.endpoints.map((endpoint: Record<string, string>) => [
      endpoint.interface,
      endpoint.region,
      endpoint.url,
    ]);
    for (const face of ['public', 'internal', 'admin']) {
      expect(found).toContainEqual([face, 'RegionOne', `${cloud.simulator.url}/image`]);
      expect(found).toContainEqual([face, 'ims-1', `${cloud.simulator.url}/ims`]);
    }
  });

  test('issues a token without catalog when no scope is asked for', async () => {
    const reply = await cloud.authenticate(passwordRequest(UPLOADER));
    expect(reply.status).toBe(201);
    expect(reply.json.token).not.toHaveProperty('catalog');
    expect(reply.json.token).not.toHaveProperty('project');
  });

  test.each([
    ['a wrong password', passwordRequest({ ...UPLOADER, password: 'guess' }, 'imagedrop')],
    ['an unknown user', passwordRequest({ ...UPLOADER, name: 'nobody' }, 'imagedrop')],
    ['a user of another domain', passwordRequest({ ...UPLOADER, domain: { name: 'Other' } }, 'imagedrop')],
    ['a project in which the user has no role', passwordRequest(UPLOADER, 'elsewhere')],
    ['an unknown project', passwordRequest(UPLOADER, 'nowhere')],
    ['a method that it does not know', { auth: { identity: { methods: ['oauth1'] } } }],
    ['a token that it did not issue', withToken('gAAAAAforged', 'imagedrop')],
    ['a wrong secret', credentialRequest({ name: 'robot', secret: 'guess', user: UPLOADER })],
  ])('answers 401 to %s', async (_case, body) => {
    const reply = await cloud.authenticate(body);
    expect(reply.status).toBe(401);
    expect(reply.headers).not.toHaveProperty('x-subject-token');
    expect(reply.json.error).toEqual({
      code: 401,
      title: 'Unauthorized',
      message: 'The request you have made requires authentication.',
    });
  });

  test.each([[{}], [{ auth: {} }], [[]]])('answers 400 to the malformed request %j', async (body) => {
    const reply = await cloud.authenticate(body);
    expect(reply.status).toBe(400);
    expect(reply.json.error.title).toBe('Bad Request');
  });

  test('takes an application credential by name and user', async () => {
    const reply = await cloud.authenticate(
      credentialRequest({ name: 'robot', secret: 'robot-secret', user: UPLOADER }),
    );
    expect(reply.status).toBe(201);
    expect(reply.json.token).toMatchObject({ methods: ['application_credential'], project: { name: 'imagedrop' } });
  });

  test('takes an application credential by id, as clouds.yaml names it', async () => {
    const { auth } = parse(cloud.simulator.cloudsYaml()).clouds['simulator-application-credential'];
    const credential = { id: auth.application_credential_id, secret: auth.application_credential_secret };
    expect((await cloud.authenticate(credentialRequest(credential))).status).toBe(201);
  });

  test('lets an application credential ask for no scope', async () => {
    const credential = { name: 'robot', secret: 'robot-secret', user: UPLOADER };
    const scope = { scope: { project: { name: 'imagedrop', domain: { name: 'Default' } } } };
    expect((await cloud.authenticate(credentialRequest(credential, scope))).status).toBe(401);
  });

  test('gives a scope to an unscoped token without making it live longer', async () => {
    const unscoped = await cloud.authenticate(passwordRequest(UPLOADER));
    cloud.advance(30_000);
    const scoped = await cloud.authenticate(withToken(String(unscoped.headers['x-subject-token']), 'imagedrop'));
    expect(scoped.status).toBe(201);
    expect(scoped.json.token.project.name).toBe('imagedrop');
    expect(scoped.json.token.expires_at).toBe(unscoped.json.token.expires_at);
  });

  test('shows a token to its holder, and says 404 of one that it does not know', async () => {
    const token = await cloud.token();
    const url = `${cloud.simulator.authUrl}/auth/tokens`;
    const shown = await ask(url, 'GET', undefined, { 'x-auth-token': token, 'x-subject-token': token });
    expect(shown.status).toBe(200);
    expect(shown.json.token.user.name).toBe('uploader');
    const unknown = await ask(url, 'GET', undefined, { 'x-auth-token': token, 'x-subject-token': 'other' });
    expect(unknown.status).toBe(404);
    expect((await ask(url, 'GET', undefined, { 'x-subject-token': token })).status).toBe(401);
  });

  test('makes a revoked token worthless to the image service', async () => {
    const glance = await cloud.glance();
    const headers = { 'x-auth-token': glance.token, 'x-subject-token': glance.token };
    expect((await ask(`${cloud.simulator.authUrl}/auth/tokens`, 'DELETE', undefined, headers)).status).toBe(204);
    expect((await glance.get('/v2/images')).status).toBe(401);
  });

  test('lets a token expire: the image service answers 401 with where to authenticate', async () => {
    const glance = await cloud.glance();
    cloud.advance(59_999);
    expect((await glance.get('/v2/images')).status).toBe(200);
    cloud.advance(1);
    const reply = await glance.get('/v2/images');
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe(`Keystone uri="${cloud.simulator.url}/identity"`);
  });

  test('answers 404 outside of its services and 405 to a method that a path does not have', async () => {
    expect((await ask(`${cloud.simulator.url}/compute`)).status).toBe(404);
    expect((await ask(`${cloud.simulator.authUrl}/users`)).status).toBe(404);
    const reply = await ask(`${cloud.simulator.authUrl}/auth/tokens`, 'PUT', '{}');
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe('POST, GET, HEAD, DELETE');
  });
});

describe('clouds.yaml', () => {
  test('names the two image services by region, with a password that works', async () => {
    const { clouds } = parse(cloud.simulator.cloudsYaml());
    expect(clouds.simulator.region_name).toBe('RegionOne');
    expect(clouds['simulator-ims'].region_name).toBe('ims-1');
    for (const { auth } of [clouds.simulator, clouds['simulator-ims']]) {
      const user = { name: auth.username, password: auth.password, domain: { name: auth.user_domain_name } };
      expect((await cloud.authenticate(passwordRequest(user, auth.project_name))).status).toBe(201);
    }
  });
});
