import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openStackOptions } from '../../../../bin/openstack/options.ts';
import { lockFolder } from '../../../../local/folder-lock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const OPENSTACK = join(import.meta.dirname, '../../../../bin/openstack.ts');

function openstack(cwd: string, ...args: string[]) {
  const { INIT_CWD: _, ...env } = process.env;
  return spawnSync(process.execPath, [OPENSTACK, ...args], { cwd, env, encoding: 'utf8' });
}

describe('the words of the command line', () => {
  const initial = process.env.INIT_CWD;
  beforeEach(() => {
    process.env.INIT_CWD = '/where/the/user/is';
  });
  afterEach(() => {
    if (initial === undefined) delete process.env.INIT_CWD;
    else process.env.INIT_CWD = initial;
  });

  test.each(['up', 'down', 'status'] as const)('%s has its folder in the working directory', (command) => {
    expect(openStackOptions([command])).toEqual({ command, folder: resolve('.openstack'), purge: false });
  });

  test('--folder is seen from where the user is', () => {
    expect(openStackOptions(['up', '--folder', 'mine'])).toMatchObject({ folder: '/where/the/user/is/mine' });
    expect(openStackOptions(['up', '--folder', '/mine'])).toMatchObject({ folder: '/mine' });
  });

  test('down takes --purge', () => {
    expect(openStackOptions(['down', '--purge'])).toMatchObject({ command: 'down', purge: true });
  });

  test.each([[['--help']], [['-h']], [['help']], [['up', '--help']]])('%j asks for help', (args) => {
    expect(openStackOptions(args)).toBe('help');
  });

  test.each([
    [[], 'A command is missing. The commands are up, down, status.'],
    [['start'], 'There is no command "start". The commands are up, down, status.'],
    [['up', 'now'], 'up takes no "now".'],
    [['up', '--purge'], '--purge goes with down, not with up.'],
    [['up', '--port', '1'], "Unknown option '--port'"],
    [['up', '--folder='], '--folder has no name after it.'],
  ])('%j is wrong use', (args, message) => {
    expect(() => openStackOptions(args)).toThrow(
      expect.objectContaining({ name: 'WrongUse', message: expect.stringContaining(message) }),
    );
  });
});

describe('the command', () => {
  test('says how it is used, and ends with 0', () => {
    const { status, stdout } = openstack(temporaryFolder(), '--help');
    expect(stdout).toContain('npm run openstack -- up');
    expect(status).toBe(0);
  });

  test('ends with 2 when it is used wrongly, and says where help is', () => {
    const { status, stderr } = openstack(temporaryFolder(), 'start');
    expect(stderr).toMatch(/^openstack: There is no command "start".*\nSee `npm run openstack -- --help`.\n$/);
    expect(status).toBe(2);
  });

  test('status ends with 1 where nothing was ever started, and makes nothing', () => {
    const folder = temporaryFolder();
    const { status, stdout } = openstack(folder, 'status');
    expect(stdout).toContain(`There is no OpenStack in ${join(folder, '.openstack')}.`);
    expect(status).toBe(1);
    expect(openstack(folder, 'down')).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to stop') });
  });

  test.each(['#', '$', '%', ';', '?', '\\', '\n', '😀'])(
    'up refuses a folder with %j, and makes nothing',
    (character) => {
      const folder = temporaryFolder();
      const { status, stderr } = openstack(folder, 'up', '--folder', join(folder, `a${character}b`));
      expect(stderr).toContain(`they misread ${JSON.stringify(character)} in a path. Name a folder without`);
      expect(status).toBe(1);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test('down ends with 1 while another command is at work in the folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, '.openstack'));
    const unlock = lockFolder(join(folder, '.openstack'));
    const { status, stderr } = openstack(folder, 'down');
    unlock();
    expect(stderr).toContain('Another `npm run openstack` is at work in');
    expect(status).toBe(1);
  });
});
