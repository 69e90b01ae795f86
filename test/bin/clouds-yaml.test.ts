import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ownCloud } from '../../bin/clouds/clouds-yaml.ts';
import { WrongUse } from '../../bin/terminal/exit-codes.ts';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import { AUTHORITY, AUTHORITY_FILE, certificate } from '../support/certificates.ts';
import { type Home, home } from '../support/home.ts';

let user: Home;
beforeEach(async () => {
  user = await home();
});
afterEach(() => user.remove());

const AUTH = {
  auth_url: 'https://keystone.example/v3',
  username: 'uploader',
  password: 'pass-word',
  project_name: 'images',
  user_domain_name: 'Default',
};
const { password: _, ...WITHOUT_PASSWORD } = AUTH;

const clouds = (settings: object, path = 'clouds.yaml') =>
  user.file(path, stringify({ clouds: { here: settings, other: { auth: AUTH } } }));

async function refused(name = 'here', where = user): Promise<string> {
  const outcome = await ownCloud(name, where).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(WrongUse);
  const { message } = outcome as WrongUse;
  expect(message).not.toContain('pass-word');
  return message;
}

describe("a cloud of the user's own files", () => {
  test('goes to the functions alone, and means there what it means here', async () => {
    await clouds({ auth: AUTH, region_name: 'R' });
    const { cloud, cloudsYaml } = await ownCloud('here', user);
    expect(cloud).toMatchObject({ name: 'here', imageService: { regionName: 'R' } });
    expect(cloudNamed(cloudsYaml, 'here')).toEqual(cloud);
    expect(cloudsYaml).not.toContain('other');
  });

  test('keeps text that YAML might read as something else', async () => {
    const odd = { ...AUTH, username: '0123', password: 'no', project_name: '1e5' };
    await user.file('clouds.yaml', stringify({ clouds: { here: { auth: odd } } }, { version: '1.1' }));
    expect(cloudNamed((await ownCloud('here', user)).cloudsYaml, 'here').auth).toMatchObject({
      user: { name: '0123' },
      password: 'no',
      project: { name: '1e5' },
    });
  });

  test.each([
    ['no clouds.yaml', async () => '', 'No clouds.yaml was found in'],
    ['no such cloud', () => clouds({ auth: AUTH }).then(() => 'there'), 'there is here, other'],
    ['no cloud at all', () => user.file('clouds.yaml', 'clouds:\n').then(() => ''), 'there is none'],
    ['the name of what every object has', () => clouds({}).then(() => 'constructor'), 'There is no cloud constructor'],
    [
      'a cloud that is no mapping',
      () => user.file('clouds.yaml', 'clouds: {here: x}').then(() => ''),
      'must be a mapping',
    ],
    [
      'a setting the functions would refuse',
      () => clouds({ auth: AUTH, verify: 'maybe' }).then(() => ''),
      'clouds.here.verify',
    ],
  ])('is refused at once where there is %s', async (_name, prepare, words) => {
    expect(await refused((await prepare()) || 'here')).toContain(words);
  });
});

describe('secure.yaml', () => {
  test('is merged into clouds.yaml, at every depth, and takes precedence over it', async () => {
    await clouds({ auth: { ...WITHOUT_PASSWORD, username: 'public' }, region_name: 'R', regions: ['A', 'B'] });
    const secret = { auth: { username: 'uploader', password: 'secret' }, regions: ['S'] };
    await user.file('secure.yaml', stringify({ clouds: { here: secret, another: {} } }));
    const { cloud } = await ownCloud('here', user);
    expect(cloud.auth).toMatchObject({ user: { name: 'uploader' }, password: 'secret', project: { name: 'images' } });
    expect(cloud.imageService).toMatchObject({ regionName: 'S' });
  });

  test('may lie in another folder than clouds.yaml, or where OS_CLIENT_SECURE_FILE says', async () => {
    await clouds({ auth: WITHOUT_PASSWORD });
    const secure = (password: string) => stringify({ clouds: { here: { auth: { password } } } });
    await user.file('~/.config/openstack/secure.yaml', secure('of the home folder'));
    expect((await ownCloud('here', user)).cloud.auth).toMatchObject({ password: 'of the home folder' });
    const path = await user.file('mine.yaml', secure('named'));
    const named = await ownCloud('here', user.with({ OS_CLIENT_SECURE_FILE: path }));
    expect(named.cloud.auth).toMatchObject({ password: 'named' });
  });

  test('may hold all there is', async () => {
    await clouds({ auth: AUTH }, 'secure.yml');
    expect((await ownCloud('here', user)).cloud.name).toBe('here');
  });

  test('is named in a refusal', async () => {
    await clouds({ auth: AUTH });
    await user.file('secure.yaml', stringify({ clouds: {} }));
    expect(await refused('there')).toMatch(/clouds\.yaml and .*secure\.yaml; there is here, other/);
  });
});

