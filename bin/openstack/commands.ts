import { existsSync, mkdirSync } from 'node:fs';
import { knownServers, purge, removeIfEmpty } from '../../local/contributing/openstack/known-servers.ts';
import { startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { refuseMisreadPath } from '../../local/contributing/openstack/own-folder.ts';
import { installPackages, missingPackages } from '../../local/contributing/openstack/packages.ts';
import type { ServerProcess } from '../../local/contributing/openstack/server-process.ts';
import { lockFolder } from '../../local/folder-lock.ts';
import { DONE, FAILED } from '../terminal/exit-codes.ts';
import type { OpenStackOptions } from './options.ts';

/** Starts what does not run yet. @returns the exit code */
export async function up(folder: string): Promise<number> {
  refuseMisreadPath(folder);
  await install();
  mkdirSync(folder, { recursive: true });
  await exclusively(folder, async () => {
    const ran = await allUp(folder);
    if (!ran) process.stdout.write('Starting MariaDB, Keystone and Glance …\n');
    const { cloudsYamlFile } = await startOpenStack(folder, { outlive: true });
    await report(folder);
    process.stdout.write(`${ran ? 'They ran already. ' : ''}${nextSteps(cloudsYamlFile)}`);
  });
  return DONE;
}

async function install(): Promise<void> {
  const missing = await missingPackages();
  if (missing.length > 0) process.stdout.write(`Installing ${missing.join(', ')} (a minute or two) …\n`);
  await installPackages();
}

async function allUp(folder: string): Promise<boolean> {
  const servers = knownServers(folder);
  const states = await Promise.all(servers.map((server) => server.isUp()));
  return servers.length > 0 && states.every((isUp) => isUp);
}

function nextSteps(cloudsYamlFile: string): string {
  return `Next:
  OS_CLIENT_CONFIG_FILE=${cloudsYamlFile} npm start -- --os-cloud openstack FILE…
  OS_CLIENT_CONFIG_FILE=${cloudsYamlFile} openstack --os-cloud openstack image list
`;
}

/** Stops what runs; with `purge`, deletes what was made. @returns the exit code */
export async function down(options: Pick<OpenStackOptions, 'folder' | 'purge'>): Promise<number> {
  const { folder } = options;
  if (!existsSync(folder)) {
    process.stdout.write(`There is nothing to stop: ${folder} does not exist.\n`);
    return DONE;
  }
  await exclusively(folder, async () => {
    await stopAll(folder);
    if (options.purge) await purge(folder);
  });
  if (options.purge) {
    await removeIfEmpty(folder);
    process.stdout.write(`What they kept in ${folder} is deleted.\n`);
  }
  return DONE;
}

async function stopAll(folder: string): Promise<void> {
  const servers = knownServers(folder);
  if (servers.length === 0) process.stdout.write(`There is nothing to stop in ${folder}.\n`);
  for (const server of servers) {
    const ran = server.processIds.length > 0;
    await server.stop();
    process.stdout.write(`${server.name} ${ran ? 'has stopped' : 'did not run'}.\n`);
  }
}

/** @returns the exit code: DONE when MariaDB, Keystone and Glance run */
export async function status(folder: string): Promise<number> {
  return (await report(folder)) ? DONE : FAILED;
}

/** How many servers it takes: MariaDB, Keystone and Glance. */
const SERVERS = 3;

/** Prints what runs where. @returns whether all of it runs */
async function report(folder: string): Promise<boolean> {
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

/** Two commands at once would start everything twice. @throws Error when another one is at work in the folder */
async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const unlock = lockedBy(folder);
  try {
    return await work();
  } finally {
    unlock();
  }
}

function lockedBy(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (cause) {
    throw new Error(`Another \`npm run openstack\` is at work in ${folder}; wait for its end.`, { cause });
  }
}
