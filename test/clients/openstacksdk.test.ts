import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ownCloud } from '../../bin/clouds/clouds-yaml.ts';
import type { Cloud } from '../../lambda/clouds/cloud.ts';
import { AUTHORITY } from '../support/certificates.ts';
import { type Home, home } from '../support/home.ts';

/** Debian's own: that is where its package of openstacksdk goes, whichever Python comes first in PATH. */
const PYTHON = '/usr/bin/python3';

const PROGRAM = `
import json, warnings
warnings.simplefilter('ignore')
from openstack.config import OpenStackConfig
found = {}
for name in OpenStackConfig().get_cloud_names():
    try:
        cloud = OpenStackConfig().get_one(name)
        found[name] = dict(
            type=cloud.config['auth_type'], auth=cloud.config['auth'], interface=cloud.get_interface('image'),
            region=cloud.get_region_name('image'), endpoint=cloud.get_endpoint('image'),
            service=[cloud.get_service_type('image'), cloud.get_service_name('image')],
            verify=cloud.get_requests_verify_args()[0])
    except Exception as error:
        found[name] = dict(error=type(error).__name__)
print(json.dumps(found))
`;

interface SdkCloud {
  readonly error?: string;
  readonly type: string;
  readonly auth: Readonly<Record<string, string | undefined>>;
  readonly interface: string | string[];
  readonly region: string;
  readonly endpoint: string | null;
  readonly service: readonly [string, string | null];
  readonly verify: boolean | string;
}

const AUTH = {
  auth_url: 'https://keystone.example/v3',
  username: 'uploader',
  password: 'secret',
  project_name: 'images',
  user_domain_name: 'users',
  project_domain_name: 'projects',
};
const { user_domain_name: _, project_domain_name: __, ...NO_DOMAIN } = AUTH;
const { project_name: ___, ...NO_PROJECT } = AUTH;
const { username: ____, ...NO_USER } = AUTH;
const { auth_url, ...NO_URL } = AUTH;

const SAME: Readonly<Record<string, object>> = {
  plain: { auth: AUTH },
  'auth-plugin': { auth_plugin: 'password', auth: AUTH },
  'user-beside': { auth: NO_USER, username: 'uploader' },
  'user-name': { auth: { ...NO_USER, user_name: 'uploader' } },
  'user-id': { auth: { ...NO_USER, user_id: 'u' } },
  dashes: { auth: { ...NO_PROJECT, 'project-name': 'images' }, 'region-name': 'R' },
  tenant: { auth: { ...NO_PROJECT, tenant_name: 'images' } },
  'tenant-id': { auth: { ...NO_PROJECT, tenant_id: 't' } },
  digits: { auth: { ...NO_PROJECT, project_id: 610_275, password: 12_345 } },
  'domain-id': { auth: { ...NO_DOMAIN, domain_id: 'd' } },
  'domain-id-first': { auth: { ...AUTH, domain_id: 'd' } },
  'domain-beside': { auth: NO_DOMAIN, domain_name: 'D' },
  'default-domain': { auth: { ...NO_DOMAIN, default_domain_id: 'd' } },
  'default-domain-first': { auth: { ...AUTH, default_domain_id: 'd' } },
  token: { auth_type: 'v3token', auth: { auth_url, token: 't', project_id: 'p' } },
  'auth-token': { auth_type: 'token', auth: { auth_url, auth_token: 't', project_id: 'p' } },
  credential: {
    auth_type: 'v3applicationcredential',
    auth: { auth_url, application_credential_id: 'i', application_credential_secret: 's' },
  },
  'endpoint-type': { auth: AUTH, endpoint_type: 'internalURL' },
  'image-interface': { auth: AUTH, interface: 'public', image_interface: 'internal' },
  'image-endpoint-type': { auth: AUTH, image_endpoint_type: 'admin' },
  interfaces: { auth: AUTH, interface: ['internal', 'public'] },
  region: { auth: AUTH, region_name: 'R', image_region_name: 'I' },
  regions: { auth: AUTH, regions: ['R'], region_name: 'other' },
  'region-values': {
    auth: AUTH,
    regions: [{ name: 'R', values: { interface: 'admin', auth: { username: 'other' } } }],
  },
  'region-list': { auth: AUTH, region_name: ['R'] },
  template: { auth: { ...AUTH, auth_url: 'https://{region_name}.example/v3' }, region_name: 'R' },
  override: { auth: AUTH, image_endpoint_override: 'https://image.{region_name}.example', region_name: 'R' },
  'image-endpoint': { auth: AUTH, image_endpoint: 'https://image.example' },
  service: { auth: AUTH, image_service_type: 'images', image_service_name: 'glance' },
  'verify-false': { auth: AUTH, verify: false, cacert: 'ca.pem' },
  insecure: { auth: AUTH, insecure: 'True' },
  cacert: { auth: AUTH, cacert: 'ca.pem' },
  'cacert-at-home': { auth: AUTH, cacert: '~/ca.pem' },
  profile: { profile: 'company', auth: NO_URL, region_name: 'south' },
  'profile-overruled': { cloud: 'company', auth: AUTH, regions: ['west'], interface: 'admin' },
  secure: { auth: { ...AUTH, password: 'public' }, regions: ['public'] },
};

