import { asImageDropError, type ImageDropError } from '../model/errors.ts';
import type { Progress } from '../model/record.ts';

/** Told how far a transfer has come. Its rejection ends the transfer: a lost lease must. */
export type OnProgress = (progress: Progress) => Promise<void>;

/**
 * Seconds between reports; the last one repeats. Growing, so that a person sees at once that it moves and a long
 * transfer writes its record only a few hundred times an hour.
 */
const INTERVALS_SECONDS: readonly number[] = [1, 2, 4, 8, 10];

export interface ProgressOptions {
  /** Bytes that have gone by. */
  readonly bytes: () => number;
  readonly totalBytes: number;
  readonly onProgress: OnProgress;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly intervalsSeconds?: readonly number[];
}

export interface ProgressReports {
  /** Aborts with the error of a report that failed; there are no reports after that. */
  readonly signal: AbortSignal;
  /** No report begins after this. */
  stop(): void;
  /** Resolves when no report is under way; rejects with the error of the one that failed. */
  settled(): Promise<void>;
}

/** Reports progress until stopped, one report at a time. Does not keep the process alive between reports. */
export function reportProgress(options: ProgressOptions): ProgressReports {
  const { bytes, totalBytes, onProgress, clock, intervalsSeconds = INTERVALS_SECONDS } = options;
  const abort = new AbortController();
  const startedAt = clock();
  let reports = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let failure: ImageDropError | undefined;
  let underWay: Promise<void> = Promise.resolve();

  const report = async (): Promise<void> => {
    try {
      await onProgress(progressAt(startedAt, clock(), bytes(), totalBytes));
      schedule();
    } catch (error) {
      failure = asImageDropError(error);
      abort.abort(failure);
    }
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
    },
    async settled() {
      await underWay;
      if (failure !== undefined) throw failure;
    },
  };
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
