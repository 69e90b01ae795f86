import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import { causeLine } from '../../lambda/model/errors.ts';
import { AUTHORITY, certificate } from '../support/certificates.ts';
import { failure } from '../support/outcome.ts';

const AUTH = {
  auth_url: 'https://keystone.example:5000/v3',
  username: 'uploader',
  password: 'pass-word',
  project_name: 'images',
  user_domain_name: 'Default',
};

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
      imageService: { type: 'image', interfaces: ['public'] },
      verify: true,
    });
  });

  test.each([
    [{ region_name: 'R' }, { regionName: 'R' }],
    [{ 'region-name': 'R' }, { regionName: 'R' }],
    [{ region_name: ['R'] }, { regionName: 'R' }],
    [{ regions: ['R'] }, { regionName: 'R' }],
    [{ regions: ['R'], region_name: 'other' }, { regionName: 'R' }],
    [{ regions: [{ name: 'R', values: { interface: 'admin' } }] }, { regionName: 'R', interfaces: ['admin'] }],
    [{ region_name: 'R', image_region_name: 'I' }, { regionName: 'I' }],
    [{ interface: 'internalURL' }, { interfaces: ['internal'] }],
    [{ endpoint_type: 'adminURL' }, { interfaces: ['admin'] }],
    [{ interface: ['internal', 'publicURL'] }, { interfaces: ['internal', 'public'] }],
    [{ interface: 'public', image_interface: 'internal' }, { interfaces: ['internal'] }],
    [{ interface: 'public', image_endpoint_type: 'internalURL' }, { interfaces: ['internal'] }],
    [
      { image_service_type: 'images', image_service_name: 'glance2' },
      { type: 'images', name: 'glance2' },
    ],
  ])('looks for the image service by %j', (settings, imageService) => {
    expect(cloudNamed(yaml({ auth: AUTH, ...settings }), 'here').imageService).toMatchObject(imageService);
  });

  test.each([
    [{ verify: false }, { verify: false }],
    [{ verify: null }, { verify: true }],
    [{ insecure: true }, { verify: false }],
    [{ insecure: 'True', verify: true }, { verify: false }],
    [{ insecure: 'false' }, { verify: true }],
    [{ cacert: AUTHORITY }, { verify: true, cacert: AUTHORITY }],
    [certificate('client'), certificate('client')],
    [
      { cert: `${certificate('client').cert}${certificate('client').key}` },
      { key: expect.stringContaining('PRIVATE') },
    ],
  ])('trusts by %j', (settings, expected) => {
    expect(cloudNamed(yaml({ auth: AUTH, ...settings }), 'here')).toMatchObject(expected);
  });

  test.each([
    [{ image_endpoint_override: 'http://glance:9292' }, { imageEndpointOverride: 'http://glance:9292' }],
    [{ image_endpoint: 'http://glance:9292' }, { imageEndpointOverride: 'http://glance:9292' }],
    [
      { image_endpoint_override: 'https://image.{region_name}.example', region_name: 'R' },
      { imageEndpointOverride: 'https://image.R.example' },
    ],
    [
      { auth: { ...AUTH, auth_url: 'https://{region_name}.example/v3' }, regions: ['R'] },
      { authUrl: 'https://R.example/v3' },
    ],
  ])('has the addresses of %j', (settings, expected) => {
    expect(cloudNamed(yaml({ auth: AUTH, ...settings }), 'here')).toMatchObject(expected);
  });

  test('has the settings of its region before its own', () => {
    const values = { auth: { project_name: 'there' }, verify: false };
    const cloud = cloudNamed(yaml({ auth: AUTH, regions: [{ name: 'R', values }] }), 'here');
    expect(cloud).toMatchObject({ verify: false, auth: { project: { name: 'there' }, user: { name: 'uploader' } } });
  });

  const { user_domain_name: _domain, ...WITHOUT_DOMAIN } = AUTH;
  const { username, password, auth_url } = AUTH;
  const everywhere = (domain: object) => ({
    user: { name: 'uploader', domain },
    project: { name: 'images', domain },
  });
  test.each<[string, object, object]>([
    ['domain_id for user and project', { auth: { ...WITHOUT_DOMAIN, domain_id: 'd' } }, everywhere({ id: 'd' })],
    ['domain_name for user and project', { auth: WITHOUT_DOMAIN, domain_name: 'D' }, everywhere({ name: 'D' })],
    ['default_domain_id', { auth: { ...WITHOUT_DOMAIN, default_domain_id: 'd' } }, everywhere({ id: 'd' })],
    ['default_domain_name', { auth: { ...WITHOUT_DOMAIN, default_domain_name: 'D' } }, everywhere({ name: 'D' })],
    ['an id of any domain before a name', { auth: AUTH, domain_id: 'd' }, everywhere({ id: 'd' })],
    [
      'a project of the old name tenant',
      { auth: { ...AUTH, project_name: '', tenant_name: 't' } },
      { project: { name: 't' } },
    ],
    ['a project by tenant_id', { auth: { ...AUTH, project_name: '', tenant_id: 't' } }, { project: { id: 't' } }],
    ['an id of digits only', { auth: { ...AUTH, project_id: 610_275 } }, { project: { id: '610275' } }],
    ['names with dashes', { auth: { ...AUTH, 'project-id': 'p' }, 'auth-type': 'password' }, { project: { id: 'p' } }],
    [
      'what stands beside auth',
      { auth: { auth_url, password }, username, project_id: 'p', user_domain_id: 'd' },
      { user: { name: username, domain: { id: 'd' } }, project: { id: 'p' } },
    ],
    ['auth_plugin, as auth_type was called', { auth_plugin: 'v3password', auth: AUTH }, { type: 'password' }],
    ['the same said twice', { auth: { ...AUTH, tenant_name: 'images' }, project_name: 'images' }, { type: 'password' }],
    [
      'a token by its old name',
      { auth_type: 'token', auth: { auth_url, auth_token: 't', project_id: 'p' } },
      { type: 'token', token: 't' },
    ],
  ])('takes %s', (_, settings, expected) => {
    expect(cloudNamed(yaml(settings), 'here').auth).toMatchObject(expected);
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

  const { auth_url: _url, ...WITHOUT_URL } = AUTH;
  const { password: _password, ...WITHOUT_PASSWORD } = AUTH;
  const broken = AUTHORITY.replace(/\n.{8}/, '\nMIIBpass');
  test.each<[string, object]>([
    ['clouds.here.auth.auth_url is missing', { auth: WITHOUT_URL }],
    ['clouds.here.auth.auth_url is missing', {}],
    ['clouds.here.auth.auth_url must be an address', { auth: { ...AUTH, auth_url: 'keystone:5000' } }],
    ['clouds.here.auth.auth_url must be an address', { auth: { ...AUTH, auth_url: 'https://{name}.example' } }],
    [
      'clouds.here.auth.auth_url asks for region_name',
      { auth: { ...AUTH, auth_url: 'https://{region_name}.example' } },
    ],
    ['clouds.here.auth must be a mapping', { auth: 'pass-word' }],
    ['clouds.here.auth.password is missing', { auth: { ...AUTH, password: '' } }],
    ['clouds.here.auth.password must be text', { auth: { ...AUTH, password: true } }],
    ['clouds.here.auth.project_name is missing', { auth: { ...AUTH, project_name: null } }],
    ['clouds.here.auth.project_name and clouds.here.project_name say', { auth: AUTH, project_name: 'pass-word' }],
    ['clouds.here.auth.project_name and clouds.here.auth.tenant_name', { auth: { ...AUTH, tenant_name: 'pass-word' } }],
    ['clouds.here.auth.user_domain_name is missing', { auth: WITHOUT_DOMAIN }],
    ['clouds.here.auth.system_scope is not supported', { auth: { ...AUTH, system_scope: 'all' } }],
    ['clouds.here.auth.trust_id is not supported', { auth: { ...AUTH, trust_id: 'pass-word' } }],
    ['clouds.here.auth_type must be password, v3password', { auth_type: 'v3oidcpassword', auth: AUTH }],
    ['clouds.here.auth_type must be password, v3password', { auth_type: 'v2password', auth: AUTH }],
    [
      'clouds.here.auth_type is missing, which means password: for the settings in auth it must be v3applicationcredential',
      { auth: { auth_url, application_credential_id: 'x', application_credential_secret: 'pass-word' } },
    ],
    ['it must be token', { auth: { auth_url, token: 'pass-word', project_id: 'p' } }],
    ['clouds.here.auth.password is missing', { auth: WITHOUT_PASSWORD }],
    ['clouds.here.auth.token is missing', { auth_type: 'token', auth: AUTH }],
    ['clouds.here.auth.application_credential_id is missing', { auth_type: 'v3applicationcredential', auth: AUTH }],
    ['clouds.here.interface must be', { auth: AUTH, interface: 'private' }],
    ['clouds.here.interface is an empty list', { auth: AUTH, interface: [] }],
    [
      'clouds.here.interface and clouds.here.endpoint_type',
      { auth: AUTH, interface: 'public', endpoint_type: 'admin' },
    ],
    ['clouds.here.regions has 2 regions', { auth: AUTH, regions: ['A', 'B'], region_name: 'A' }],
    ['clouds.here.regions has 0 regions', { auth: AUTH, regions: [] }],
    ['clouds.here.region_name has 2 regions', { auth: AUTH, region_name: 'A,B' }],
    ['clouds.here.regions must be names, or mappings', { auth: AUTH, regions: [{ name: 'A', interface: 'admin' }] }],
    ['clouds.here.regions must be names, or mappings', { auth: AUTH, regions: [true] }],
    ['clouds.here.profile names a vendor profile', { auth: AUTH, profile: 'ovh' }],
    ['clouds.here.cloud names a vendor profile', { auth: AUTH, cloud: 'rackspace' }],
    ['clouds.here.identity_api_version must be 3', { auth: AUTH, identity_api_version: '2.0' }],
    ['clouds.here.image_api_version must be 2', { auth: AUTH, image_api_version: 1 }],
    ['clouds.here.image_api_use_tasks is not supported', { auth: AUTH, image_api_use_tasks: true }],
    ['clouds.here.verify must be true or false, without quotes', { auth: AUTH, verify: 'false' }],
    ['clouds.here.verify must be true or false', { auth: AUTH, verify: '/etc/ssl/ca.pem' }],
    ['clouds.here.insecure must be true or false', { auth: AUTH, insecure: 'si' }],
    ['clouds.here.cacert must hold certificates as PEM text', { auth: AUTH, cacert: '/etc/ssl/ca.pem' }],
    [
      'clouds.here.cacert holds a certificate that cannot be read: number 2',
      { auth: AUTH, cacert: AUTHORITY + broken },
    ],
    ['clouds.here.key says nothing without cert', { auth: AUTH, key: certificate('client').key }],
    ['clouds.here.cert must hold a private key', { auth: AUTH, cert: certificate('client').cert }],
    ['clouds.here.key must hold a private key', { auth: AUTH, ...certificate('client'), key: 'pass-word' }],
    [
      'clouds.here.key holds the private key of another',
      { auth: AUTH, cert: AUTHORITY, key: certificate('client').key },
    ],
    ['clouds.here.image_endpoint_override must be an address', { auth: AUTH, image_endpoint_override: 'glance' }],
  ])('is refused where %s', async (words, cloud) => {
    const error = await failure(() => cloudNamed(yaml(cloud), 'here'));
    expect(error).toMatchObject({ code: 'bad-clouds-yaml', retryable: false });
    expect(error.message).toContain(words);
    expect(`${error.message} ${causeLine(error)}`).not.toMatch(/pass-word|MIIBpass/);
  });

  test.each([
    'identity_api_version: 3',
    'identity_api_version: "3.14"',
    'image_api_version: 2.0',
    'image_api_version: v2',
  ])('speaks %s', (line) => {
    const text = `${stringify({ clouds: { here: { auth: AUTH } } })}    ${line}\n`;
    expect(cloudNamed(text, 'here').name).toBe('here');
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

describe('a placeholder that was not filled in', () => {
  test.each(['%(os_password)s', 'x%(os.password)sy', '{{ os_password }}', 'a{{b}}c', '\u0024{OS_PASSWORD}'])(
    '%s is refused with its place, and never used as text',
    async (password) => {
      const { code, message } = await failure(() => cloudNamed(yaml({ auth: { ...AUTH, password } }), 'here'));
      expect(code).toBe('bad-clouds-yaml');
      expect(message).toContain('clouds.here.auth.password holds a placeholder of a template');
      expect(message).not.toContain('os_password');
    },
  );

  test.each(['100%s', '%(', 'a{b}c', '$PASSWORD', 'a\u0024{b}'])('is not %s, which may be a password', (password) => {
    expect(cloudNamed(yaml({ auth: { ...AUTH, password } }), 'here').auth).toMatchObject({ password });
  });

  test('of another cloud does not matter', () => {
    const text = stringify({ clouds: { here: { auth: AUTH }, there: { auth: { ...AUTH, password: '{{ p }}' } } } });
    expect(cloudNamed(text, 'here').name).toBe('here');
  });

  test.each([
    { region_name: '{{ region }}' },
    { cacert: '{{ ca }}' },
    { interface: '%(interface)s' },
    { auth: { ...AUTH, auth_url: 'https://{{ host }}/v3' } },
  ])('in any setting that is read is refused: %j', async (changes) => {
    const { code } = await failure(() => cloudNamed(yaml({ auth: AUTH, ...changes }), 'here'));
    expect(code).toBe('bad-clouds-yaml');
  });
});
