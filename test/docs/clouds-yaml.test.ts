import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { ownCloud } from '../../bin/clouds/clouds-yaml.ts';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import { AUTHORITY } from '../support/certificates.ts';
import { type Home, home } from '../support/home.ts';
import { failure } from '../support/outcome.ts';

const PAGE = readFileSync(new URL('../../docs/clouds-yaml.md', import.meta.url), 'utf8');

/** A block of the page, `# name` of a file in its first line; a certificate in it is only hinted at. */
const BLOCK = /```yaml\n# (?<file>\S+)\n(?<text>[^`]+)```/g;
const HINT = / {6}-----BEGIN CERTIFICATE-----\n {6}MIIB…\n {6}-----END CERTIFICATE-----\n/;

interface Snippet {
  readonly file: string;
  readonly text: string;
}

/** What stands in one file after another, without a clouds.yaml between, belongs together. */
function examples(): Snippet[][] {
  const blocks = Array.from(PAGE.matchAll(BLOCK), ({ groups }) => ({
    file: groups?.file ?? '',
    text: (groups?.text ?? '').replace(HINT, AUTHORITY.replace(/^(?=.)/gm, ' '.repeat(6))),
  }));
  const starts = blocks.flatMap(({ file }, index) => (file === 'clouds.yaml' ? [index] : []));
  return starts.map((start, index) => blocks.slice(start, starts[index + 1]));
}

/** The first column of the table below a heading: one setting of a cloud each. */
function settingsBelow(heading: string): string[] {
  const section = PAGE.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return Array.from(section.matchAll(/^\| `([^`]+)` \|/gm), ([, setting = '']) => setting);
}

const WHOLE = {
  auth: {
    auth_url: 'https://keystone.example/v3',
    username: 'uploader',
    password: 'secret',
    user_domain_name: 'Default',
    project_name: 'images',
  },
};

function withSetting(setting: string): string {
  const { auth, ...settings } = parse(setting);
  return stringify({ clouds: { here: { ...WHOLE, ...settings, auth: { ...WHOLE.auth, ...auth } } } });
}

describe('docs/clouds-yaml.md', () => {
  let user: Home;
  beforeEach(async () => {
    user = await home();
  });
  afterEach(() => user.remove());

  test('has examples, of every file', () => {
    const files = examples().flat();
    expect(files.length).toBe(PAGE.split('```yaml').length - 1);
    expect(new Set(files.map(({ file }) => file))).toEqual(
      new Set(['clouds.yaml', 'secure.yaml', 'clouds-public.yaml']),
    );
  });

  test.each(examples())('shows files that make a cloud: %j', async (...files) => {
    await user.file('~/private-ca.pem', AUTHORITY);
    for (const { file, text } of files) await user.file(`~/.config/openstack/${file}`, text);
    const { cloud, cloudsYaml } = await ownCloud('mycloud', user);
    expect(cloudNamed(cloudsYaml, 'mycloud')).toEqual(cloud);
    const private_ = files.some(({ text }) => text.includes('cacert:'));
    expect(cloud.cacert?.trim()).toBe(private_ ? AUTHORITY.trim() : undefined);
  });

  test.each(settingsBelow('Supported settings'))('says of %s that it is read, and it is', (setting) => {
    expect(cloudNamed(withSetting(setting), 'here').name).toBe('here');
  });

  test.each(settingsBelow('Rejected settings'))('says of %s that it is refused, and it is', async (setting) => {
    const error = await failure(() => cloudNamed(withSetting(setting), 'here'));
    const [name = '', value] = Object.entries(parse(setting))[0] ?? [];
    const place = [name, ...(name === 'auth' ? Object.keys(Object(value)) : [])].join('.');
    expect(error).toMatchObject({ code: 'bad-clouds-yaml', message: expect.stringContaining(`clouds.here.${place} `) });
  });

  test('has both tables', () => {
    expect(settingsBelow('Supported settings').length).toBeGreaterThan(10);
    expect(settingsBelow('Rejected settings').length).toBeGreaterThan(5);
  });
});
