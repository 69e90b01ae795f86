import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accounts } from './accounts.ts';
import { KEY_FOLDERS } from './keystone-config.ts';
import { emptyFolder, readSaved, save } from './own-folder.ts';
import { environmentIn, runProgram } from './run-program.ts';

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
