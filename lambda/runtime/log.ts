import { ImageDropError } from '../model/errors.ts';
import { readableStack } from './stack-positions.ts';
import type { Telemetry } from './telemetry.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** Least important first; `SILENT` lets nothing through. */
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'];

/** One JSON line for each message, with the function's name. */
export function functionLog(
  { service, logLevel }: Telemetry,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Log {
  const at = (level: string) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(logLevel)) return () => {};
    return (message: string, fields: Fields = {}) => {
      const line = { level, message, timestamp: new Date().toISOString(), service, ...readable(fields) };
      write(`${JSON.stringify(line, jsonValue)}\n`);
    };
  };
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}

/** Our own errors say all that matters in code and message; what nobody foresaw keeps its stack. */
function readable({ error, ...fields }: Fields): Record<string, unknown> {
  if (!(error instanceof ImageDropError)) return error === undefined ? { ...fields } : { ...fields, error };
  const { code, message, retryable, cause } = error;
  return { ...fields, code, reason: message, retryable, ...(cause !== undefined && { error: cause }) };
}

/** What JSON has no word for. */
function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack: stack && readableStack(stack), ...(cause !== undefined && { cause }) };
}
