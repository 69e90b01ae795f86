import * as changes from '../model/record-changes.ts';
import { reportProgress } from '../transfer/progress.ts';
import type { Invocation, StepDependencies } from './ports.ts';
import { LEASE_SECONDS } from './under-lease.ts';

/**
 * Keeps lease and message for as long as some work takes that has no progress to report. A function that is killed lets
 * go of both within LEASE_SECONDS.
 * @throws `lease-held` when another invocation has taken over meanwhile
 */
export async function whileHolding<T>(
  key: string,
  invocation: Invocation,
  deps: StepDependencies,
  work: () => Promise<T>,
): Promise<T> {
  const holding = reportProgress({
    bytes: () => 0,
    totalBytes: 0,
    clock: () => deps.now().getTime(),
    onProgress: async () => {
      await deps.records.change(key, (stored) => {
        changes.requireLease(stored, invocation.id);
        return changes.lease(stored, invocation.id, LEASE_SECONDS, deps.now());
      });
      await invocation.holdMessage(LEASE_SECONDS);
    },
  });
  try {
    const result = await work();
    holding.signal.throwIfAborted();
    return result;
  } finally {
    await holding.stop();
  }
}
