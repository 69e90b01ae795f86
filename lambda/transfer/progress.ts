import { asImageDropError, type ImageDropError } from '../model/errors.ts';
import type { Progress } from '../model/record.ts';

/** Gets how far a transfer is. Its rejection with `lease-held` ends the transfer; see `reportProgress`. */
export type OnProgress = (progress: Progress) => Promise<void>;

/**
 * Seconds between calls; the last one repeats. They grow: a person soon sees that the transfer moves, and a long transfer
 * writes its record only a few hundred times an hour.
 */
const INTERVALS_SECONDS: readonly number[] = [1, 2, 4, 8, 10];

/**
 * Seconds that calls may fail: then the lease that they renew is about to end (60 s, see steps/under-lease.ts), and the
 * next call may come too late.
 */
const SILENCE_SECONDS = 45;

interface RepeatOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Gets the error of a call that failed and was skipped. */
  readonly onSkipped?: ((error: ImageDropError) => void) | undefined;
  readonly intervalsSeconds?: readonly number[];
}

export interface ProgressOptions extends RepeatOptions {
  /** Bytes that were transferred. */
  readonly bytes: () => number;
  readonly totalBytes: number;
  readonly onProgress: OnProgress;
}

export interface RepeatedWork {
  /** Aborts with the error of the call that may not be skipped; there are no calls after that. */
  readonly signal: AbortSignal;
  /** No call begins after this. Resolves when none is running any more; never rejects. */
  stop(): Promise<void>;
}

/**
 * Calls until stopped, one call at a time. Does not keep the process alive between calls.
 *
 * A call that fails temporarily is skipped, because the record store may be unavailable for a moment and the bytes in
 * transit are expensive. The signal aborts when a call fails permanently or with `lease-held`, and when all calls have
 * failed for 45 seconds.
 */
export function repeatUntilStopped(call: () => Promise<void>, options: RepeatOptions): RepeatedWork {
  const { onSkipped, clock, intervalsSeconds = INTERVALS_SECONDS } = options;
  const abort = new AbortController();
  let succeededAt = clock();
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  const callOnce = async (): Promise<void> => {
    const now = clock();
    try {
      await call();
      succeededAt = now;
    } catch (thrown) {
      const error = asImageDropError(thrown);
      if (!maySkip(error, clock() - succeededAt)) return abort.abort(error);
      onSkipped?.(error);
    }
    schedule();
  };

  const schedule = (): void => {
    if (stopped) return;
    const seconds = intervalsSeconds[Math.min(calls, intervalsSeconds.length - 1)] ?? 1;
    calls += 1;
    timer = setTimeout(() => {
      running = callOnce();
    }, seconds * 1000).unref();
  };

  schedule();
  return {
    signal: abort.signal,
    stop() {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}

/** Reports progress until stopped, whether or not bytes move; see `repeatUntilStopped`. */
export function reportProgress(options: ProgressOptions): RepeatedWork {
  const { bytes, totalBytes, onProgress, clock } = options;
  const startedAt = clock();
  return repeatUntilStopped(() => onProgress(progressAt(startedAt, clock(), bytes(), totalBytes)), options);
}

function maySkip(error: ImageDropError, silentMs: number): boolean {
  return error.retryable && error.code !== 'lease-held' && silentMs < SILENCE_SECONDS * 1000;
}

/** @returns whole bytes per second over the time between two instants, given in milliseconds. */
export function bytesPerSecond(bytes: number, fromMs: number, toMs: number): number {
  return Math.round((bytes * 1000) / Math.max(toMs - fromMs, 1));
}

function progressAt(startedAt: number, now: number, bytes: number, totalBytes: number): Progress {
  return {
    bytes,
    totalBytes,
    bytesPerSecond: bytesPerSecond(bytes, startedAt, now),
    at: new Date(now).toISOString(),
  };
}
