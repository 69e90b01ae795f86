import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configFile } from './config-file.ts';
import { databaseOptions, makeDatabase } from './database.ts';
import { environmentIn } from './environment.ts';
import { freePort } from './free-port.ts';
import { GLANCE_DATABASE, GLANCE_FOLDERS } from './glance-config.ts';
import { GLANCE_PASTE } from './glance-paste.ts';
import { runProgram } from './run-program.ts';
import { readSaved, save } from './saved.ts';

/** What the folder remembers of a Glance that has its database. */
export interface SavedGlance {
  readonly port: number;
}

/** Makes the folder and the database of a new Glance; leaves those that are there as they are. Needs no Keystone. */
export async function prepareGlance(folder: string, port?: number): Promise<SavedGlance> {
  const known = savedGlance(folder);
  if (known !== undefined) return known;
  const made = { port: port ?? (await freePort()) };
  await rm(folder, { recursive: true, force: true }); // what an attempt that was broken off has left
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of Object.values(GLANCE_FOLDERS)) await mkdir(join(folder, name));
  await writeFile(join(folder, 'glance-api-paste.ini'), configFile(GLANCE_PASTE));
  await fillDatabase(folder);
  await save(savedFile(folder), made);
  return made;
}

export function savedGlance(folder: string): SavedGlance | undefined {
  return readSaved<SavedGlance>(savedFile(folder));
}

async function fillDatabase(folder: string): Promise<void> {
  const database = join(folder, GLANCE_DATABASE);
  makeDatabase(database);
  const config = join(folder, 'database.conf');
  await writeFile(config, configFile({ database: databaseOptions(database) }));
  await runProgram('glance-manage', ['--config-file', config, 'db_sync'], {
    folder,
    environment: environmentIn(folder),
  });
}

function savedFile(folder: string): string {
  return join(folder, 'glance.json');
}
