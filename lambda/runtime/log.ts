import { Logger } from '@aws-lambda-powertools/logger';
import { dropIdIn } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import { withReadableStack } from './stack-positions.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** JSON lines with the function's name, by the POWERTOOLS_* variables that the construct sets. */
export function functionLog(logger: Logger = new Logger()): Log {
  return {
    debug: (message, fields = {}) => logger.debug(message, readable(fields)),
    info: (message, fields = {}) => logger.info(message, readable(fields)),
    warn: (message, fields = {}) => logger.warn(message, readable(fields)),
    error: (message, fields = {}) => logger.error(message, readable(fields)),
  };
}

/** Every line that names a record says the drop's id too, by which all lines of a drop are found. */
function readable({ record, ...fields }: Fields): Record<string, unknown> {
  if (typeof record !== 'string') return readableError(fields);
  return { record, ...dropIdIn(record), ...readableError(fields) };
}

/** Our own errors have all that matters in code and message; an unexpected one keeps its stack. */
function readableError({ error, ...fields }: Fields): Record<string, unknown> {
  if (!(error instanceof ImageDropError)) {
    return error === undefined ? { ...fields } : { ...fields, error: withReadableStack(error) };
  }
  const { code, message, retryable, cause } = error;
  return {
    ...fields,
    code,
    reason: message,
    retryable,
    ...(cause !== undefined && { error: withReadableStack(cause) }),
  };
}

/** Hands each message on once, however often it comes: a function's environment serves many drops. */
export function once(tell: (message: string) => void): (message: string) => void {
  const handedOn = new Set<string>();
  return (message) => {
    if (handedOn.has(message)) return;
    handedOn.add(message);
    tell(message);
  };
}
