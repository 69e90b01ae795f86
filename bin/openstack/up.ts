import { mkdirSync } from 'node:fs';
import { knownServers } from '../../local/openstack/known-servers.ts';
import { refuseMisreadPath } from '../../local/openstack/misread-path.ts';
import { startOpenStack } from '../../local/openstack/openstack.ts';
import { installPackages, missingPackages } from '../../local/openstack/packages.ts';
import { exclusively } from './exclusively.ts';
import { report } from './report.ts';

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
  return 0;
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
