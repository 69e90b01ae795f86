import { isMetadataKey } from '../../lambda/model/metadata-keys.ts';
import { exitCodeOf as exitCodeOfRecords } from '../stack/settled.ts';
import type { StackTarget } from '../stack/targets.ts';
import { DONE, FAILED, INTERRUPTED, NOT_YET } from '../terminal/exit-codes.ts';
import type { DropOptions } from './options.ts';
import { type DropOutcome, isDropped } from './outcome.ts';

/** The worst that has become of any file; that it is not known yet is better than a failure. */
export function exitCodeOf(
  outcomes: readonly DropOutcome[],
  { wait }: Pick<DropOptions, 'wait'>,
  targets: readonly StackTarget[],
  stop: AbortSignal,
): number {
  if (stop.aborted) return INTERRUPTED;
  const codes = outcomes.map((outcome) => {
    if (!isDropped(outcome)) return FAILED;
    return wait && !isMetadataKey(outcome.key) ? exitCodeOfRecords(outcome.records ?? [], targets) : DONE;
  });
  return [FAILED, NOT_YET].find((code) => codes.includes(code)) ?? DONE;
}
