import { s3Reconciliations } from '../../lambda/adapters/s3-reconciliations.ts';
import type { StackConnection } from '../stack/connection.ts';
import { formatAge } from '../terminal/durations.ts';
import { ok, skipped, type Verdict, warning } from './finding.ts';

/** It runs every quarter of an hour, unless the stack's settings say otherwise; four times are no accident. */
const LATE_SECONDS = 3600;

/** Whether what gets lost would be found. */
export async function reconcileVerdict(stack: StackConnection, now: Date): Promise<Verdict> {
  const stored = await s3Reconciliations(stack.s3, stack.output('StatusBucketName')).load();
  const lastRun = stored?.reconciliation.lastRun;
  if (lastRun === undefined) return skipped('it has not run yet; it does so every quarter of an hour');
  const seconds = (now.getTime() - Date.parse(lastRun.startedAt)) / 1000;
  const detail = `it ran ${formatAge(seconds)} ago`;
  if (seconds < LATE_SECONDS) return ok(detail);
  return warning(
    detail,
    'Look at the log of the reconcile function and at its schedule; `imagedrop reconcile` runs it now.',
  );
}
