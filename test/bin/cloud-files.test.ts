import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findCloudFile, foldersOf } from '../../bin/clouds/cloud-files.ts';
import { WrongUse } from '../../bin/terminal/exit-codes.ts';
import { type Home, home } from '../support/home.ts';

let user: Home;
beforeEach(async () => {
  user = await home();
});
afterEach(() => user.remove());

const text = (name: string) => `clouds: {${name}: {}}\n`;

describe('the folders of clouds.yaml', () => {
  const where = { environment: {}, workingDirectory: '/work', home: '/home/me', platform: 'linux' } as const;
  test.each([
    ['on Linux', where, ['/work', '/home/me/.config/openstack', '/etc/xdg/openstack', '/etc/openstack']],
    [
      'on Linux with other folders for settings',
      { ...where, environment: { XDG_CONFIG_HOME: '/home/me/cfg', XDG_CONFIG_DIRS: '/a:/b' } },
      [
        '/work',
        '/home/me/cfg/openstack',
        '/home/me/.config/openstack',
        '/a/openstack',
        '/b/openstack',
        '/etc/openstack',
      ],
    ],
    [
      'on macOS',
      { ...where, home: '/Users/me', platform: 'darwin' as const },
      [
        '/work',
        '/Users/me/Library/Application Support/openstack',
        '/Users/me/.config/openstack',
        '/Library/Application Support/openstack',
        '/etc/openstack',
      ],
    ],
  ])('%s', (_, surroundings, folders) => {
    expect(foldersOf(surroundings)).toEqual(folders);
  });
});

describe('clouds.yaml', () => {
  test('is taken from the first folder that has it, whatever its suffix', async () => {
    await user.file('~/.config/openstack/clouds.yaml', text('later'));
    expect(await findCloudFile('clouds', user)).toMatchObject({ content: { clouds: { later: {} } } });
    await user.file('clouds.json', '{"clouds": {"json": {}}}');
    expect(await findCloudFile('clouds', user)).toMatchObject({ content: { clouds: { json: {} } } });
    await user.file('clouds.yml', text('yml'));
    expect(await findCloudFile('clouds', user)).toMatchObject({ content: { clouds: { yml: {} } } });
    const path = await user.file('clouds.yaml', text('yaml'));
    expect(await findCloudFile('clouds', user)).toEqual({ path, content: { clouds: { yaml: {} } } });
  });

  test('is the one that OS_CLIENT_CONFIG_FILE names, before all others', async () => {
    await user.file('clouds.yaml', text('usual'));
    const path = await user.file('sub/mine.yaml', text('mine'));
    for (const named of [path, 'sub/mine.yaml']) {
      const found = await findCloudFile('clouds', user.with({ OS_CLIENT_CONFIG_FILE: named }));
      expect(found).toMatchObject({ path, content: { clouds: { mine: {} } } });
    }
    const usual = await findCloudFile('clouds', user.with({ OS_CLIENT_CONFIG_FILE: '' }));
    expect(usual).toMatchObject({ content: { clouds: { usual: {} } } });
  });

  test('is not looked for elsewhere when the file that is named is not there', async () => {
    await user.file('clouds.yaml', text('usual'));
    const named = user.with({ OS_CLIENT_CONFIG_FILE: '/no/such.yaml' });
    await expect(findCloudFile('clouds', named)).rejects.toThrow(WrongUse);
    await expect(findCloudFile('clouds', named)).rejects.toThrow('OS_CLIENT_CONFIG_FILE names /no/such.yaml');
  });

  test('is nowhere', async () => {
    expect(await findCloudFile('clouds-public', user)).toBeUndefined();
  });

  test('may be empty', async () => {
    await user.file('clouds.yaml', '# nothing yet\n');
    expect(await findCloudFile('clouds', user)).toMatchObject({ content: {} });
  });

  test.each([
    ['a list', '- a\n', 'must be a mapping'],
    ['no YAML', 'clouds: "password\n', 'clouds.yaml is not YAML'],
  ])('is refused, not passed over, when it is %s', async (_, content, words) => {
    const path = await user.file('clouds.yaml', content);
    await expect(findCloudFile('clouds', user)).rejects.toThrow(words);
    await expect(findCloudFile('clouds', user)).rejects.toThrow(path);
  });

  test('is refused when it is a folder', async () => {
    await mkdir(join(user.workingDirectory, 'clouds.yaml'), { recursive: true });
    await expect(findCloudFile('clouds', user)).rejects.toThrow('clouds.yaml cannot be read: EISDIR');
  });

  test('is passed over when it is for others alone', async () => {
    await chmod(await user.file('secure.yaml', text('theirs')), 0);
    await user.file('~/.config/openstack/secure.yaml', text('mine'));
    const found = await asOneOfMany(() => findCloudFile('secure', user));
    expect(found).toMatchObject({ content: { clouds: { mine: {} } } });
  });
});

const NOBODY = 65_534;

/** Root may read everything, so it steps down for the time of the work. */
async function asOneOfMany<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  await chmod(join(user.home, '..'), 0o755);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
