import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { cloudNamed } from '../../lambda/endpoints/clouds-yaml.ts';
import { causeLine } from '../../lambda/model/errors.ts';
import { failure } from '../support/outcome.ts';

const AUTH = {
  auth_url: 'https://keystone.example:5000/v3',
  username: 'uploader',
  password: 'pass-word',
  project_name: 'images',
  user_domain_name: 'Default',
};

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

function yaml(cloud: object): string {
  return stringify({ clouds: { here: cloud } });
}

describe('a cloud of clouds.yaml', () => {
  test('is public, verified and authenticated by password unless it says otherwise', () => {
    expect(cloudNamed(yaml({ auth: AUTH }), 'here')).toEqual({
      name: 'here',
      authUrl: 'https://keystone.example:5000/v3',
      auth: {
        type: 'password',
        user: { name: 'uploader', domain: { name: 'Default' } },
        password: 'pass-word',
        project: { name: 'images', domain: { name: 'Default' } },
      },
      interface: 'public',
      verify: true,
    });
  });

  test('says region, interface, certificates and image endpoint', () => {
    const settings = { region_name: 'R', interface: 'internalURL', verify: false, cacert: CERTIFICATE };
    const override = { image_endpoint_override: 'http://glance:9292' };
    expect(cloudNamed(yaml({ auth: AUTH, ...settings, ...override }), 'here')).toMatchObject({
      regionName: 'R',
      interface: 'internal',
      verify: false,
      cacert: CERTIFICATE,
      imageEndpointOverride: 'http://glance:9292',
    });
  });

  test.each([
    ['user and project by id', { ...AUTH, user_id: 'u', project_id: 'p' }, { user: { id: 'u' }, project: { id: 'p' } }],
    [
      'a project of another domain',
      { ...AUTH, project_domain_id: 'd' },
      { project: { name: 'images', domain: { id: 'd' } } },
    ],
  ])('takes %s', (_, auth, expected) => {
    expect(cloudNamed(yaml({ auth }), 'here').auth).toMatchObject(expected);
  });

  test.each([
    [{ application_credential_id: 'id' }, { id: 'id' }],
    [
      { application_credential_name: 'robot', user_id: 'u' },
      { name: 'robot', user: { id: 'u' } },
    ],
  ])('takes an application credential %j', (names, credential) => {
    const auth = { auth_url: AUTH.auth_url, application_credential_secret: 's', ...names };
    expect(cloudNamed(yaml({ auth_type: 'v3applicationcredential', auth }), 'here').auth).toEqual({
      type: 'v3applicationcredential',
      credential,
      secret: 's',
    });
  });

  test('takes a ready token', () => {
    const auth = { auth_url: AUTH.auth_url, token: 't', project_id: 'p' };
    expect(cloudNamed(yaml({ auth_type: 'v3token', auth }), 'here').auth).toEqual({
      type: 'token',
      token: 't',
      project: { id: 'p' },
    });
  });

  test('is looked for by name among those there are', async () => {
    const text = stringify({ clouds: { one: { auth: AUTH }, two: { auth: AUTH } } });
    const error = await failure(() => cloudNamed(text, 'three'));
    expect(error).toMatchObject({ code: 'no-such-cloud' });
    expect(error.message).toBe('There is no cloud three in clouds.yaml, only one, two.');
  });

  test('is not found among the names that every object has', async () => {
    expect(await failure(() => cloudNamed('clouds: {}', 'constructor'))).toMatchObject({ code: 'no-such-cloud' });
  });

  const { auth_url: _, ...withoutUrl } = AUTH;
  const { user_domain_name: __, ...withoutDomain } = AUTH;
  test.each([
    ['clouds.here.auth.auth_url is missing', { auth: withoutUrl }],
    ['clouds.here.auth.auth_url must be an address', { auth: { ...AUTH, auth_url: 'keystone:5000' } }],
    ['clouds.here.auth must be a mapping', {}],
    ['clouds.here.auth.password is missing', { auth: { ...AUTH, password: '' } }],
    ['clouds.here.auth.password must be text', { auth: { ...AUTH, password: 12345 } }],
    ['clouds.here.auth.project_name is missing', { auth: { ...AUTH, project_name: null } }],
    ['clouds.here.auth.user_domain_name is missing', { auth: withoutDomain }],
    ['clouds.here.auth.system_scope is not supported', { auth: { ...AUTH, system_scope: 'all' } }],
    ['clouds.here.auth_type must be', { auth_type: 'v3oidcpassword', auth: AUTH }],
    ['clouds.here.auth.token is missing', { auth_type: 'token', auth: AUTH }],
    ['clouds.here.auth.application_credential_id is missing', { auth_type: 'v3applicationcredential', auth: AUTH }],
    ['clouds.here.interface must be', { auth: AUTH, interface: 'private' }],
    ['clouds.here.verify must be true or false', { auth: AUTH, verify: 'no' }],
    ['clouds.here.cacert must hold the PEM text', { auth: AUTH, cacert: '/etc/ssl/ca.pem' }],
    ['clouds.here.image_endpoint_override must be an address', { auth: AUTH, image_endpoint_override: 'glance' }],
  ])('is refused where %s', async (words, cloud) => {
    const error = await failure(() => cloudNamed(yaml(cloud), 'here'));
    expect(error).toMatchObject({ code: 'bad-clouds-yaml', retryable: false });
    expect(error.message).toContain(words);
    expect(error.message).not.toMatch(/12345|pass-word/);
  });

  test.each([
    ['a text that ends too early', 'clouds: {here: {auth: {password: "pass-word\n'],
    ['a value in the wrong column', 'clouds:\n  here:\n    password: "x" pass-word\n'],
    ['a name given twice', 'clouds:\n  pass-word: 1\n  pass-word: 2\n'],
    ['an alias of nothing', 'clouds: *pass-word\n'],
    ['a list', '- pass-word\n'],
    ['nothing', ''],
  ])('is not read from %s, and no secret is shown', async (_name, text) => {
    const error = await failure(() => cloudNamed(text, 'here'));
    expect(error).toMatchObject({ code: 'bad-clouds-yaml' });
    expect(`${error.message} ${causeLine(error)}`).not.toContain('pass-word');
  });
});
