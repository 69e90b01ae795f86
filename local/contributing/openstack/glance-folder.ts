import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configFile } from './config-file.ts';
import { freePort } from './free-port.ts';
import { GLANCE_FOLDERS, GLANCE_PASTE } from './glance-config.ts';
import { databaseName, type MariaDb } from './mariadb.ts';
import { emptyFolder, readSaved, save } from './own-folder.ts';
import { environmentIn, runProgram } from './run-program.ts';

/** What the folder remembers. */
export interface SavedGlance {
  readonly port: number;
  /** The name of its database. */
  readonly database: string;
  /** Whether that has its tables. */
  readonly complete: boolean;
}

/** Makes the folder and the database of a new Glance; leaves those that are there as they are. Needs no Keystone. */
export async function prepareGlance(folder: string, mariaDb: MariaDb, port?: number): Promise<SavedGlance> {
  const known = savedGlance(folder);
  if (known?.complete === true) return known;
  const database = known?.database ?? databaseName('glance');
  const made = { port: port ?? (await freePort()), database, complete: false };
  await emptyFolder(folder, savedFile(folder));
  await save(savedFile(folder), made satisfies SavedGlance);
  for (const name of Object.values(GLANCE_FOLDERS)) await mkdir(join(folder, name));
  await writeFile(join(folder, 'glance-api-paste.ini'), configFile(GLANCE_PASTE));
  await fillDatabase(folder, mariaDb, database);
  await save(savedFile(folder), { ...made, complete: true } satisfies SavedGlance);
  return { ...made, complete: true };
}

export function savedGlance(folder: string): SavedGlance | undefined {
  return readSaved<SavedGlance>(savedFile(folder));
}

async function fillDatabase(folder: string, mariaDb: MariaDb, database: string): Promise<void> {
  await mariaDb.createDatabase(database);
  const config = join(folder, 'database.conf');
  await writeFile(config, configFile({ database: { connection: mariaDb.connection(database, folder) } }));
  await runProgram('glance-manage', ['--config-file', config, 'db_sync'], {
    folder,
    environment: environmentIn(folder),
  });
}

function savedFile(folder: string): string {
  return join(folder, 'glance.json');
}
