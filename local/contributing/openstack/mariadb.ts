import { randomBytes } from 'node:crypto';
import { relative, resolve } from 'node:path';
import { prepareMariaDb } from './mariadb-folder.ts';
import { CLIENT, mariaDbServer, mariaDbSocket } from './mariadb-server.ts';
import { environmentIn, runProgram } from './run-program.ts';
import type { ServerProcess } from './server-process.ts';

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
