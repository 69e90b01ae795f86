import { createHash } from 'node:crypto';
import type { ImageDropError } from '../model/errors.ts';
import { type DropRecord, STAGE_OF } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { lasting, type TargetPause } from '../model/target-pause.ts';
import { MAX_DELAY_SECONDS, type QueueStepDependencies, type RecordMessage, type StepDependencies } from './ports.ts';
import type { Work } from './work.ts';

/** How long a drop waits for its target before it fails: a long weekend, during which the alarm may go unseen. */
export const LONGEST_WAIT_SECONDS = 4 * 24 * 3600;

/** Drops that waited together must not come back together: they are spread over at most this time. */
const SPREAD_SECONDS = 30;

/**
 * Puts a drop off while its target is paused, without an attempt: its message is deleted, and a new one is delayed until
 * the pause ends. Messages that only come back would become dead letters.
 * @returns whether it was put off
 */
export async function isPutOff(
  work: Work,
  deps: QueueStepDependencies,
  message: RecordMessage = work.message,
): Promise<boolean> {
  const { key, record } = work;
  const pause = lasting(await deps.pauses.of(record.target), STAGE_OF[record.status], deps.now());
  if (pause === undefined || hasWaitedTooLong(record, deps.now())) return false;
  // Once for each wait: the record says why nothing happens.
  if (record.waiting === undefined) await work.updateIfUndecided((stored) => changes.wait(stored, pause, deps.now()));
  deps.meter.countPause(pause);
  await deps.ownQueue.send(message, delaySeconds(key, pause, deps.now()));
  return true;
}

/** Pauses the target because of what it answered, and puts the drop off. The attempt does not count. */
export async function pauseTarget(
  work: Work,
  error: ImageDropError,
  deps: QueueStepDependencies,
  message: RecordMessage = work.message,
): Promise<void> {
  const pause = await beginPause(work, error, deps);
  await work.updateIfUndecided((stored) =>
    changes.wait(changes.endAttempt(changes.withoutAttempt(stored), error, deps.now()), pause, deps.now()),
  );
  await deps.ownQueue.send(message, delaySeconds(work.key, pause, deps.now()));
}

/** Puts the outcome of a settled drop off because its image cannot be deleted now. The error of the record stays. */
export async function putOffOutcome(work: Work, error: ImageDropError, deps: StepDependencies): Promise<void> {
  const { key, record } = work;
  const pause = await beginPause(work, error, deps);
  await work.update((stored) =>
    stored.status === record.status && stored.generation === record.generation && stored.waiting === undefined
      ? changes.wait(stored, pause, deps.now())
      : undefined,
  );
  await deps.statusQueue.send(work.message, delaySeconds(key, pause, deps.now()));
}

const beginPause = ({ record }: Work, error: ImageDropError, deps: StepDependencies): Promise<TargetPause> =>
  deps.pauses.begin({ target: record.target, stage: STAGE_OF[record.status] }, error);

export function hasWaitedTooLong({ waiting }: DropRecord, now: Date): boolean {
  return waiting !== undefined && now.getTime() - Date.parse(waiting.since) > LONGEST_WAIT_SECONDS * 1000;
}

/** Seconds until the pause is over and the drop's own share of the spread has passed. */
export function delaySeconds(key: string, { until }: TargetPause, now: Date): number {
  const left = Math.max(1, Math.ceil((Date.parse(until) - now.getTime()) / 1000));
  const share = createHash('sha1').update(key).update(until).digest().readUInt32BE(0) / 2 ** 32;
  return Math.min(Math.ceil(left + share * Math.min(left, SPREAD_SECONDS)), MAX_DELAY_SECONDS);
}
