import { type Drop, goesTo, recordKey } from '../../model/drop.ts';
import { asImageDropError, ImageDropError } from '../../model/errors.ts';
import { type DropRecord, type QueueStage, STAGE_OF } from '../../model/record.ts';
import type { RecordDraft } from '../../model/record-changes.ts';
import * as changes from '../../model/record-changes.ts';
import { backfillNamedIn, objectEvents } from '../../model/s3-event.ts';
import type { TargetBeginnings } from '../../model/target-beginnings.ts';
import { begunTargets, dropFromEvent, dropOf } from '../find-drop.ts';
import { recordNamedIn } from '../record-message.ts';
import type { Found } from './found.ts';
import type { DeadLetter, ReconcileDependencies } from './ports.ts';

/** The function of each stage, as its user knows it. */
export const FUNCTION_OF: Readonly<Record<QueueStage, string>> = {
  ingest: 'create-metadata',
  unpack: 'unpack-image',
  upload: 'stream-upload',
  status: 'record-status',
};

/** What a dead letter was about. */
export interface LetterLook {
  /** Whether a drop still waits for it, or it cannot be read: its alarm goes on. */
  readonly isOpen: boolean;
  readonly found: readonly Found[];
}

const CLOSED: LetterLook = { isOpen: false, found: [] };
export const openWith = (...found: readonly Found[]): LetterLook => ({ isOpen: true, found });

/**
 * The drops that a dead letter was about, as far as they still wait for it. The letter itself stays: an operator who has fixed
 * the cause redrives it.
 */
export async function lookAtLetter(
  letter: DeadLetter,
  beginnings: TargetBeginnings,
  deps: ReconcileDependencies,
): Promise<LetterLook> {
  try {
    const waiting = await recordsNamedIn(letter, beginnings, deps);
    const looks = await Promise.all(waiting.map((each) => lookAt(each, letter, deps)));
    return { isOpen: looks.some(({ isOpen }) => isOpen), found: looks.flatMap(({ found }) => found) };
  } catch (thrown) {
    const { code, message, retryable } = asImageDropError(thrown);
    if (retryable) throw thrown;
    return openWith({ finding: { kind: 'dead-letter-unread', subject: subjectOf(letter), why: message, code } });
  }
}

interface NamedRecord {
  readonly key: string;
  /** Where there may be no record yet. */
  readonly drop?: Drop;
  readonly target?: string;
}

async function recordsNamedIn(
  { body }: DeadLetter,
  beginnings: TargetBeginnings,
  deps: ReconcileDependencies,
): Promise<readonly NamedRecord[]> {
  const message = parsed(body);
  const events = objectEvents(message);
  if (events === undefined) return [{ key: recordNamedIn(message) }];
  const drops = await Promise.all(
    // The bucket that cannot be read may be why the letter is dead.
    events.map((event) => dropOf(event, deps).catch(() => dropFromEvent(event, deps))),
  );
  const backfill = backfillNamedIn(message);
  return drops.flatMap((drop) => {
    const begun = begunTargets(drop, new Date(drop.droppedAt), beginnings, deps);
    const targets = backfill === undefined ? begun : [backfill].filter((name) => goesTo(drop, name));
    return targets.map((name) => ({ key: recordKey(drop, name), drop, target: name }));
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ImageDropError('bad-message', 'The message is not JSON.', { cause });
  }
}

/**
 * A drop without an attempt of its own must not fail: its message may have been throttled until it became a dead letter. A
 * record without a worker is sent again in any case (lost-messages.ts).
 */
async function lookAt(named: NamedRecord, letter: DeadLetter, deps: ReconcileDependencies): Promise<LetterLook> {
  const { key } = named;
  const record = await deps.records.load(key);
  if (record === undefined) return openWith(withoutRecord(named, letter, deps));
  if (!waitsFor(letter, record, deps.now())) return CLOSED;
  if (!hasAttempt(record)) return openWith();
  const why = verdict(letter, record);
  return openWith({
    finding: { kind: 'dead-letter-settled', subject: key, why: why.message, code: why.code },
    correct: () => settle(key, letter, why, deps),
  });
}

const hasAttempt = ({ attempts, error }: DropRecord): boolean => attempts > 0 || error !== undefined;

function withoutRecord({ key, drop, target }: NamedRecord, letter: DeadLetter, deps: ReconcileDependencies): Found {
  if (drop === undefined || target === undefined) {
    const why = `The record ${key} is not there.`;
    return { finding: { kind: 'dead-letter-unread', subject: subjectOf(letter), why } };
  }
  return {
    finding: {
      kind: 'sent-again',
      subject: key,
      why: `${FUNCTION_OF[letter.stage]} has not begun with it: its message ${letter.messageId} is a dead letter.`,
    },
    async correct() {
      const begun = changes.receive(drop, target, deps.now());
      const stored = await deps.records.change(key, (present) => (present === undefined ? begun : undefined));
      if (stored === undefined || hasAttempt(stored) || stored.status !== 'received') return false;
      await deps.ingestQueue.send({ record: key });
      return true;
    },
  };
}

/** A letter whose record has moved on was a duplicate, or late; one from before the record last began again is history. */
function waitsFor(letter: DeadLetter, record: RecordDraft, now: Date): boolean {
  if (changes.isSettled(record) || changes.isLeased(record, now)) return false;
  return STAGE_OF[record.status] === letter.stage && !isFromBefore(letter, record);
}

/** The clocks of SQS and of the functions differ by less. */
const CLOCK_MARGIN_MS = 5000;

/** The event of a drop is older than its record, so that the first `received` separates nothing. */
function isFromBefore({ sentAt }: DeadLetter, { history }: RecordDraft): boolean {
  const [, ...again] = history.filter(({ status }) => status === 'received');
  const last = again.at(-1);
  return last !== undefined && (sentAt?.getTime() ?? 0) + CLOCK_MARGIN_MS < Date.parse(last.at);
}

function verdict(letter: DeadLetter, { attempts, error }: DropRecord): ImageDropError {
  const cause =
    error === undefined ? `attempt ${attempts} began and stored no result` : `${error.code}: ${error.message}`;
  const message = `${FUNCTION_OF[letter.stage]} could not handle message ${letter.messageId}; the last cause: ${cause}`;
  return new ImageDropError('retries-exhausted', message, {
    nextStep: 'Fix the cause that is named, then redrive the dead letters or run `imagedrop retry`.',
  });
}

/** @returns false where the record has moved on since it was looked at */
async function settle(
  key: string,
  letter: DeadLetter,
  why: ImageDropError,
  deps: ReconcileDependencies,
): Promise<boolean> {
  const stored = await deps.records.change(key, (present) => {
    if (present === undefined || !waitsFor(letter, present, deps.now())) return undefined;
    return changes.fail(present, why, deps.now(), letter.stage);
  });
  if (stored?.status !== 'failed' || stored.deadLetter !== letter.stage || stored.announcedAt !== undefined)
    return false;
  await deps.statusQueue.send({ record: key });
  return true;
}

export const subjectOf = ({ stage, messageId }: DeadLetter): string =>
  `dead letter ${messageId} of ${FUNCTION_OF[stage]}`;
