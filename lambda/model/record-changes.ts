/** The moves a record can make, as pure functions; what they return is stored by compare-and-swap. */
import type { Drop } from './drop.ts';
import { causeLine, ImageDropError } from './errors.ts';
import type { DropRecord, HistoryEntry, QueueStage, RecordedError, RecordStatus } from './record.ts';
import { RECORD_SCHEMA } from './record.ts';
import type { TargetPause } from './target-pause.ts';

/** A record as a step makes it: revision and nonce are given when it is stored. */
export type RecordDraft = Omit<DropRecord, 'revision' | 'nonce'>;

const SETTLED: readonly RecordStatus[] = ['active', 'failed', 'superseded'];

export const isSettled = (record: RecordDraft): boolean => SETTLED.includes(record.status);

export function receive(drop: Drop, target: string, now: Date): RecordDraft {
  return {
    schema: RECORD_SCHEMA,
    status: 'received',
    drop,
    target,
    generation: 1,
    attempts: 0,
    history: [{ status: 'received', at: now.toISOString() }],
  };
}

/**
 * Gives the right to work on the record to one invocation. A holder may take its own lease again.
 * @throws `lease-held`: the holder may be done in a moment or renew for many minutes, so the usual back-off is right
 */
export function lease<R extends RecordDraft>(record: R, holder: string, seconds: number, now: Date): R {
  const held = record.lease;
  if (held !== undefined && held.holder !== holder && Date.parse(held.until) > now.getTime()) {
    const message = `Another invocation (${held.holder}) works on this drop until ${held.until}.`;
    throw new ImageDropError('lease-held', message);
  }
  const until = new Date(now.getTime() + seconds * 1000).toISOString();
  return { ...record, lease: { holder, until } };
}

/**
 * Makes sure, at each change that a holder makes, that the lease is still its own.
 * @throws `lease-held`
 */
export function requireLease<R extends RecordDraft>(
  record: R | undefined,
  holder: string | undefined,
): asserts record is R {
  if (record !== undefined && record.lease?.holder === holder) return;
  throw new ImageDropError('lease-held', `The lease of this invocation (${holder}) was lost to another.`);
}

/** Gives the lease back and says why the attempt ended. */
export function release(record: RecordDraft, error: ImageDropError, now: Date): RecordDraft {
  const { lease: _, ...rest } = record;
  return { ...rest, error: recordedError(error, now) };
}

/** Says why nothing happens, from the beginning of the wait on. */
export function wait(record: RecordDraft, { code, message }: TargetPause, now: Date): RecordDraft {
  return { ...record, waiting: record.waiting ?? { since: now.toISOString(), code, message } };
}

/** Gives the lease back while others go on with the record. */
export function giveBack(record: RecordDraft): RecordDraft {
  const { lease: _, ...rest } = record;
  return rest;
}

/** Forgets a copy in object storage that is no more. */
export function withoutStaging(record: RecordDraft): RecordDraft {
  const { staging: _, ...rest } = record;
  return rest;
}

/** The next status; a lease, a wait, the count of attempts and an error of the status before are gone. */
export function moveTo(record: RecordDraft, status: RecordStatus, now: Date, note?: string): RecordDraft {
  const { lease: _lease, error: _error, waiting: _waiting, ...rest } = record;
  return { ...rest, status, attempts: 0, history: [...record.history, entry(status, now, note)] };
}

/** From `created` to `uploading`; an upload that is tried again keeps its lease, its count of attempts and its history. */
export function beginUpload(record: RecordDraft, now: Date): RecordDraft {
  if (record.status === 'uploading') return record;
  return { ...record, status: 'uploading', history: [...record.history, entry('uploading', now, undefined)] };
}

/** Back to the start with a new image, because the one before is broken or gone. A copy in object storage stays. */
export function beginAgain(record: RecordDraft, now: Date, why: string): RecordDraft {
  const {
    image: _image,
    import: _import,
    register: _register,
    unread: _unread,
    progress: _progress,
    hashes: _hashes,
    sent: _sent,
    metadata: _metadata,
    verification: _verification,
    ...rest
  } = record;
  return { ...moveTo(rest, 'received', now, why), generation: record.generation + 1 };
}

/**
 * A drop that failed, from the start again, with another image.
 * @param failedAt when, as its history says: a message that asks for it twice is obeyed once
 * @returns undefined where it has not failed then
 */
export function retry(record: RecordDraft, failedAt: string, now: Date): RecordDraft | undefined {
  if (record.status !== 'failed' || record.history.at(-1)?.at !== failedAt) return undefined;
  const { announcedAt: _announcedAt, deadLetter: _deadLetter, ...rest } = record;
  const again = beginAgain(rest, now, 'retried');
  return { ...again, retriedFrom: again.generation };
}

/** @param deadLetter the stage of the dead letter that has settled it */
export function fail(record: RecordDraft, error: ImageDropError, now: Date, deadLetter?: QueueStage): RecordDraft {
  const failed = { ...moveTo(record, 'failed', now, error.code), error: recordedError(error, now) };
  return deadLetter === undefined ? failed : { ...failed, deadLetter };
}

/** When the record came to the status that it has. */
export function statusSince(record: RecordDraft): Date {
  const last = record.history.at(-1);
  return new Date(last?.at ?? record.drop.droppedAt);
}

export function recordedError(error: ImageDropError, now: Date): RecordedError {
  const cause = causeLine(error);
  return {
    code: error.code,
    message: error.message,
    nextStep: error.nextStep,
    retryable: error.retryable,
    ...(cause !== undefined && { cause }),
    at: now.toISOString(),
  };
}

function entry(status: RecordStatus, now: Date, note: string | undefined): HistoryEntry {
  return { status, at: now.toISOString(), ...(note !== undefined && { note }) };
}
