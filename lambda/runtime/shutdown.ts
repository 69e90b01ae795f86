import { ImageDropError } from '../model/errors.ts';

/**
 * Aborts when the environment must stop, so that running work can end its lease instead of letting it
 * run out (AWS Lambda developer guide, "Lambda execution environment lifecycle", shutdown phase).
 */
export function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGTERM', () =>
    controller.abort(
      new ImageDropError('shutting-down', 'The function environment must stop.', { retryAfterSeconds: 0 }),
    ),
  );
  return controller.signal;
}
