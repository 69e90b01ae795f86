import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDatabase } from './database.ts';
import { environmentIn } from './environment.ts';
import { KEY_FOLDERS, KEYSTONE_DATABASE } from './keystone-config.ts';
import { runProgram } from './run-program.ts';

/** The names of the files are their ages: 0 is staged, the highest encrypts ("Fernet - Frequently Asked Questions"). */
const KEY_FILES = ['0', '1'] as const;

/** Keys for tokens and credentials. keystone-manage can do this too, but takes a second for each. */
export async function makeKeys(folder: string): Promise<void> {
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

/** Makes the tables, the user admin, the roles and Keystone's own entry in the catalog. */
export async function bootstrap({ folder, configFile, adminPassword, url, region }: Bootstrap): Promise<void> {
  makeDatabase(join(folder, KEYSTONE_DATABASE));
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
