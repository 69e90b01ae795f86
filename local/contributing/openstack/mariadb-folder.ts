import { join } from 'node:path';
import { dataFolder, MARIADB_SETTINGS } from './mariadb-server.ts';
import { emptyFolder, readSaved, save } from './own-folder.ts';
import { environmentIn, runProgram } from './run-program.ts';

/** What the folder remembers. */
export interface SavedMariaDb {
  /** Whether it has the tables that MariaDB itself needs. */
  readonly complete: boolean;
}

/**
 * Makes the folder of a new MariaDB; leaves one that is there as it is.
 * @throws OpenStackError when the folder holds something else
 */
export async function prepareMariaDb(folder: string): Promise<void> {
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
