import { isCompanionKey } from '../../lambda/model/metadata-keys.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { exitCodeOf as exitCodeOfRecords } from '../records/settled.ts';
import type { StackTarget } from '../stack/targets.ts';
import { DONE, FAILED, INTERRUPTED, NOT_YET } from '../terminal/exit-codes.ts';
import type { DropOptions } from './options.ts';

/** What became of a file; `imagedrop drop --json` prints a list of these, and docs/commands.md describes them. */
export type DropOutcome = {
  /** The path, as it was found. */
  readonly file: string;
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
} & (DroppedFile | FileNotDropped);

export interface DroppedFile {
  readonly outcome: 'dropped';
  /** As the records have it: the object's version, where the bucket has versions. */
  readonly id: string;
  /** How many of these bytes an earlier attempt had sent. */
  readonly resumedBytes: number;
  readonly seconds: number;
  /** What is unusual in the file; with --wait the records say it, too. */
  readonly warnings?: readonly string[];
  /** Of the targets that it goes to. */
  readonly records?: readonly DropRecord[];
}

export interface FileNotDropped {
  /** `refused`: it is not a safe disk image. `failed`: it could not be sent. */
  readonly outcome: 'refused' | 'failed' | 'interrupted';
  /** docs/errors.md; absent where the fault is none of ours. */
  readonly code?: string;
  readonly message: string;
  readonly nextStep?: string;
}

export type Dropped = DropOutcome & DroppedFile;

export const isDropped = (outcome: DropOutcome): outcome is Dropped => outcome.outcome === 'dropped';

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
    return wait && !isCompanionKey(outcome.key) ? exitCodeOfRecords(outcome.records ?? [], targets) : DONE;
  });
  return [FAILED, NOT_YET].find((code) => codes.includes(code)) ?? DONE;
}
