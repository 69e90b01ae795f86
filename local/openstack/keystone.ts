import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Accounts, ADMIN_PROJECT, makeAccounts, randomPassword } from './accounts.ts';
import { freePort } from './free-port.ts';
import { IdentityApi } from './identity-api.ts';
import { keystoneConfig } from './keystone-config.ts';
import { bootstrap, makeKeystoneFolder, savedKeystone, saveKeystone } from './keystone-folder.ts';
import { keystoneConfigFile, keystoneServer } from './keystone-server.ts';
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

/** A real Keystone on 127.0.0.1, with everything it remembers in a folder of its own. */
export class Keystone {
  /** With its version, as `auth_url` of clouds.yaml. */
  readonly url: string;
  readonly accounts: Accounts;
  readonly #server: ServerProcess;
  readonly #folder: string;
  #settings: KeystoneSettings;

  constructor(folder: string, server: ServerProcess, accounts: Accounts, settings: KeystoneSettings) {
    this.url = server.url;
    this.accounts = accounts;
    this.#folder = folder;
    this.#server = server;
    this.#settings = settings;
  }

  get processIds(): readonly number[] {
    return this.#server.processIds;
  }

  isUp(): Promise<boolean> {
    return this.#server.isUp();
  }

  /** Its API with the rights of the admin, and a new token. */
  admin(): Promise<IdentityApi> {
    return IdentityApi.authenticate(this.url, this.accounts.admin, { projectName: ADMIN_PROJECT });
  }

  /** Does nothing when it runs and answers. */
  async start(): Promise<void> {
    if (await this.isUp()) return;
    await writeConfig(this.#folder, this.#settings);
    await this.#server.start(this.#settings.outlive ?? false);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** As a crash would. */
  kill(): Promise<void> {
    return this.#server.kill();
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
 * @throws OpenStackError with the last words of the program that failed
 */
export async function startKeystone(folder: string, settings: KeystoneSettings = {}): Promise<Keystone> {
  const place = resolve(folder);
  const { port, accounts } = savedKeystone(place) ?? {};
  if (port === undefined || accounts === undefined) return await newKeystone(place, settings);
  const keystone = new Keystone(place, keystoneServer(place, port), accounts, settings);
  await keystone.start();
  return keystone;
}

async function newKeystone(folder: string, settings: KeystoneSettings): Promise<Keystone> {
  const port = settings.port ?? (await freePort());
  const server = keystoneServer(folder, port);
  await server.kill(); // of an attempt that was broken off
  await makeKeystoneFolder(folder, port);
  await writeConfig(folder, settings);
  try {
    const accounts = await setUp(folder, server, settings.outlive ?? false);
    await saveKeystone(folder, { port, accounts });
    return new Keystone(folder, server, accounts, settings);
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/** The program loads for as long as the database takes to be made, and asks it nothing before its first request. */
async function setUp(folder: string, server: ServerProcess, outlive: boolean): Promise<Accounts> {
  const admin = { name: 'admin', password: randomPassword() };
  const configFile = keystoneConfigFile(folder);
  const made = bootstrap({
    folder,
    configFile,
    adminPassword: admin.password,
    url: server.url,
    region: DEFAULT_REGION,
  });
  const outcomes = await Promise.allSettled([made, server.start(outlive)]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return await makeAccounts(server.url, admin);
}

async function writeConfig(folder: string, { tokenSeconds = DEFAULT_TOKEN_SECONDS }: KeystoneSettings): Promise<void> {
  await writeFile(keystoneConfigFile(folder), keystoneConfig({ folder, tokenSeconds }), { mode: 0o600 });
}
