import type { DropRecord } from '../../lambda/model/record.ts';
import { DONE, FAILED, NOT_YET } from '../terminal/exit-codes.ts';
import type { StackTarget } from './targets.ts';

/** Whether every target has settled and told of the drop. */
export function isOver(records: readonly DropRecord[], targets: readonly StackTarget[]): boolean {
  const told = records.filter(({ announcedAt }) => announcedAt !== undefined);
  return told.length === records.length && told.length >= Math.max(targets.length, 1);
}

/** The exit code that tells how a drop has ended: a failure anywhere is worse than that others are under way. */
export function exitCodeOf(records: readonly DropRecord[], targets: readonly StackTarget[]): number {
  if (records.some(({ status }) => status === 'failed' || status === 'superseded')) return FAILED;
  return isOver(records, targets) ? DONE : NOT_YET;
}
