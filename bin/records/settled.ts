import { goesTo } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { DONE, FAILED, NOT_YET } from '../terminal/exit-codes.ts';

/**
 * Whether every target that a drop goes to has settled and announced it.
 * @param records of one drop, at any targets
 * @param targets those that count; none: those that have a record
 */
export function isOver(records: readonly DropRecord[], targets: readonly StackTarget[]): boolean {
  if (records.length === 0) return false;
  const announced = records.filter(({ announcedAt }) => announcedAt !== undefined).map(({ target }) => target);
  const awaited = targets.length === 0 ? records.map(({ target }) => target) : namesOf(records, targets);
  return awaited.every((name) => announced.includes(name));
}

const namesOf = (records: readonly DropRecord[], targets: readonly StackTarget[]): readonly string[] =>
  targets.map(({ name }) => name).filter((name) => records.every(({ drop }) => goesTo(drop, name)));

/** The exit code that tells how a drop has ended: a failure anywhere is worse than that others are under way. */
export function exitCodeOf(records: readonly DropRecord[], targets: readonly StackTarget[]): number {
  const ours = records.filter((record) => isAt(record, targets));
  if (ours.some(({ status }) => status === 'failed' || status === 'superseded')) return FAILED;
  return isOver(records, targets) ? DONE : NOT_YET;
}
