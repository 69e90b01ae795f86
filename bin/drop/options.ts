import { type LocalFile, refuseTwins } from '../local-files.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { positiveNumber } from '../terminal/options.ts';
import { type MetadataValues, userMetadata } from './user-metadata.ts';

export interface DropOptions {
  readonly files: readonly LocalFile[];
  /** User metadata of each object. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether files are sent without a look at them. */
  readonly unchecked: boolean;
  /** Whether the records are followed until they are settled. */
  readonly wait: boolean;
  /** How long to wait for them; undefined: until they are settled. */
  readonly timeoutSeconds?: number;
  readonly json: boolean;
}

/** What the command line decides. */
export interface DropValues extends MetadataValues {
  readonly key?: string;
  readonly prefix?: string;
  readonly unchecked?: boolean;
  readonly wait?: boolean;
  readonly 'timeout-seconds'?: string;
  readonly json?: boolean;
}

/** @throws WrongUse naming the argument */
export function dropOptions(values: DropValues, taken: readonly LocalFile[]): DropOptions {
  if (taken.length === 0) throw new WrongUse('Name one file at least.');
  const files = withKeys(taken, values);
  refuseTwins(files);
  const metadata = userMetadata(values, files.length);
  const { unchecked = false, wait = false, json = false } = values;
  return { files, metadata, unchecked, wait, json, ...timeoutOf(values) };
}

function withKeys(files: readonly LocalFile[], { key, prefix }: DropValues): readonly LocalFile[] {
  if (key !== undefined && prefix !== undefined) throw new WrongUse('Either --key or --prefix, not both.');
  if (key !== undefined && files.length > 1) throw new WrongUse('--key is for one file; of several, say --prefix.');
  if (key === '' || key?.endsWith('/')) throw new WrongUse('--key is a whole key; for a folder say --prefix.');
  if (key !== undefined) return files.map((file) => ({ ...file, key }));
  if (prefix === undefined || prefix === '') return files;
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return files.map((file) => ({ ...file, key: folder + file.key }));
}

function timeoutOf({ wait, 'timeout-seconds': given }: DropValues): Pick<DropOptions, 'timeoutSeconds'> {
  if (given === undefined) return {};
  if (!wait) throw new WrongUse('--timeout-seconds goes with --wait.');
  return { timeoutSeconds: positiveNumber('--timeout-seconds', given) };
}
