import { parseArgs } from 'node:util';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';
import { WrongUse } from '../commands/wrong-use.ts';

export interface RetryOptions {
  /** Of drops; empty for all that have failed. */
  readonly keys: readonly string[];
  /** Only those that failed with it. */
  readonly code?: string;
  readonly stack?: string;
  readonly json: boolean;
}

/** @returns `help` when that was asked for. @throws WrongUse naming the argument */
export function retryOptions(args: string[]): RetryOptions | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  if (positionals.length === 0 && !values['all-failed']) throw new WrongUse('Name a KEY, or say --all-failed.');
  if (positionals.length > 0 && values['all-failed']) throw new WrongUse('Either KEYs or --all-failed, not both.');
  if (values.code !== undefined && !Object.hasOwn(ERROR_KINDS, values.code)) {
    throw new WrongUse(`There is no code ${JSON.stringify(values.code)}; docs/errors.md lists them.`);
  }
  return {
    keys: positionals,
    json: values.json ?? false,
    ...(values.code !== undefined && { code: values.code }),
    ...(values.stack !== undefined && { stack: values.stack }),
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'all-failed': { type: 'boolean' },
        code: { type: 'string' },
        stack: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
}
