import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Accounts, ADMIN_PROJECT, makeAccounts, randomPassword } from './accounts.ts';
import { freePort } from './free-port.ts';
import { IdentityApi } from './identity-api.ts';
import {
  bootstrap,
  keystoneConfig,
  keystoneConfigFile,
  keystoneServer,
  makeKeystoneFolder,
  savedKeystone,
  saveKeystone,
} from './keystone-folder.ts';
import { databaseName, type MariaDb } from './mariadb.ts';
import type { ServerProcess } from './server-process.ts';

export interface KeystoneSettings {
  /** Default: a free one, kept in the folder. */
  readonly port?: number | undefined;
  /** How long a token is valid. Default: 3600, as Keystone ships. */
  readonly tokenSeconds?: number;
  /** Whether it goes on when this process ends. Default: false. */
  readonly outlive?: boolean;
}

const DEFAULT_TOKEN_SECONDS = 3600;

/** The region of Keystone itself, and of a Glance that names no other. */
export const DEFAULT_REGION = 'RegionOne';

interface Place {
  readonly folder: string;
  /** To its database. */
  readonly connection: string;
  readonly server: ServerProcess;
}

/** A real Keystone on 127.0.0.1, with a folder and a database of its own. */
export class Keystone {
  /** With its version, as `auth_url` of clouds.yaml. */
  readonly url: string;
  readonly accounts: Accounts;
  readonly #place: Place;
  #settings: KeystoneSettings;

  constructor(place: Place, accounts: Accounts, settings: KeystoneSettings) {
    this.url = place.server.address;
    this.accounts = accounts;
    this.#place = place;
    this.#settings = settings;
  }

  get processIds(): readonly number[] {
    return this.#place.server.processIds;
  }

  isUp(): Promise<boolean> {
    return this.#place.server.isUp();
  }

  /** Its API with the rights of the admin, and a new token. */
  admin(): Promise<IdentityApi> {
    return IdentityApi.authenticate(this.url, this.accounts.admin, { projectName: ADMIN_PROJECT });
  }

  /** Does nothing when it runs and answers. */
  async start(): Promise<void> {
    if (await this.isUp()) return;
    await writeConfig(this.#place, this.#settings);
    await this.#place.server.start(this.#settings.outlive ?? false);
  }

  stop(): Promise<void> {
    return this.#place.server.stop();
  }

  /** As a crash would. */
  kill(): Promise<void> {
    return this.#place.server.kill();
  }

  /** With its memory and its port; tokens stay valid. @param changed settings that are to be others from now on */
  async restart(changed: Omit<KeystoneSettings, 'port'> = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...changed };
    await this.stop();
    await this.start();
  }
}

/**
 * Starts the Keystone of this folder; a new one where there is none. One that runs already is left as it is.
 * @param mariaDb has its database, and runs
 * @throws OpenStackError with the last words of the program that failed
 */
export async function startKeystone(
  folder: string,
  mariaDb: MariaDb,
  settings: KeystoneSettings = {},
): Promise<Keystone> {
  const absolute = resolve(folder);
  const { port, database, accounts } = savedKeystone(absolute) ?? {};
  if (port === undefined || database === undefined || accounts === undefined) {
    return await newKeystone(absolute, mariaDb, settings);
  }
  const keystone = new Keystone(placeOf(absolute, port, mariaDb.connection(database, absolute)), accounts, settings);
  await keystone.start();
  return keystone;
}

async function newKeystone(folder: string, mariaDb: MariaDb, settings: KeystoneSettings): Promise<Keystone> {
  const port = settings.port ?? (await freePort());
  const database = savedKeystone(folder)?.database ?? databaseName('keystone');
  const place = placeOf(folder, port, mariaDb.connection(database, folder));
  await place.server.kill(); // of an attempt that was broken off
  await makeKeystoneFolder(folder, { port, database });
  await writeConfig(place, settings);
  try {
    await mariaDb.createDatabase(database);
    const accounts = await setUp(place, settings.outlive ?? false);
    await saveKeystone(folder, { port, database, accounts });
    return new Keystone(place, accounts, settings);
  } catch (error) {
    await place.server.kill();
    throw error;
  }
}

function placeOf(folder: string, port: number, connection: string): Place {
  return { folder, connection, server: keystoneServer(folder, port) };
}

/** The program loads for as long as the tables take to be made, and asks for none before its first request. */
async function setUp({ folder, server }: Place, outlive: boolean): Promise<Accounts> {
  const admin = { name: 'admin', password: randomPassword() };
  const made = bootstrap({
    folder,
    configFile: keystoneConfigFile(folder),
    adminPassword: admin.password,
    url: server.address,
    region: DEFAULT_REGION,
  });
  const outcomes = await Promise.allSettled([made, server.start(outlive)]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return await makeAccounts(server.address, admin);
}

async function writeConfig(place: Place, { tokenSeconds = DEFAULT_TOKEN_SECONDS }: KeystoneSettings): Promise<void> {
  const { folder, connection } = place;
  await writeFile(keystoneConfigFile(folder), keystoneConfig({ folder, connection, tokenSeconds }), { mode: 0o600 });
}
