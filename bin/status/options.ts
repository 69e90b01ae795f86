import { WrongUse } from '../terminal/exit-codes.ts';
import { positiveNumber } from '../terminal/options.ts';

export interface StatusOptions {
  readonly key: string;
  readonly watch: boolean;
  /** How long to watch; undefined: until it is settled. */
  readonly timeoutSeconds?: number;
  /** Whether earlier drops are shown as fully as the last one. */
  readonly all: boolean;
  readonly json: boolean;
}

/** What the command line decides. */
export interface StatusValues {
  readonly watch?: boolean;
  readonly 'timeout-seconds'?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** @throws WrongUse naming the argument */
export function statusOptions(values: StatusValues, positionals: readonly string[]): StatusOptions {
  const [key, ...others] = positionals;
  if (key === undefined || others.length > 0) throw new WrongUse('Name one KEY.');
  const { watch = false, all = false, json = false, 'timeout-seconds': timeout } = values;
  if (timeout !== undefined && !watch) throw new WrongUse('--timeout-seconds goes with --watch.');
  const bound = timeout === undefined ? {} : { timeoutSeconds: positiveNumber('--timeout-seconds', timeout) };
  return { key, watch, all, json, ...bound };
}
