import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

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
