import { existsSync } from 'node:fs';
import { knownServers } from '../../local/openstack/known-servers.ts';
import { purge, removeIfEmpty } from '../../local/openstack/purge.ts';
import { exclusively } from './exclusively.ts';
import type { OpenStackOptions } from './options.ts';

/** Stops what runs; with `purge`, deletes what was made. @returns the exit code */
export async function down(options: Pick<OpenStackOptions, 'folder' | 'purge'>): Promise<number> {
  const { folder } = options;
  if (!existsSync(folder)) {
    process.stdout.write(`There is nothing to stop: ${folder} does not exist.\n`);
    return 0;
  }
  await exclusively(folder, async () => {
    await stopAll(folder);
    if (options.purge) await purge(folder);
  });
  if (options.purge) {
    await removeIfEmpty(folder);
    process.stdout.write(`What they kept in ${folder} is deleted.\n`);
  }
  return 0;
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
