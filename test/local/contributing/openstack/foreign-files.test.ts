import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cloudsYaml } from '../../../../local/contributing/openstack/clouds-yaml.ts';
import { prepareGlance } from '../../../../local/contributing/openstack/glance-folder.ts';
import { startKeystone } from '../../../../local/contributing/openstack/keystone.ts';
import { purge, removeIfEmpty } from '../../../../local/contributing/openstack/known-servers.ts';
import { MariaDb, startMariaDb } from '../../../../local/contributing/openstack/mariadb.ts';
import { startOpenStack } from '../../../../local/contributing/openstack/openstack.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with a file that somebody else wrote. */
function foreignFolder(): string {
  const folder = join(temporaryFolder(), 'keystone');
  mkdirSync(folder);
  writeFileSync(join(folder, 'keystone.conf'), '');
  return folder;
}

describe('what others wrote stays', () => {
  test.each([
    ['MariaDB', startMariaDb],
    ['Keystone', (folder: string) => startKeystone(folder, new MariaDb('/nowhere'))],
    ['Glance', (folder: string) => prepareGlance(folder, new MariaDb('/nowhere'))],
  ])('a folder that %s would need for itself', async (_, make: (folder: string) => Promise<unknown>) => {
    const folder = foreignFolder();
    await expect(make(folder)).rejects.toThrow(
      `${folder} is there already and holds something else; name another folder.`,
    );
    expect(readdirSync(folder)).toEqual(['keystone.conf']);
  });

  test('a clouds.yaml', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'clouds.yaml'), 'clouds: {}\n');
    await expect(startOpenStack(folder)).rejects.toThrow(
      `${join(folder, 'clouds.yaml')} is there already and names other clouds; name another folder.`,
    );
    expect(readdirSync(folder)).toEqual(['clouds.yaml']);
  });

  test('all of it when the folder is purged', async () => {
    const folder = join(foreignFolder(), '..');
    writeFileSync(join(folder, 'clouds.yaml'), 'clouds: {}\n');
    mkdirSync(join(folder, 'glance'));
    await purge(folder);
    await removeIfEmpty(folder);
    expect(readdirSync(folder)).toEqual(['clouds.yaml', 'glance', 'keystone']);
    expect(existsSync(join(folder, 'keystone/keystone.conf'))).toBe(true);
  });
});

test('what was made here is purged', async () => {
  const folder = join(temporaryFolder(), 'own');
  mkdirSync(join(folder, 'keystone'), { recursive: true });
  mkdirSync(join(folder, 'glance'));
  mkdirSync(join(folder, 'mariadb'));
  writeFileSync(join(folder, 'mariadb/mariadb.json'), '{}');
  writeFileSync(join(folder, 'keystone/keystone.json'), '{"port":1}');
  writeFileSync(join(folder, 'glance/glance.json'), '{"port":2}');
  const user = { name: 'n', password: 'p' };
  const accounts = { admin: user, glance: user, user, projectName: 'p', projectId: 'i' };
  const applicationCredential = { id: 'i', secret: 's' };
  const keystone = { url: 'http://127.0.0.1:1/v3', accounts: { ...accounts, applicationCredential } };
  writeFileSync(join(folder, 'clouds.yaml'), cloudsYaml(keystone, 'RegionOne'));
  await purge(folder);
  await removeIfEmpty(folder);
  expect(existsSync(folder)).toBe(false);
});
