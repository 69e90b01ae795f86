import type { StackTarget } from '../stack/targets.ts';
import { DONE, FAILED, INTERRUPTED, NOT_YET } from '../terminal/exit-codes.ts';
import type { DropOptions } from './options.ts';
import { type DropOutcome, isDropped } from './outcome.ts';
import { isOver } from './wait-for-records.ts';

/** The worst that has become of any file; that it is not known yet is better than a failure. */
export function exitCodeOf(
  outcomes: readonly DropOutcome[],
  { wait }: Pick<DropOptions, 'wait'>,
  targets: readonly StackTarget[],
  stop: AbortSignal,
): number {
  if (stop.aborted) return INTERRUPTED;
  if (!outcomes.every(isDropped)) return FAILED;
  if (!wait) return DONE;
  const records = outcomes.flatMap((outcome) => outcome.records ?? []);
  if (records.some(({ status }) => status === 'failed' || status === 'superseded')) return FAILED;
  return outcomes.every((outcome) => isOver(outcome.records ?? [], targets)) ? DONE : NOT_YET;
}
