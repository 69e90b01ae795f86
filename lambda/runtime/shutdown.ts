import { ImageDropError } from '../model/errors.ts';

/**
 * Aborts when the process must end, so that running work ends its lease and does not let it run out. The embedded stack
 * asks its processes to end at Ctrl-C. AWS Lambda does so only where the function has an extension (AWS Lambda developer
 * guide, "Lambda execution environment lifecycle", shutdown phase); without one, the lease runs out.
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
