import { join } from 'node:path';
import { environmentIn } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

/** As many as Glance has, which asks it about each new token. */
const PROCESSES = 2;

export function keystoneServer(folder: string, port: number): ServerProcess {
  const config = keystoneConfigFile(folder);
  const url = `http://127.0.0.1:${port}/v3`;
  return new ServerProcess({
    name: 'Keystone',
    program: 'uwsgi_python3',
    args: [
      ...['--http-socket', `127.0.0.1:${port}`, '--wsgi-file', '/usr/bin/keystone-wsgi-public', '--need-app'],
      // Forked when the program is loaded: it has no connection yet that all of them would use.
      ...['--master', '--processes', String(PROCESSES)],
      ...['--enable-threads', '--die-on-term', '--skip-atexit-teardown', '--buffer-size', '65535'],
      ...['--env', `OS_KEYSTONE_CONFIG_FILES=${config}`],
      // uwsgi closes each connection after its answer; a client that does not know would use it again, and be reset.
      ...['--add-header', 'Connection: close'],
      // Nor may it close while a part of the request is unread: the system would reset what the client has yet to read.
      ...['--post-buffering', '65536'],
    ],
    folder,
    mark: config,
    environment: environmentIn(folder),
    port,
    address: url,
    health: { url },
  });
}

export function keystoneConfigFile(folder: string): string {
  return join(folder, 'keystone.conf');
}
