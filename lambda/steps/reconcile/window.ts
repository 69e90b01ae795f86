import type { Reconciliation } from '../../model/reconciliation.ts';

/** The span of time whose changes a look is for. */
export interface Window {
  holds(lastModified: Date): boolean;
}

/** What has changed since the last pass looked, and not so lately that its message may still be under way. */
export function windowOf(seenUpTo: string, now: Date, lostAfterSeconds: number): Window {
  const from = Date.parse(seenUpTo);
  const until = now.getTime() - lostAfterSeconds * 1000;
  return {
    holds: (lastModified) => lastModified.getTime() >= from && lastModified.getTime() <= until,
  };
}

/** Drops from before reconcile first ran are somebody else's: a bucket may have been in use before. */
export const dropsSince = ({ seenUpTo, takesUpSince }: Reconciliation): string =>
  seenUpTo > takesUpSince ? seenUpTo : takesUpSince;
