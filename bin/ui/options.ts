import { parseArgs } from 'node:util';
import { WrongUse } from '../commands/wrong-use.ts';

export interface UiOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Whether a browser is opened. */
  readonly open: boolean;
  readonly stack?: string;
  readonly json: boolean;
}

const HIGHEST_PORT = 65_535;

/** @returns `help` when that was asked for. @throws WrongUse naming the argument */
export function uiOptions(args: string[]): UiOptions | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  return {
    port: portOf(values.port ?? '0'),
    open: !values['no-open'],
    json: values.json ?? false,
    ...(values.stack !== undefined && { stack: values.stack }),
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= HIGHEST_PORT) return port;
  throw new WrongUse(`--port is a number up to ${HIGHEST_PORT}, not ${JSON.stringify(text)}.`);
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string' },
        'no-open': { type: 'boolean' },
        stack: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
}
