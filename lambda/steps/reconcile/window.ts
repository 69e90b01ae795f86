import type { Reconciliation } from '../../model/reconciliation.ts';

/** The span of time whose changes a look is for. */
export interface Window {
  holds(lastModified: Date): boolean;
  /** It has changed so lately that somebody may be at work. */
  isTooYoung(lastModified: Date): boolean;
}

/**
 * How old a drop can be when it arrives: Last-Modified of a multipart upload is when it was begun (Amazon S3 user guide,
 * "System-defined object metadata"). The drop bucket of the stack aborts an upload after seven days.
 */
export const LONGEST_UPLOAD_DAYS = 8;

const DAY_MS = 86_400_000;

/** What has changed since the last pass looked, and not so lately that its message may still be under way. */
export function windowOf(seenUpTo: string, now: Date, lostAfterSeconds: number): Window {
  const from = Date.parse(seenUpTo);
  const until = now.getTime() - lostAfterSeconds * 1000;
  return {
    isTooYoung: (lastModified) => lastModified.getTime() > until,
    holds: (lastModified) => lastModified.getTime() >= from && lastModified.getTime() <= until,
  };
}

/**
 * Drops from before reconcile first ran are somebody else's: a bucket may have been in use before. Once a day a pass
 * looks back for as long as an upload may take.
 */
export function dropsSince({ seenUpTo, takesUpSince, pass }: Reconciliation): string {
  const back = pass.looksBack ? LONGEST_UPLOAD_DAYS * DAY_MS : 0;
  const since = new Date(Math.max(0, Date.parse(seenUpTo) - back)).toISOString();
  return since > takesUpSince ? since : takesUpSince;
}
