import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { OpenStackError } from './run-program.ts';

type Value = string | number | boolean | readonly string[] | undefined;

/** Sections and their options, as oslo.config reads them. An option that is undefined keeps its default. */
export type ConfigSections = Readonly<Record<string, Readonly<Record<string, Value>>>>;

export function configFile(sections: ConfigSections): string {
  return Object.entries(sections)
    .map(([section, options]) => `[${section}]\n${lines(options).join('')}`)
    .join('\n');
}

function lines(options: Readonly<Record<string, Value>>): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${asText(value)}\n`);
}

/** A dollar sign would begin a reference to another option (oslo.config, "Option Value Interpolation"). */
function asText(value: Value): string {
  return (Array.isArray(value) ? value.join(',') : String(value)).replaceAll('$', '$$$$');
}

/**
 * An empty folder for a service, in place of what an attempt that was broken off has left there.
 * @param mark the file that such an attempt leaves first; a folder without it is somebody else's
 * @throws OpenStackError when the folder is somebody else's, or its path one that services misread
 */
export async function emptyFolder(folder: string, mark: string): Promise<void> {
  refuseMisreadPath(folder);
  if (existsSync(folder) && !existsSync(mark) && readdirSync(folder).length > 0) {
    throw new OpenStackError(`${folder} is there already and holds something else; name another folder.`);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/**
 * Characters that OpenStack's programs do not take as they are in the path of a file: `$` begins a reference
 * (oslo.config), `;` separates files (Keystone), `#`, `%` and `\` are of PasteDeploy's addresses, `?` begins the query of
 * an image's location. The database takes characters of at most three bytes in it.
 */
const MISREAD = /[#$%;?\\\p{Cc}\u{10000}-\u{10FFFF}]/u;

/** @throws OpenStackError when a service could not work in this folder, and would report that in unclear words */
export function refuseMisreadPath(folder: string): void {
  const [character] = MISREAD.exec(folder) ?? [];
  if (character === undefined) return;
  throw new OpenStackError(
    `Keystone and Glance cannot work in ${JSON.stringify(folder)}: they misread ${JSON.stringify(character)} in a path. ` +
      'Name a folder without # $ % ; ? \\, emoji and control characters.',
  );
}

/** What was saved in a file of JSON; undefined where there is none. */
export function readSaved<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
}

/** There whole or not at all; only its owner may read it, for there are passwords in it. */
export async function save(file: string, value: object): Promise<void> {
  await savePrivately(file, `${JSON.stringify(value, null, 2)}\n`);
}

export async function savePrivately(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
