/** The first pause; short, because most faults pass at once. */
const FIRST_SECONDS = 2;
/** The longest pause: a service that was away is noticed within a quarter of an hour of its return. */
const LONGEST_SECONDS = 900;

/**
 * Seconds until the next try: exponential, with the upper half random so that drops that failed together do not come
 * back together. What the other side asked for (Retry-After) is the least.
 *
 * @param attempt 1 for the first try that failed
 * @param random in [0, 1)
 */
export function retryDelaySeconds(attempt: number, random: number, retryAfterSeconds?: number): number {
  const full = Math.min(FIRST_SECONDS * 2 ** (attempt - 1), LONGEST_SECONDS);
  const jittered = full / 2 + (full / 2) * random;
  return Math.ceil(Math.max(jittered, retryAfterSeconds ?? 0));
}

/**
 * Seconds until the endpoint is asked again whether an image is active: a quarter of the time it has taken so far, so
 * that a quick one is seen quickly and a slow one costs little.
 */
export function pollDelaySeconds(elapsedSeconds: number): number {
  const LONGEST_POLL_SECONDS = 60;
  return Math.min(Math.max(Math.round(elapsedSeconds / 4), 1), LONGEST_POLL_SECONDS);
}
