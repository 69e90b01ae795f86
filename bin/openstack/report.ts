import { knownServers } from '../../local/openstack/known-servers.ts';
import type { ServerProcess } from '../../local/openstack/server-process.ts';

/** How many servers it takes: MariaDB, Keystone and Glance. */
const SERVERS = 3;

/** Prints what runs where. @returns whether all of it runs */
export async function report(folder: string): Promise<boolean> {
  const servers = knownServers(folder).reverse();
  if (servers.length === 0) {
    process.stdout.write(`There is no OpenStack in ${folder}. \`npm run openstack -- up\` makes one.\n`);
    return false;
  }
  const width = Math.max(...servers.map(({ address }) => address.length));
  let running = 0;
  for (const server of servers) {
    const isUp = await server.isUp();
    running += Number(isUp);
    process.stdout.write(`${server.name.padEnd(8)}  ${server.address.padEnd(width)}  ${state(server, isUp)}\n`);
  }
  return running === SERVERS;
}

function state(server: ServerProcess, isUp: boolean): string {
  const ids = server.processIds;
  if (ids.length === 0) return 'does not run';
  return `${isUp ? 'runs' : 'is broken'} (${ids.length === 1 ? 'process' : 'processes'} ${ids.join(', ')})`;
}
