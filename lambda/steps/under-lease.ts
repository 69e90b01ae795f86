import { asImageDropError, ImageDropError } from '../model/errors.ts';
import { type DropRecord, type Progress, type RecordStatus, STAGE_OF } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { reportProgress } from '../transfer/progress.ts';
import { type FailDependencies, failDrop } from './give-up-image.ts';
import type { Invocation, MessageQueue, StepDependencies } from './ports.ts';
import { noRecord } from './record-message.ts';
import { hasWaitedTooLong, isPutOff, LONGEST_WAIT_SECONDS, pauseTarget } from './waiting-for-target.ts';

/** Long enough for a few lost renewals, short enough that a dead function's drop is taken up again within a minute or two. */
export const LEASE_SECONDS = 60;

/**
 * How often work on one status is begun before the drop fails: with the pauses of model/backoff.ts that is 24 to 47
 * minutes. What lasts longer is as a rule the whole target, which is paused without an attempt.
 */
export const MAX_ATTEMPTS = 12;

export interface LeaseDependencies extends FailDependencies {
  /** The queue that the message came from: a drop that is put off gets a new one there. */
  readonly ownQueue: MessageQueue;
}

/**
 * Works on a record while holding its lease. What the work throws is decided here: an error that may pass goes out, so
 * that the message comes back; any other settles the record as failed. While the target is paused nothing is begun.
 *
 * @param present as it was read to decide what to do
 * @param statuses those that the work is for: a record that has moved on meanwhile is left alone, and its message comes
 *   back to be decided anew
 * @param work gets the record as leased; it stores its own result
 */
export async function underLease(
  key: string,
  present: DropRecord,
  statuses: readonly RecordStatus[],
  invocation: Invocation,
  deps: LeaseDependencies,
  work: (record: DropRecord) => Promise<void>,
): Promise<void> {
  if (await isPutOff(key, present, deps.ownQueue, deps)) return;
  // The message is given back as soon as the lease is, though the queue would keep it for as long as a function lives.
  const [record] = await Promise.all([
    takeLease(key, statuses, invocation, deps),
    invocation.holdMessage(LEASE_SECONDS),
  ]);
  try {
    if (record.attempts > MAX_ATTEMPTS) throw exhausted(record.error?.code, record.error?.message);
    await work(record);
    await deps.pauses.end(record.target, STAGE_OF[record.status]);
  } catch (thrown) {
    await decide(key, record, asImageDropError(thrown), invocation, deps);
  }
}

async function takeLease(
  key: string,
  statuses: readonly RecordStatus[],
  invocation: Invocation,
  deps: FailDependencies,
): Promise<DropRecord> {
  const leased = await deps.records.change(key, (stored) => {
    if (stored === undefined) throw noRecord(key);
    if (!statuses.includes(stored.status)) throw movedOn(key, stored.status);
    return { ...changes.lease(stored, invocation.id, LEASE_SECONDS, deps.now()), attempts: stored.attempts + 1 };
  });
  if (leased === undefined) throw noRecord(key);
  return leased;
}

async function decide(
  key: string,
  record: DropRecord,
  error: ImageDropError,
  invocation: Invocation,
  deps: LeaseDependencies,
): Promise<void> {
  if (error.code === 'lease-held' || error.code === 'record-conflict') throw error;
  if (error.wholeTarget) {
    if (!hasWaitedTooLong(record, deps.now())) return pauseTarget(key, record, error, deps.ownQueue, deps);
    return failDrop(key, record, waitedTooLong(error), deps);
  }
  if (!error.retryable) return failDrop(key, record, error, deps);
  if (record.attempts >= MAX_ATTEMPTS) {
    return failDrop(key, record, exhausted(error.code, error.message, error), deps);
  }
  await deps.records.change(key, (stored) =>
    stored?.lease?.holder === invocation.id ? changes.release(stored, error, deps.now()) : undefined,
  );
  throw error;
}

function waitedTooLong(error: ImageDropError): ImageDropError {
  const days = LONGEST_WAIT_SECONDS / 86_400;
  return new ImageDropError(error.code, `For ${days} days there was no way: ${error.message}`, {
    cause: error.cause,
    retryable: false,
    nextStep:
      error.code === 'unauthorized'
        ? 'Correct the credentials in clouds.yaml, then run `imagedrop retry` for the drop.'
        : 'Make room at the target, then run `imagedrop retry` for the drop.',
  });
}

function movedOn(key: string, status: RecordStatus): ImageDropError {
  const message = `The record ${key} has moved on to ${status} meanwhile.`;
  return new ImageDropError('record-conflict', message, { retryAfterSeconds: 0 });
}

function exhausted(code = 'internal', message = 'the function was ended from outside each time', cause?: Error) {
  const text = `Gave up after ${MAX_ATTEMPTS} attempts; the last one: ${code}: ${message}`;
  return new ImageDropError('retries-exhausted', text, { cause });
}

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

/**
 * Keeps lease and message for as long as some work takes that has no progress to report. A function that is killed lets
 * go of both within LEASE_SECONDS.
 * @throws `lease-held` when another invocation has taken over meanwhile
 */
export async function whileHolding<T>(
  key: string,
  invocation: Invocation,
  deps: StepDependencies,
  work: () => Promise<T>,
): Promise<T> {
  const holding = reportProgress({
    bytes: () => 0,
    totalBytes: 0,
    clock: () => deps.now().getTime(),
    onProgress: async () => {
      await deps.records.change(key, (stored) => {
        changes.requireLease(stored, invocation.id);
        return changes.lease(stored, invocation.id, LEASE_SECONDS, deps.now());
      });
      await invocation.holdMessage(LEASE_SECONDS);
    },
  });
  try {
    const result = await work();
    holding.signal.throwIfAborted();
    return result;
  } finally {
    await holding.stop();
  }
}
