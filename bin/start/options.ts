import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { TARGET_KINDS, type TargetKind } from '../../lambda/model/target.ts';
import { WrongUse } from '../commands/wrong-use.ts';

export interface StartOptions {
  /** To be dropped, in this order; none: run until interrupted. */
  readonly files: readonly LocalFile[];
  /** A cloud of the user's own clouds.yaml; undefined: the simulator. */
  readonly osCloud?: string;
  readonly kind: TargetKind;
  readonly json: boolean;
}

export interface LocalFile {
  readonly path: string;
  /** The key it is dropped under: the file's name. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** What of the command line decides. */
export interface StartValues {
  readonly 'os-cloud'?: string;
  readonly kind?: string;
  readonly json?: boolean;
}

/** @throws WrongUse naming the argument */
export function startOptions(values: StartValues, positionals: readonly string[]): StartOptions {
  const files = positionals.map(localFile);
  refuseTwins(files);
  return {
    files,
    kind: kindOf(values.kind ?? 'glance'),
    json: values.json ?? false,
    ...(values['os-cloud'] !== undefined && { osCloud: values['os-cloud'] }),
  };
}

/** npm runs its scripts in the project's folder and says in INIT_CWD where the user was. */
function localFile(given: string): LocalFile {
  const path = resolve(process.env.INIT_CWD ?? '.', given);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new WrongUse(`There is no file ${given}.`);
  if (!stats.isFile()) throw new WrongUse(`${given} is not a file.`);
  return { path, key: basename(path), size: stats.size };
}

/** Two files of one name would be two versions of one key, and the first would be superseded by the second. */
function refuseTwins(files: readonly LocalFile[]): void {
  const seen = new Map<string, string>();
  for (const { key, path } of files) {
    const other = seen.get(key);
    if (other !== undefined)
      throw new WrongUse(`${other} and ${path} have the same name; drop them one after the other.`);
    seen.set(key, path);
  }
}

function kindOf(value: string): TargetKind {
  const kind = TARGET_KINDS.find((known) => known === value);
  if (kind === undefined) throw new WrongUse(`--kind is one of ${TARGET_KINDS.join(', ')}, not ${value}.`);
  return kind;
}
