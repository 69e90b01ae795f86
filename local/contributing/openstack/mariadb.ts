import { randomBytes } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import { emptyFolder, readSaved, save } from './own-folder.ts';
import { environmentIn, runProgram } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

const SOCKET = 'mariadb.sock';

/**
 * The path of a socket may have 107 bytes (unix(7)), and the folders of users are longer. So everybody names it from a
 * folder nearby: the server from that of its data, where it works, the others from their own.
 */
const SOCKET_FROM_DATA = join('..', SOCKET);

/** Both when the data are made and when they are served: InnoDB would make a log of another size anew. */
const MARIADB_SETTINGS = [
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
const CLIENT = ['--no-defaults', `--socket=${SOCKET}`, '--user=root'] as const;

function dataFolder(folder: string): string {
  return join(folder, 'data');
}

function mariaDbSocket(folder: string): string {
  return join(folder, SOCKET);
}

/** What the folder remembers. */
export interface SavedMariaDb {
  /** Whether it has the tables that MariaDB itself needs. */
  readonly complete: boolean;
}

/**
 * Makes the folder of a new MariaDB; leaves one that is there as it is.
 * @throws OpenStackError when the folder holds something else
 */
async function prepareMariaDb(folder: string): Promise<void> {
  if (savedMariaDb(folder)?.complete === true) return;
  await emptyFolder(folder, savedFile(folder));
  await save(savedFile(folder), { complete: false } satisfies SavedMariaDb);
  await makeData(folder);
  await save(savedFile(folder), { complete: true } satisfies SavedMariaDb);
}

export function savedMariaDb(folder: string): SavedMariaDb | undefined {
  return readSaved<SavedMariaDb>(savedFile(folder));
}

async function makeData(folder: string): Promise<void> {
  const args = [
    ...['--no-defaults', `--datadir=${dataFolder(folder)}`, '--skip-test-db'],
    '--auth-root-authentication-method=normal',
    // Otherwise it looks the name of the machine up, and gives up where there is no DNS.
    '--force',
    ...MARIADB_SETTINGS,
  ];
  await runProgram('mariadb-install-db', args, { folder, environment: environmentIn(folder) });
}

function savedFile(folder: string): string {
  return join(folder, 'mariadb.json');
}

export interface MariaDbSettings {
  /** Whether it goes on when this process ends. Default: false. */
  readonly outlive?: boolean;
}

/** A MariaDB that only its own user can reach, with all of its data in a folder of its own. */
export class MariaDb {
  readonly #folder: string;
  readonly #server: ServerProcess;
  readonly #settings: MariaDbSettings;

  /** @param folder absolute */
  constructor(folder: string, settings: MariaDbSettings = {}) {
    this.#folder = folder;
    this.#server = mariaDbServer(folder);
    this.#settings = settings;
  }

  get processIds(): readonly number[] {
    return this.#server.processIds;
  }

  isUp(): Promise<boolean> {
    return this.#server.isUp();
  }

  /** Does nothing when it runs and answers. */
  async start(): Promise<void> {
    if (await this.isUp()) return;
    await this.#server.start(this.#settings.outlive ?? false);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** As a crash would. What was committed is there again after the next start. */
  kill(): Promise<void> {
    return this.#server.kill();
  }

  /** Makes it empty, also where an attempt that was broken off has left something. */
  async createDatabase(name: string): Promise<void> {
    await this.sql(`DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name}`);
  }

  /**
   * The address of a database for SQLAlchemy, as OpenStack's install guides have it: `utf8` is at most three bytes for
   * a character.
   * @param folder in which the service works: a socket cannot be named by a long path
   */
  connection(database: string, folder: string): string {
    const socket = relative(folder, mariaDbSocket(this.#folder)).split('/').map(encodeURIComponent).join('/');
    return `mysql+pymysql://root@localhost/${database}?unix_socket=${socket}&charset=utf8`;
  }

  /**
   * Runs statements as root.
   * @returns a line for each row of their results, with tabs between the columns
   * @throws OpenStackError with the words of MariaDB
   */
  sql(statements: string, database = 'mysql'): Promise<string> {
    const format = ['--batch', '--skip-column-names', '--default-character-set=utf8mb4'];
    const args = [...CLIENT, ...format, `--database=${database}`, `--execute=${statements}`];
    return runProgram('mariadb', args, { folder: this.#folder, environment: environmentIn(this.#folder) });
  }
}

/** A name for a database that no other has: a second Glance may use the same MariaDB. */
export function databaseName(service: string): string {
  return `${service}_${randomBytes(4).toString('hex')}`;
}

/**
 * Starts the MariaDB of this folder; a new one where there is none. One that runs already is left as it is.
 * @throws OpenStackError with the last words of the program that failed
 */
export async function startMariaDb(folder: string, settings: MariaDbSettings = {}): Promise<MariaDb> {
  const place = resolve(folder);
  await prepareMariaDb(place);
  const mariaDb = new MariaDb(place, settings);
  await mariaDb.start();
  return mariaDb;
}
