import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.ts';
import { GLANCE_FOLDERS, GLANCE_PASTE } from './glance-config.ts';
import { databaseName, type MariaDb } from './mariadb.ts';
import { configFile, emptyFolder, readSaved, save } from './own-folder.ts';
import { environmentIn, runProgram } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

/**
 * Which addresses Glance may fetch by web-download. What is left out is as Glance ships it: ports 80 and 443, and any
 * host but this machine, which Debian's security updates keep closed unless `allowedHosts` names it.
 */
export interface ImportFilter {
  readonly allowedSchemes?: readonly string[];
  /** Names or addresses as they stand in the URI. */
  readonly allowedHosts?: readonly string[];
  readonly allowedPorts?: readonly number[];
  readonly disallowedSchemes?: readonly string[];
  readonly disallowedHosts?: readonly string[];
  readonly disallowedPorts?: readonly number[];
}

/** Unified limits of every project. What is left out is as good as unlimited. */
export interface Quotas {
  readonly imageSizeTotalMib?: number;
  readonly imageStageTotalMib?: number;
  readonly imageCountTotal?: number;
  readonly imageCountUploading?: number;
}

/** A missing setting is as Glance ships it, unless stated otherwise. */
export interface GlanceSettings {
  /** Default: a free one, kept in the folder. */
  readonly port?: number | undefined;
  /** Its region in the catalog. Default: RegionOne. Each Glance of one Keystone needs its own. */
  readonly region?: string;
  /** Processes that serve. Default: 2. */
  readonly workers?: number;
  /** Default: Glance's list. */
  readonly diskFormats?: readonly string[];
  /** Default: glance-direct and web-download. */
  readonly importMethods?: readonly string[];
  readonly importFilter?: ImportFilter;
  /** Default: 1 TiB. */
  readonly imageSizeCapBytes?: number;
  /** With a unit: 5MB. Default: no quota. Glance ignores it where there are `quotas`. */
  readonly userStorageQuota?: string;
  /** As Python's hashlib calls it. Default: sha512. */
  readonly hashingAlgorithm?: string;
  /** Where the images lie. Default: in the folder. */
  readonly storeFolder?: string;
  /** Default: none, and an empty GET /v2/info/usage. */
  readonly quotas?: Quotas;
  /** Whether it goes on when this process ends. Default: false. */
  readonly outlive?: boolean;
}

export function glanceServer(folder: string, port: number): ServerProcess {
  const config = glanceConfigFile(resolve(folder));
  return new ServerProcess({
    name: 'Glance',
    program: 'glance-api',
    args: ['--config-file', config],
    folder: resolve(folder),
    mark: config,
    environment: environmentIn(folder),
    port,
    address: glanceUrl(port),
    health: { url: `${glanceUrl(port)}/healthcheck` },
  });
}

/** Without a version, as in the catalog. */
export function glanceUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

export function glanceConfigFile(folder: string): string {
  return join(folder, 'glance-api.conf');
}

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
