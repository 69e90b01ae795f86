import { ERROR_KINDS } from '../../lambda/model/errors.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

export interface RetryOptions {
  /** Of drops; empty for all that have failed. */
  readonly keys: readonly string[];
  /** Only those that failed with it. */
  readonly code?: string;
  readonly stack?: string;
  /** Whether the drops are followed until they settle. */
  readonly wait: boolean;
  readonly json: boolean;
}

/** What the command line decides. */
export interface RetryValues {
  readonly 'all-failed'?: boolean;
  readonly code?: string;
  readonly stack?: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** @throws WrongUse naming the argument */
export function retryOptions(values: RetryValues, keys: readonly string[]): RetryOptions {
  if (keys.length === 0 && !values['all-failed']) throw new WrongUse('Name a KEY, or say --all-failed.');
  if (keys.length > 0 && values['all-failed']) throw new WrongUse('Either KEYs or --all-failed, not both.');
  if (values.code !== undefined && !Object.hasOwn(ERROR_KINDS, values.code)) {
    throw new WrongUse(`There is no code ${JSON.stringify(values.code)}; docs/errors.md lists them.`);
  }
  return {
    keys,
    wait: values.wait ?? false,
    json: values.json ?? false,
    ...(values.code !== undefined && { code: values.code }),
    ...(values.stack !== undefined && { stack: values.stack }),
  };
}
