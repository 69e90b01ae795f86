import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accounts } from './accounts.ts';
import { configFile, emptyFolder, readSaved, save } from './own-folder.ts';
import { environmentIn, runProgram } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

export interface KeystoneConfig {
  readonly folder: string;
  /** To its database. */
  readonly connection: string;
  /** How long a token is valid. */
  readonly tokenSeconds: number;
}

/** Least that bcrypt allows: a real one takes a quarter of a second for each password, and these guard nothing. */
const PASSWORD_HASH_ROUNDS = 4;

/** keystone.conf ("Keystone Configuration Options"). */
export function keystoneConfig({ folder, connection, tokenSeconds }: KeystoneConfig): string {
  return configFile({
    DEFAULT: { use_stderr: true },
    database: { connection },
    token: { provider: 'fernet', expiration: tokenSeconds },
    fernet_tokens: { key_repository: keyFolder(folder, 'fernet-keys') },
    fernet_receipts: { key_repository: keyFolder(folder, 'fernet-keys') },
    credential: { key_repository: keyFolder(folder, 'credential-keys') },
    identity: { password_hash_rounds: PASSWORD_HASH_ROUNDS },
  });
}

const KEY_FOLDERS = ['fernet-keys', 'credential-keys'] as const;

function keyFolder(folder: string, name: (typeof KEY_FOLDERS)[number]): string {
  return join(folder, name);
}

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

/** The names of the files are their ages: 0 is staged, the highest encrypts ("Fernet - Frequently Asked Questions"). */
const KEY_FILES = ['0', '1'] as const;

/** What the folder remembers. */
export interface SavedKeystone {
  readonly port: number;
  /** The name of its database. */
  readonly database: string;
  /** Only of one that was set up to the end. */
  readonly accounts?: Accounts;
}

export function savedKeystone(folder: string): SavedKeystone | undefined {
  return readSaved<SavedKeystone>(savedFile(folder));
}

export async function saveKeystone(folder: string, keystone: SavedKeystone): Promise<void> {
  await save(savedFile(folder), keystone);
}

/** @throws OpenStackError when the folder holds something else */
export async function makeKeystoneFolder(folder: string, saved: SavedKeystone): Promise<void> {
  await emptyFolder(folder, savedFile(folder));
  await saveKeystone(folder, saved);
  await makeKeys(folder);
}

/** Keys for tokens and credentials. keystone-manage can do this too, but takes a second for each. */
async function makeKeys(folder: string): Promise<void> {
  for (const name of KEY_FOLDERS) {
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
    for (const file of KEY_FILES) await writeFile(join(folder, name, file), fernetKey(), { mode: 0o600 });
  }
}

/** 32 bytes in base64url with padding (Fernet specification, "Key Format"). */
function fernetKey(): string {
  return `${randomBytes(32).toString('base64url')}=`;
}

export interface Bootstrap {
  readonly folder: string;
  readonly configFile: string;
  readonly adminPassword: string;
  readonly url: string;
  readonly region: string;
}

/** Makes, in a database that is empty, the tables, the user admin, the roles and Keystone's own entry in the catalog. */
export async function bootstrap({ folder, configFile, adminPassword, url, region }: Bootstrap): Promise<void> {
  const manage = (args: readonly string[], more = {}) =>
    runProgram('keystone-manage', ['--config-file', configFile, ...args], {
      folder,
      environment: environmentIn(folder, more),
    });
  await manage(['db_sync']);
  const urls = ['admin', 'internal', 'public'].flatMap((name) => [`--bootstrap-${name}-url`, url]);
  // As a variable, because everybody can read the command lines of others.
  const password = { OS_BOOTSTRAP_PASSWORD: adminPassword };
  await manage(['bootstrap', '--bootstrap-region-id', region, ...urls], password);
}

function savedFile(folder: string): string {
  return join(folder, 'keystone.json');
}
