import { asImageDropError, ImageDropError } from '../model/errors.ts';
import { type DropRecord, type Progress, type RecordStatus, STAGE_OF } from '../model/record.ts';
import { type RecordOf, recordOf, type UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { type RepeatedWork, repeatUntilStopped } from '../transfer/progress.ts';
import { failDrop } from './give-up-image.ts';
import type { QueueStepDependencies, StepDependencies } from './ports.ts';
import { noRecord } from './record-message.ts';
import { hasWaitedTooLong, isPutOff, LONGEST_WAIT_SECONDS, pauseTarget } from './waiting-for-target.ts';
import type { Work } from './work.ts';

/** Long enough for a few lost renewals, short enough that the drop of a killed function is continued within two minutes. */
export const LEASE_SECONDS = 60;

/**
 * How often work on one status begins before the drop fails: with the pauses of model/backoff.ts that is 24 to 47
 * minutes. A longer outage usually concerns the whole target, which is paused without an attempt.
 */
export const MAX_ATTEMPTS = 12;

/**
 * Works on a record while holding its lease. A temporary error is thrown, so that the message comes back; any other error
 * settles the record as failed. While the target is paused, no work begins.
 *
 * @param work with the record as it was read to decide what to do
 * @param statuses those that the work is for: a record that has changed its status meanwhile is not changed, and its
 *   message comes back
 * @param run gets the work with the leased record; it stores its own result
 */
export async function underLease<Status extends RecordStatus>(
  work: Work,
  statuses: readonly Status[],
  deps: QueueStepDependencies,
  run: (work: Work<RecordOf<Status>>) => Promise<void>,
): Promise<void> {
  if (await isPutOff(work, deps)) return;
  // The message becomes visible when the lease ends, though the queue would hide it for as long as a function can run.
  const [leased] = await Promise.all([takeLease(work, statuses, deps), work.invocation.holdMessage(LEASE_SECONDS)]);
  const { record } = leased;
  try {
    if (record.attempts > MAX_ATTEMPTS) throw attemptsExhausted('Gave up', record.error);
    await run(leased.with(recordOf(record, statuses)));
    await deps.pauses.end(record.target, STAGE_OF[record.status]);
  } catch (thrown) {
    await endAttempt(leased, asImageDropError(thrown), deps);
  }
}

async function takeLease(work: Work, statuses: readonly RecordStatus[], deps: StepDependencies): Promise<Work> {
  const { key, invocation } = work;
  const leased = await deps.records.change(key, (stored) => {
    if (stored === undefined) throw noRecord(key);
    if (!statuses.includes(stored.status)) throw statusChanged(key, stored.status);
    return { ...changes.lease(stored, invocation.id, LEASE_SECONDS, deps.now()), attempts: stored.attempts + 1 };
  });
  if (leased === undefined) throw noRecord(key);
  return work.with(leased);
}

/** Settles the record, puts it off, or ends the lease and throws the error for a retry. */
async function endAttempt(work: Work, error: ImageDropError, deps: QueueStepDependencies): Promise<void> {
  const { record, invocation } = work;
  if (error.code === 'lease-held' || error.code === 'record-conflict') throw error;
  if (error.wholeTarget) {
    if (!hasWaitedTooLong(record, deps.now())) return pauseTarget(work, error, deps);
    return failDrop(work, waitedTooLong(error), deps);
  }
  if (!error.retryable) return failDrop(work, error, deps);
  if (record.attempts >= MAX_ATTEMPTS) return failDrop(work, attemptsExhausted('Gave up', error), deps);
  await work.update((stored) =>
    stored.lease?.holder === invocation.id ? changes.endAttempt(stored, error, deps.now()) : undefined,
  );
  throw error;
}

function waitedTooLong(error: ImageDropError): ImageDropError {
  const days = LONGEST_WAIT_SECONDS / 86_400;
  return new ImageDropError(error.code, `Target unavailable for ${days} days: ${error.message}`, {
    cause: error.cause,
    retryable: false,
    nextStep:
      error.code === 'unauthorized'
        ? 'Correct the credentials in clouds.yaml, then run `imagedrop retry` for the drop.'
        : 'Make room at the target, then run `imagedrop retry` for the drop.',
  });
}

function statusChanged(key: string, status: RecordStatus): ImageDropError {
  const message = `The record ${key} has changed to ${status} meanwhile.`;
  return new ImageDropError('record-conflict', message, { retryAfterSeconds: 0 });
}

/** @param gaveUp what is given up: "Gave up chunk 3 of the file" */
export function attemptsExhausted(
  gaveUp: string,
  last: Pick<ImageDropError, 'code' | 'message'> | undefined,
): ImageDropError {
  const end = last === undefined ? 'none of them stored a result.' : `the last error: ${last.code}: ${last.message}`;
  const text = `${gaveUp} after ${MAX_ATTEMPTS} attempts; ${end}`;
  return new ImageDropError('retries-exhausted', text, { cause: last instanceof Error ? last : undefined });
}

/**
 * Renews the lease and the visibility timeout of the message, so that a killed function loses both within LEASE_SECONDS.
 * @param progress how far the transfer is; absent for work that has no progress
 * @throws `lease-held` when another invocation has the lease: the work must end
 */
export async function renewLease(work: Work, deps: StepDependencies, progress?: Progress): Promise<void> {
  const { invocation } = work;
  await work.change((stored) => ({
    ...changes.lease(stored, invocation.id, LEASE_SECONDS, deps.now()),
    ...(progress !== undefined && { progress }),
  }));
  await invocation.holdMessage(LEASE_SECONDS);
}

/**
 * Renews the lease while some work without progress runs.
 * @throws `lease-held` when another invocation has taken the lease meanwhile
 */
export async function whileHolding<T>(work: Work, deps: StepDependencies, run: () => Promise<T>): Promise<T> {
  const renewal: RepeatedWork = repeatUntilStopped(() => renewLease(work, deps), { clock: () => deps.now().getTime() });
  try {
    const result = await run();
    renewal.signal.throwIfAborted();
    return result;
  } finally {
    await renewal.stop();
  }
}

/** Ends an upload: sends the record to record-status. @param result what the record then has of the upload */
export async function finishUpload(
  work: Work<UploadRecord>,
  deps: StepDependencies,
  result: (stored: DropRecord) => Partial<DropRecord>,
): Promise<void> {
  await work.change((stored) => ({ ...changes.moveTo(stored, 'processing', deps.now()), ...result(stored) }));
  await deps.statusQueue.send(work.message);
}
