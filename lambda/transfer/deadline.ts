import { ImageDropError } from '../model/errors.ts';

/**
 * What is left for the way out: abort the request, write into the record why, and send the message on. Each takes well
 * under a second when all is well; ten leave room for a retry.
 */
const MARGIN_SECONDS = 10;

/**
 * A signal that aborts with `out-of-time` shortly before the function's time ends, or with the reason of another signal
 * that aborts sooner. Does not keep the process alive.
 *
 * @param remainingMs what the function has left now (AWS Lambda's getRemainingTimeInMillis)
 */
export function deadline(
  remainingMs: number,
  others: readonly AbortSignal[] = [],
  marginSeconds = MARGIN_SECONDS,
): AbortSignal {
  const abort = new AbortController();
  const leftMs = remainingMs - marginSeconds * 1000;
  const expire = (): void => abort.abort(outOfTime(remainingMs, marginSeconds));
  if (leftMs <= 0) expire();
  else setTimeout(expire, leftMs).unref();
  return AbortSignal.any([abort.signal, ...others]);
}

function outOfTime(remainingMs: number, marginSeconds: number): ImageDropError {
  const seconds = Math.round(remainingMs / 1000);
  const message = `The function's time is nearly over: it had ${seconds} seconds, and the last ${marginSeconds} are kept for an orderly end.`;
  return new ImageDropError('out-of-time', message);
}
