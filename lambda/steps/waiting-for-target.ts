import { createHash } from 'node:crypto';
import type { ImageDropError } from '../model/errors.ts';
import { type DropRecord, STAGE_OF } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { lasting, type TargetPause } from '../model/target-pause.ts';
import { MAX_DELAY_SECONDS, type MessageQueue, type RecordMessage, type StepDependencies } from './ports.ts';

/** How long a drop waits for its target before it fails: a long weekend, in which nobody sees the alarm. */
export const LONGEST_WAIT_SECONDS = 4 * 24 * 3600;

/** Drops that waited together do not come back together: they are spread over as much time as this at most. */
const SPREAD_SECONDS = 30;

/**
 * Puts a drop off while its target is paused, without an attempt: its message goes, and another comes when the pause is
 * over. Messages that only come back would end among the dead letters.
 * @returns whether it was put off
 */
export async function isPutOff(
  key: string,
  record: DropRecord,
  queue: MessageQueue,
  deps: StepDependencies,
  message: RecordMessage = { record: key },
): Promise<boolean> {
  const pause = lasting(await deps.pauses.of(record.target), STAGE_OF[record.status], deps.now());
  if (pause === undefined || hasWaitedTooLong(record, deps.now())) return false;
  if (record.waiting === undefined) {
    // Once for each wait: the record says why nothing happens.
    await deps.records.change(key, (stored) =>
      stored !== undefined && changes.isUndecided(record, stored, deps.now())
        ? changes.wait(stored, pause, deps.now())
        : undefined,
    );
  }
  await queue.send(message, delaySeconds(key, pause, deps.now()));
  return true;
}

/** Pauses the target because of what it answered, and puts the drop off. The attempt does not count. */
export async function pauseTarget(
  key: string,
  record: DropRecord,
  error: ImageDropError,
  queue: MessageQueue,
  deps: StepDependencies,
  message: RecordMessage = { record: key },
): Promise<void> {
  const pause = await deps.pauses.begin({ target: record.target, stage: STAGE_OF[record.status] }, error);
  await deps.records.change(key, (stored) =>
    stored !== undefined && changes.isUndecided(record, stored, deps.now())
      ? changes.wait(changes.release(changes.withoutAttempt(stored), error, deps.now()), pause, deps.now())
      : undefined,
  );
  await queue.send(message, delaySeconds(key, pause, deps.now()));
}

/** Puts the outcome of a settled drop off, whose image cannot be deleted now. Its error stays. */
export async function putOffOutcome(
  key: string,
  record: DropRecord,
  error: ImageDropError,
  deps: StepDependencies & { readonly statusQueue: MessageQueue },
): Promise<void> {
  const pause = await deps.pauses.begin({ target: record.target, stage: STAGE_OF[record.status] }, error);
  await deps.records.change(key, (stored) =>
    stored?.status === record.status && stored.generation === record.generation && stored.waiting === undefined
      ? changes.wait(stored, pause, deps.now())
      : undefined,
  );
  await deps.statusQueue.send({ record: key }, delaySeconds(key, pause, deps.now()));
}

export function hasWaitedTooLong({ waiting }: DropRecord, now: Date): boolean {
  return waiting !== undefined && now.getTime() - Date.parse(waiting.since) > LONGEST_WAIT_SECONDS * 1000;
}

/** Seconds until the pause is over and the drop's own moment has come. */
export function delaySeconds(key: string, { until }: TargetPause, now: Date): number {
  const left = Math.max(1, Math.ceil((Date.parse(until) - now.getTime()) / 1000));
  const share = createHash('sha1').update(key).update(until).digest().readUInt32BE(0) / 2 ** 32;
  return Math.min(Math.ceil(left + share * Math.min(left, SPREAD_SECONDS)), MAX_DELAY_SECONDS);
}
