import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { installPackages, missingPackages, PACKAGES } from '../../../../local/contributing/openstack/packages.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with programs, to be the whole PATH. They can only use what the shell has built in. */
function programs(scripts: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** As dpkg-query answers the question for all packages and their states. */
const listing = (names: readonly string[]) => names.map((name) => `echo '${name} installed'`).join('\n');

const ALL_BUT_GLANCE = PACKAGES.filter((name) => name !== 'glance-api');

test('a package that was removed but left its settings is missing', async () => {
  const path = programs({ 'dpkg-query': `${listing(ALL_BUT_GLANCE)}\necho 'glance-api config-files'` });
  expect(await missingPackages({ path })).toEqual(['glance-api']);
});

describe('installing', () => {
  test('does nothing when nothing is missing, and needs no root for it', async () => {
    const path = programs({ 'dpkg-query': listing(PACKAGES) });
    expect(await installPackages({ userId: 1000, path })).toEqual([]);
  });

  const MISSING: readonly string[] = ['glance-api', 'python3-openstackclient'];

  test('names what is missing, and the command, to those who are not root', async () => {
    const path = programs({ 'dpkg-query': listing(PACKAGES.filter((name) => !MISSING.includes(name))) });
    await expect(installPackages({ userId: 1000, path })).rejects.toThrow(
      'These packages are missing, and only root can install them: glance-api python3-openstackclient. ' +
        'Run `sudo apt-get install --no-install-recommends glance-api python3-openstackclient`, then try again.',
    );
  });

  test('names the packages where there is no dpkg-query', async () => {
    await expect(installPackages({ userId: 0, path: programs({}) })).rejects.toThrow(
      `there is no dpkg-query here. On such a system the packages are: ${PACKAGES.join(' ')}.`,
    );
  });

  test('asks apt-get for what is missing and for no more', async () => {
    const path = programs({
      'dpkg-query': listing(ALL_BUT_GLANCE),
      'apt-get': 'echo "$DEBIAN_FRONTEND $*" >> "$PATH/calls"',
    });
    expect(await installPackages({ userId: 0, path })).toEqual(['glance-api']);
    expect(readFileSync(join(path, 'calls'), 'utf8').split('\n')).toEqual([
      'noninteractive update -q',
      'noninteractive install -q -y --no-install-recommends glance-api',
      '',
    ]);
  });

  test('fails with the words of apt-get', async () => {
    const path = programs({
      'dpkg-query': listing(ALL_BUT_GLANCE),
      'apt-get': 'echo "E: Unable to fetch" >&2; exit 100',
    });
    await expect(installPackages({ userId: 0, path })).rejects.toThrow(
      '`apt-get update -q` failed: E: Unable to fetch',
    );
  });
});
