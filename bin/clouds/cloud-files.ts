import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseYaml } from '../../lambda/clouds/yaml-document.ts';
import { isObject, type JsonObject } from '../../lambda/model/json.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

/** What decides where OpenStack's files are looked for. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** npm runs its scripts in the project's folder and says in INIT_CWD where the user was. */
export function surroundings(): Surroundings {
  const { env, platform } = process;
  return { environment: env, workingDirectory: env.INIT_CWD ?? process.cwd(), home: homedir(), platform };
}

export interface CloudFile {
  readonly path: string;
  readonly content: JsonObject;
}

/** The files of openstacksdk, and the variables that name one (openstack/config/loader.py). */
const FILES = {
  clouds: 'OS_CLIENT_CONFIG_FILE',
  secure: 'OS_CLIENT_SECURE_FILE',
  'clouds-public': undefined,
} as const;

/**
 * The first of its kind that is there and may be read: the one that the environment names, else in the usual folders.
 * Unlike openstacksdk it does not pass over one that is broken, or named but not there.
 * @throws WrongUse
 */
export async function findCloudFile(kind: keyof typeof FILES, where: Surroundings): Promise<CloudFile | undefined> {
  const variable = FILES[kind];
  const named = variable && where.environment[variable];
  if (named) {
    const file = await read(resolve(where.workingDirectory, named));
    if (file === undefined) throw new WrongUse(`${variable} names ${named}, which is not there or may not be read.`);
    return file;
  }
  for (const path of placesOf(kind, where)) {
    const file = await read(path);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** The usual places of a file, in the order they are looked into. */
function placesOf(kind: keyof typeof FILES, where: Surroundings): readonly string[] {
  const names = ['yaml', 'yml', 'json'].map((suffix) => `${kind}.${suffix}`);
  return foldersOf(where).flatMap((folder) => names.map((name) => join(folder, name)));
}

/** The folders of openstacksdk; where they are a user's and a machine's own depends on the platform. */
export function foldersOf({ environment, workingDirectory, home, platform }: Surroundings): readonly string[] {
  const settings =
    platform === 'darwin'
      ? [join(home, 'Library/Application Support'), '/Library/Application Support']
      : [
          environment.XDG_CONFIG_HOME || join(home, '.config'),
          ...(environment.XDG_CONFIG_DIRS || '/etc/xdg').split(':'),
        ];
  const [own = home, ...shared] = settings;
  const folders = [own, join(home, '.config'), ...shared, '/etc'].map((folder) => join(folder, 'openstack'));
  return [...new Set([workingDirectory, ...folders])];
}

/** @returns undefined when it is not there, or is others' alone */
async function read(path: string): Promise<CloudFile | undefined> {
  const text = await textOf(path);
  if (text === undefined) return undefined;
  const content = parseYaml(text, path) ?? {};
  if (isObject(content)) return { path, content };
  throw new WrongUse(`${path} must be a mapping that begins with \`clouds:\`.`);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw new WrongUse(`${path} cannot be read: ${message}.`);
  }
}
