import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { httpClient } from '../../lambda/adapters/http.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import { ADMIN_PROJECT } from '../../local/contributing/openstack/accounts.ts';
import type { GlanceSettings } from '../../local/contributing/openstack/glance-folder.ts';
import type { PasswordUser } from '../../local/contributing/openstack/identity-api.ts';
import type { Keystone } from '../../local/contributing/openstack/keystone.ts';
import { startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { ask, ImageClient, passwordRequest } from '../local/simulator/cloud.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import type { ServiceSettings, ServiceWorld, Who } from './service-world.ts';
import { startSource } from './source.ts';

const run = promisify(execFile);

/** Keystone and Glance themselves, on this machine. */
export async function glanceWorld(): Promise<ServiceWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'contract-glance-'));
  const source = await startSource();
  const tinyStore = join(folder, 'tiny-store');
  await mkdir(tinyStore);
  const openStack = await startOpenStack(folder);
  const { keystone, glance } = openStack;
  const accounts: Readonly<Record<Who, Account>> = {
    member: { user: keystone.accounts.user, project: keystone.accounts.projectName },
    admin: { user: keystone.accounts.admin, project: ADMIN_PROJECT },
    stranger: await makeStranger(keystone),
  };
  const usualStore = glance.storeFolder;
  let tokenSeconds: number | undefined;
  const dropTinyStore = () => run('umount', [tinyStore]).catch(() => undefined);
  return {
    name: 'the real Glance',
    source,
    async configure(settings) {
      await dropTinyStore();
      if (settings.storeBytes !== undefined) {
        await run('mount', ['-t', 'tmpfs', '-o', `size=${settings.storeBytes}`, 'tmpfs', tinyStore]);
      }
      const storeFolder = settings.storeBytes === undefined ? usualStore : tinyStore;
      if (settings.tokenSeconds !== tokenSeconds) {
        tokenSeconds = settings.tokenSeconds;
        await keystone.restart({ tokenSeconds: tokenSeconds ?? 3600 });
      }
      await glance.restart({ ...glanceSettings(settings, source.port), storeFolder });
    },
    endpoint(changes = {}) {
      const open = endpointOpener({ httpFor: () => httpClient(), now: () => new Date() });
      return open(openStack.cloudsYaml, { ...TARGETS.glance, ...changes, name: 'openstack' });
    },
    async client(who = 'member') {
      const { user, project } = accounts[who];
      const body = JSON.stringify(passwordRequest({ ...user, domain: { id: 'default' } }, project));
      const { headers } = await ask(`${keystone.url}/auth/tokens`, 'POST', body, {
        'content-type': 'application/json',
      });
      return new ImageClient(glance.url, String(headers['x-subject-token']));
    },
    async crash() {
      await glance.kill();
      await glance.start();
    },
    async keepHashes(id, kept) {
      const lost = kept === 'md5' ? '' : 'checksum = NULL, ';
      await glance.sql(`UPDATE images SET ${lost} os_hash_algo = NULL, os_hash_value = NULL WHERE id = '${id}'`);
    },
    storedBytes: (id) => readFile(join(glance.storeFolder, id)),
    async stop() {
      await openStack.stop();
      await dropTinyStore();
      await source.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Account {
  readonly user: PasswordUser;
  readonly project: string;
}

async function makeStranger(keystone: Keystone): Promise<Account> {
  const account = { user: { name: 'stranger', password: 'stranger-password' }, project: 'elsewhere' };
  const api = await keystone.admin();
  const { id: projectId } = await api.create('projects', 'project', { name: account.project });
  const { id: userId } = await api.create('users', 'user', account.user);
  const { id: roleId } = await api.ensure('roles', 'role', { name: 'member' });
  await api.put(`projects/${projectId}/users/${userId}/roles/${roleId}`);
  return account;
}

/** All settings that a case may have changed, the usual ones where this one does not. */
function glanceSettings(settings: ServiceSettings, sourcePort: number): Omit<GlanceSettings, 'port' | 'region'> {
  const { userStorageQuotaBytes } = settings;
  return {
    diskFormats: settings.diskFormats,
    importMethods: settings.importMethods,
    // Loopback is never fetched from unless its host is allowed by name.
    importFilter:
      settings.importFilter === 'open' ? { allowedHosts: ['127.0.0.1'], allowedPorts: [sourcePort] } : undefined,
    imageSizeCapBytes: settings.imageSizeCapBytes,
    userStorageQuota: userStorageQuotaBytes === undefined ? undefined : `${userStorageQuotaBytes}B`,
    quotas: settings.quotas,
    hashingAlgorithm: settings.hashAlgorithm,
  } as Omit<GlanceSettings, 'port' | 'region'>;
}
