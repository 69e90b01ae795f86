import type { Progress } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { Invocation, StepDependencies } from './ports.ts';
import { LEASE_SECONDS } from './under-lease.ts';

/**
 * Notes how far the transfer is, and with it holds on to the lease and the message: a function that is killed lets go
 * of both within LEASE_SECONDS, and the drop is taken up again.
 * @throws `lease-held` when another invocation has taken over: the transfer must end
 */
export async function heartbeat(
  key: string,
  progress: Progress,
  invocation: Invocation,
  deps: StepDependencies,
): Promise<void> {
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return { ...changes.lease(stored, invocation.id, LEASE_SECONDS, deps.now()), progress };
  });
  await invocation.holdMessage(LEASE_SECONDS);
}
