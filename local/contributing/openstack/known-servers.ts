import { readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCK_FILE } from '../../folder-lock.ts';
import { isOwnCloudsYaml } from './clouds-yaml.ts';
import { glanceServer, savedGlance } from './glance-folder.ts';
import { keystoneServer, savedKeystone } from './keystone-folder.ts';
import { mariaDbServer, savedMariaDb } from './mariadb.ts';
import { foldersOf } from './openstack.ts';
import type { ServerProcess } from './server-process.ts';

/** The servers of a folder, running or not, in the order in which they can be stopped. */
export function knownServers(folder: string): ServerProcess[] {
  const { mariaDb, keystone, glance } = foldersOf(folder);
  const servers: ServerProcess[] = [];
  const knownGlance = savedGlance(glance);
  if (knownGlance !== undefined) servers.push(glanceServer(glance, knownGlance.port));
  const knownKeystone = savedKeystone(keystone);
  if (knownKeystone !== undefined) servers.push(keystoneServer(keystone, knownKeystone.port));
  if (savedMariaDb(mariaDb) !== undefined) servers.push(mariaDbServer(mariaDb));
  return servers;
}

/** Deletes what was made in a folder, and nothing else. Its servers must have ended. */
export async function purge(folder: string): Promise<void> {
  const { mariaDb, keystone, glance, cloudsYaml } = foldersOf(folder);
  if (savedKeystone(keystone) !== undefined) await rm(keystone, { recursive: true });
  if (savedGlance(glance) !== undefined) await rm(glance, { recursive: true });
  if (savedMariaDb(mariaDb) !== undefined) await rm(mariaDb, { recursive: true });
  if (isOwnCloudsYaml(cloudsYaml)) await rm(cloudsYaml);
}

/** Deletes the folder that was purged when nothing else is in it. It must not be locked any more. */
export async function removeIfEmpty(folder: string): Promise<void> {
  if (readdirSync(folder).some((name) => name !== LOCK_FILE)) return;
  await rm(join(folder, LOCK_FILE), { force: true });
  await rmdir(folder);
}
