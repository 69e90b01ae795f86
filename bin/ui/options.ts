import { WrongUse } from '../terminal/exit-codes.ts';

export interface UiOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Whether a browser is opened. */
  readonly open: boolean;
  readonly json: boolean;
}

/** What the command line decides. */
export interface UiValues {
  readonly port?: string;
  readonly 'no-open'?: boolean;
  readonly json?: boolean;
}

const HIGHEST_PORT = 65_535;

/** @throws WrongUse naming the argument */
export function uiOptions(values: UiValues): UiOptions {
  return { port: portOf(values.port ?? '0'), open: !values['no-open'], json: values.json ?? false };
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= HIGHEST_PORT) return port;
  throw new WrongUse(`--port is a number up to ${HIGHEST_PORT}, not ${JSON.stringify(text)}.`);
}