describe('a vendor profile', () => {
  const profile = {
    auth: { auth_url: 'https://{region_name}.vendor.example/v3', user_domain_name: 'vendors' },
    regions: ['north', 'south'],
    interface: 'internal',
  };
  const { auth_url: __, user_domain_name: ___, ...own } = AUTH;
  const publicClouds = () =>
    user.file('~/.config/openstack/clouds-public.yaml', stringify({ 'public-clouds': { corp: profile } }));

  test.each(['profile', 'cloud'])(
    'of clouds-public.yaml is merged into the cloud that names it by `%s`',
    async (key) => {
      await publicClouds();
      await clouds({ [key]: 'corp', region_name: 'south', auth: own });
      expect((await ownCloud('here', user)).cloud).toMatchObject({
        authUrl: 'https://south.vendor.example/v3',
        auth: { user: { name: 'uploader', domain: { name: 'vendors' } } },
        imageService: { interfaces: ['internal'], regionName: 'south' },
      });
    },
  );

  test("gives way to the cloud's own settings", async () => {
    await publicClouds();
    await clouds({ profile: 'corp', regions: ['west'], interface: 'public', auth: AUTH });
    expect((await ownCloud('here', user)).cloud).toMatchObject({
      authUrl: AUTH.auth_url,
      imageService: { interfaces: ['public'], regionName: 'west' },
    });
  });

  test('with several regions asks for one', async () => {
    await publicClouds();
    await clouds({ profile: 'corp', auth: own });
    expect(await refused()).toContain('clouds.here.regions has 2 regions');
  });

  test('is refused where it is not found, rather than left out', async () => {
    await clouds({ profile: 'ovh', auth: AUTH });
    expect(await refused()).toContain('There is no profile ovh in any clouds-public.yaml');
    await publicClouds();
    expect(await refused()).toMatch(/There is no profile ovh in .*clouds-public\.yaml/);
  });
});

describe('certificates in files', () => {
  test.each([
    ['a whole path', () => AUTHORITY_FILE],
    ['a path in the home folder', () => user.file('~/ca.pem', AUTHORITY).then(() => '~/ca.pem')],
    ['a path in the working directory', () => user.file('sub/ca.pem', AUTHORITY).then(() => 'sub/ca.pem')],
    ['the text itself', () => AUTHORITY],
  ])('are found by %s', async (_name, cacert) => {
    await clouds({ auth: AUTH, cacert: await cacert() }, '~/.config/openstack/clouds.yaml');
    const { cloudsYaml } = await ownCloud('here', user);
    expect(cloudNamed(cloudsYaml, 'here').cacert).toBe(AUTHORITY);
  });

  test('are those of a client too', async () => {
    const { cert, key } = certificate('client');
    await clouds({ auth: AUTH, cert: await user.file('c.pem', cert), key: await user.file('k.pem', key) });
    expect((await ownCloud('here', user)).cloud).toMatchObject({ cert, key });
  });

  test.each([
    ['is not there', 'no/ca.pem', 'clouds.here.cacert names'],
    ['is no certificate', 'clouds.yaml', 'clouds.here.cacert must hold certificates'],
  ])('are refused where the file %s', async (_name, cacert, words) => {
    await clouds({ auth: AUTH, cacert });
    expect(await refused()).toContain(words);
  });
});
