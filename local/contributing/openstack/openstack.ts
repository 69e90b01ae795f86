import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cloudsYaml, refuseForeignCloudsYaml } from './clouds-yaml.ts';
import { type Glance, startGlance } from './glance.ts';
import type { GlanceSettings } from './glance-folder.ts';
import { prepareGlance } from './glance-folder.ts';
import { type Keystone, startKeystone } from './keystone.ts';
import { type MariaDb, startMariaDb } from './mariadb.ts';
import { savePrivately } from './own-folder.ts';

export interface OpenStackSettings {
  /** How long a token is valid. Default: 3600. */
  readonly tokenSeconds?: number;
  readonly glance?: Omit<GlanceSettings, 'outlive'>;
  /** Whether all of it goes on when this process ends. Default: false. */
  readonly outlive?: boolean;
}

export interface OpenStack {
  readonly mariaDb: MariaDb;
  readonly keystone: Keystone;
  readonly glance: Glance;
  readonly cloudsYaml: string;
  /** The same as a file. */
  readonly cloudsYamlFile: string;
  stop(): Promise<void>;
}

/**
 * Starts the MariaDB, the Keystone and the Glance of a folder, new ones where there are none; what runs already is left
 * as it is.
 * @throws OpenStackError with the last words of the program that failed
 */
export async function startOpenStack(folder: string, settings: OpenStackSettings = {}): Promise<OpenStack> {
  const { tokenSeconds, outlive = false } = settings;
  const folders = foldersOf(folder);
  refuseForeignCloudsYaml(folders.cloudsYaml);
  await mkdir(folder, { recursive: true });
  const mariaDb = await startMariaDb(folders.mariaDb, { outlive });
  const [keystone] = await Promise.all([
    startKeystone(folders.keystone, mariaDb, { outlive, ...(tokenSeconds !== undefined && { tokenSeconds }) }),
    prepareGlance(folders.glance, mariaDb, settings.glance?.port),
  ]);
  const glance = await startGlance(folders.glance, { mariaDb, keystone }, { ...settings.glance, outlive });
  const yaml = cloudsYaml(keystone, glance.region);
  await savePrivately(folders.cloudsYaml, yaml);
  const stop = async () => {
    await Promise.all([glance.stop(), keystone.stop()]);
    await mariaDb.stop();
  };
  return { mariaDb, keystone, glance, cloudsYaml: yaml, cloudsYamlFile: folders.cloudsYaml, stop };
}

export function foldersOf(folder: string) {
  const inFolder = (name: string) => join(resolve(folder), name);
  return {
    mariaDb: inFolder('mariadb'),
    keystone: inFolder('keystone'),
    glance: inFolder('glance'),
    cloudsYaml: inFolder('clouds.yaml'),
  } as const;
}
