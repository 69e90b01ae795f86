import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { WrongUse } from './terminal/exit-codes.ts';

/** A file that is to be dropped. */
export interface LocalFile {
  readonly path: string;
  /** The key it is dropped under: the file's name, unless the user says otherwise. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** The folder that is dropped with it. */
  readonly folder?: string;
}

/** npm runs its scripts in the project's folder and says in INIT_CWD where the user was. @throws WrongUse */
export function localFile(given: string): LocalFile {
  const path = resolve(process.env.INIT_CWD ?? '.', given);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new WrongUse(`There is no file ${given}.`);
  if (!stats.isFile()) throw new WrongUse(`${given} is not a file.`);
  return { path, key: basename(path), size: stats.size };
}

/**
 * Two files of one name would be two versions of one key, and the first would be superseded by the second.
 * @throws WrongUse
 */
export function refuseTwins(files: readonly LocalFile[]): void {
  const seen = new Map<string, string>();
  for (const { key, path } of files) {
    const other = seen.get(key);
    if (other !== undefined)
      throw new WrongUse(
        `${other} and ${path} have the same name: both would have the key ${key}. Drop one of them with --key or --prefix, or drop their common folder.`,
      );
    seen.set(key, path);
  }
}