/** openstacksdk takes the first region, passes over the profile, takes the text for a path, logs in without a project. */
const REFUSED: Readonly<Record<string, { readonly settings: object; readonly words: string }>> = {
  'several-regions': { settings: { auth: AUTH, regions: ['A', 'B'] }, words: 'regions has 2 regions' },
  'unknown-profile': { settings: { profile: 'no-such', auth: AUTH }, words: 'There is no profile no-such' },
  'verify-text': { settings: { auth: AUTH, verify: 'false' }, words: 'verify must be true or false' },
  'no-project': { settings: { auth: NO_PROJECT }, words: 'project_name is missing' },
};

/** Neither can do anything with these. */
const BROKEN: Readonly<Record<string, object>> = {
  'credential-without-type': { auth: { auth_url, application_credential_id: 'i', application_credential_secret: 's' } },
  'token-without-type': { auth: { auth_url, token: 't', project_id: 'p' } },
  'unknown-type': { auth_type: 'v9magic', auth: AUTH },
};

let user: Home;
let sdk: Readonly<Record<string, SdkCloud>>;
beforeAll(async () => {
  user = await home();
  await user.file('~/ca.pem', AUTHORITY);
  await user.file('ca.pem', AUTHORITY);
  const refused = Object.fromEntries(Object.entries(REFUSED).map(([name, { settings }]) => [name, settings]));
  await user.file('clouds.yaml', stringify({ clouds: { ...SAME, ...refused, ...BROKEN } }, { version: '1.1' }));
  const secret = { auth: { password: 'secret' }, regions: ['R'], region_name: 'S' };
  await user.file('~/.config/openstack/secure.yaml', stringify({ clouds: { secure: secret } }));
  const company = {
    auth: { auth_url: 'https://{region_name}.example' },
    regions: ['north', 'south'],
    interface: 'internal',
  };
  await user.file('~/.config/openstack/clouds-public.yaml', stringify({ 'public-clouds': { company } }));
  const variables = Object.entries(process.env).filter(([name]) => !name.startsWith('OS_') && !name.startsWith('XDG_'));
  const env = { ...Object.fromEntries(variables), ...user.environment, HOME: user.home };
  sdk = JSON.parse(execFileSync(PYTHON, ['-c', PROGRAM], { cwd: user.workingDirectory, env, encoding: 'utf8' }));
});
afterAll(() => user.remove());

/** openstacksdk's settings in our words. */
function inOurWords({ auth, ...cloud }: SdkCloud) {
  const domain = (kind: string) => {
    const id = auth[`${kind}_domain_id`] ?? auth.default_domain_id;
    return id === undefined ? { name: auth[`${kind}_domain_name`] ?? auth.default_domain_name } : { id };
  };
  const named = (kind: string, id?: string, name?: string) =>
    id === undefined ? { name, domain: domain(kind) } : { id };
  const project = named('project', auth.project_id, auth.project_name);
  const logins: Record<string, object> = {
    password: { user: named('user', auth.user_id, auth.username), password: auth.password, project },
    token: { token: auth.token, project },
    v3applicationcredential: {
      credential: { id: auth.application_credential_id },
      secret: auth.application_credential_secret,
    },
  };
  const type = cloud.type === 'v3applicationcredential' ? cloud.type : cloud.type.replace(/^v3/, '');
  return {
    authUrl: auth.auth_url,
    auth: { type, ...logins[type] },
    interfaces: [cloud.interface].flat().map((one) => one.replace(/URL$/, '')),
    region: cloud.region,
    endpoint: cloud.endpoint,
    service: cloud.service,
    verify: cloud.verify !== false,
    hasAuthority: typeof cloud.verify === 'string',
  };
}

function inItsWords({ authUrl, auth, imageService, imageEndpointOverride, verify, cacert }: Cloud) {
  return {
    authUrl,
    auth,
    interfaces: imageService.interfaces,
    region: imageService.regionName ?? '',
    endpoint: imageEndpointOverride ?? null,
    service: [imageService.type, imageService.name ?? null],
    verify,
    hasAuthority: verify && cacert === AUTHORITY,
  };
}

function asSdkSays(name: string): SdkCloud {
  const cloud = sdk[name];
  if (cloud === undefined) throw new Error(`openstacksdk has found no cloud ${name}.`);
  return cloud;
}

describe('a cloud of clouds.yaml', () => {
  test.each(Object.keys(SAME))('is to openstacksdk what it is here: %s', async (name) => {
    const { cloud } = await ownCloud(name, user);
    expect(inItsWords(cloud)).toEqual(inOurWords(asSdkSays(name)));
  });

  test.each(Object.entries(REFUSED))('is refused here where openstacksdk goes on: %s', async (name, { words }) => {
    expect(asSdkSays(name).error).toBeUndefined();
    await expect(ownCloud(name, user)).rejects.toThrow(words);
  });

  test.each(Object.keys(BROKEN))('is refused by both: %s', async (name) => {
    expect(asSdkSays(name).error).toBeDefined();
    await expect(ownCloud(name, user)).rejects.toThrow(`clouds.${name}.auth_type`);
  });
});
