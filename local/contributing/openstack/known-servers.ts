import { savedGlance } from './glance-folder.ts';
import { glanceServer } from './glance-server.ts';
import { savedKeystone } from './keystone-folder.ts';
import { keystoneServer } from './keystone-server.ts';
import { savedMariaDb } from './mariadb-folder.ts';
import { mariaDbServer } from './mariadb-server.ts';
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
