import { join, resolve } from 'node:path';
import { environmentIn } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

export function glanceServer(folder: string, port: number): ServerProcess {
  const config = glanceConfigFile(resolve(folder));
  return new ServerProcess({
    name: 'Glance',
    program: 'glance-api',
    args: ['--config-file', config],
    folder: resolve(folder),
    mark: config,
    environment: environmentIn(folder),
    port,
    address: glanceUrl(port),
    health: { url: `${glanceUrl(port)}/healthcheck` },
  });
}

/** Without a version, as in the catalog. */
export function glanceUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

export function glanceConfigFile(folder: string): string {
  return join(folder, 'glance-api.conf');
}
