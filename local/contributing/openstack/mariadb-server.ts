import { join } from 'node:path';
import { environmentIn } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

const SOCKET = 'mariadb.sock';

/**
 * The path of a socket may have 107 bytes (unix(7)), and the folders of users are longer. So everybody names it from a
 * folder nearby: the server from that of its data, where it works, the others from their own.
 */
const SOCKET_FROM_DATA = join('..', SOCKET);

/** Both when the data are made and when they are served: InnoDB would make a log of another size anew. */
export const MARIADB_SETTINGS = [
  // While the tables are made it would wait for the disk 1800 times, and so it does 700 times. A power cut may break it.
  '--debug-no-sync',
  // The system has what is committed, so it outlives a crash of the server; it is not forced to the disk either.
  '--innodb-flush-log-at-trx-commit=2',
  // The default takes 96 MiB of the disk at once; the databases together have six.
  '--innodb-log-file-size=16M',
  '--innodb-buffer-pool-size=32M',
];

/** As OpenStack's install guides set it up ("SQL database for Debian"), but for this user alone. */
export function mariaDbServer(folder: string): ServerProcess {
  const data = dataFolder(folder);
  return new ServerProcess({
    name: 'MariaDB',
    // By its path, which those who are not root do not search.
    program: '/usr/sbin/mariadbd',
    args: [
      ...['--no-defaults', `--datadir=${data}`, `--socket=${SOCKET_FROM_DATA}`, '--skip-networking'],
      ...['--character-set-server=utf8mb3', '--collation-server=utf8mb3_general_ci'],
      // Each request that Glance works on has a connection of its own.
      ...['--max-connections=1000', ...MARIADB_SETTINGS],
      ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    ],
    folder,
    mark: data,
    environment: environmentIn(folder),
    address: mariaDbSocket(folder),
    health: { program: 'mariadb', args: [...CLIENT, '--execute=SELECT 1'] },
  });
}

/** What the client program needs to find the server from its folder. No one else can enter that, so root has no password. */
export const CLIENT = ['--no-defaults', `--socket=${SOCKET}`, '--user=root'] as const;

export function dataFolder(folder: string): string {
  return join(folder, 'data');
}

export function mariaDbSocket(folder: string): string {
  return join(folder, SOCKET);
}
