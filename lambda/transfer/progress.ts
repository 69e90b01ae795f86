import { asImageDropError, type ImageDropError } from '../model/errors.ts';
import type { Progress } from '../model/record.ts';

/** Told how far a transfer has come. Its rejection with `lease-held` ends the transfer; see `reportProgress`. */
export type OnProgress = (progress: Progress) => Promise<void>;

/**
 * Seconds between reports; the last one repeats. Growing, so that a person sees at once that it moves and a long
 * transfer writes its record only a few hundred times an hour.
 */
const INTERVALS_SECONDS: readonly number[] = [1, 2, 4, 8, 10];

/**
 * Seconds that reports may go on failing: by then the lease that they renew is about to run out (60 s, see
 * steps/under-lease.ts), and the next report may come too late.
 */
const SILENCE_SECONDS = 45;

export interface ProgressOptions {
  /** Bytes that have gone by. */
  readonly bytes: () => number;
  readonly totalBytes: number;
  readonly onProgress: OnProgress;
  /** Told of a report that failed and was let pass. */
  readonly onSkipped?: ((error: ImageDropError) => void) | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly intervalsSeconds?: readonly number[];
}

export interface ProgressReports {
  /** Aborts with the error of the report that may not be skipped; there are no reports after that. */
  readonly signal: AbortSignal;
  /** No report begins after this. Resolves when none is under way any more; never rejects. */
  stop(): Promise<void>;
}

/**
 * Reports progress until stopped, one report at a time, whether or not bytes move. Does not keep the process alive
 * between reports.
 *
 * A report that fails for a passing reason is skipped, because the record store may be away for a moment and the bytes
 * on their way are dear; the next one comes at its time. The transfer is to end at once when a report fails for good or
 * with `lease-held`, which says that another has taken over, and when none has got through for 45 seconds.
 */
export function reportProgress(options: ProgressOptions): ProgressReports {
  const { bytes, totalBytes, onProgress, onSkipped, clock, intervalsSeconds = INTERVALS_SECONDS } = options;
  const abort = new AbortController();
  const startedAt = clock();
  let heardAt = startedAt;
  let reports = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let underWay: Promise<void> = Promise.resolve();

  const report = async (): Promise<void> => {
    const now = clock();
    try {
      await onProgress(progressAt(startedAt, now, bytes(), totalBytes));
      heardAt = now;
    } catch (thrown) {
      const error = asImageDropError(thrown);
      if (!maySkip(error, clock() - heardAt)) return abort.abort(error);
      onSkipped?.(error);
    }
    schedule();
  };

  const schedule = (): void => {
    if (stopped) return;
    const seconds = intervalsSeconds[Math.min(reports, intervalsSeconds.length - 1)] ?? 1;
    reports += 1;
    timer = setTimeout(() => {
      underWay = report();
    }, seconds * 1000).unref();
  };

  schedule();
  return {
    signal: abort.signal,
    stop() {
      stopped = true;
      clearTimeout(timer);
      return underWay;
    },
  };
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
