import { type Drop, goesTo, recordKey } from '../../model/drop.ts';
import { asImageDropError, ImageDropError } from '../../model/errors.ts';
import { type DropRecord, type QueueStage, STAGE_OF } from '../../model/record.ts';
import * as changes from '../../model/record-changes.ts';
import { objectEvents } from '../../model/s3-event.ts';
import { dropAsTold, dropOf } from '../drop-of.ts';
import { failDrop } from '../fail-drop.ts';
import type { ScheduledInvocation } from '../ports.ts';
import { recordNamedIn } from '../record-message.ts';
import { LEASE_SECONDS } from '../under-lease.ts';
import type { Found } from './found.ts';
import { isHeld } from './lost-messages.ts';
import type { DeadLetter, ReconcileDependencies } from './ports.ts';

/** The function of each stage, as its user knows it. */
const FUNCTION_OF: Readonly<Record<QueueStage, string>> = {
  ingest: 'create-metadata',
  upload: 'stream-upload',
  status: 'record-status',
};

/**
 * The drops that a dead letter was about, as far as they still wait for it. The letter itself stays: whoever has mended
 * the cause redrives it.
 */
export async function deadLetterFindings(
  letter: DeadLetter,
  invocation: ScheduledInvocation,
  deps: ReconcileDependencies,
): Promise<readonly Found[]> {
  try {
    const waiting = await recordsNamedIn(letter, deps);
    const found = await Promise.all(waiting.map((each) => lookAt(each, letter, invocation, deps)));
    return found.flat();
  } catch (thrown) {
    const { code, message, retryable } = asImageDropError(thrown);
    if (retryable) throw thrown;
    return [{ finding: { kind: 'dead-letter-unread', subject: subjectOf(letter), why: message, code } }];
  }
}

interface NamedRecord {
  readonly key: string;
  /** Where there may be no record yet. */
  readonly drop?: Drop;
  readonly target?: string;
}

async function recordsNamedIn({ body }: DeadLetter, deps: ReconcileDependencies): Promise<readonly NamedRecord[]> {
  const message = parsed(body);
  const events = objectEvents(message);
  if (events === undefined) return [{ key: recordNamedIn(message) }];
  const drops = await Promise.all(
    // The bucket that cannot be read may be why the letter is dead.
    events.map((event) => dropOf(event, deps).catch(() => dropAsTold(event, deps))),
  );
  return drops.flatMap((drop) => {
    const targets = deps.targets.filter(({ name }) => goesTo(drop, name));
    return targets.map(({ name }) => ({ key: recordKey(drop, name), drop, target: name }));
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ImageDropError('bad-message', 'The message is not JSON.', { cause });
  }
}

async function lookAt(
  named: NamedRecord,
  letter: DeadLetter,
  invocation: ScheduledInvocation,
  deps: ReconcileDependencies,
): Promise<readonly Found[]> {
  const record = await deps.records.load(named.key);
  if (record === undefined && named.drop === undefined) {
    const why = `The record ${named.key} is not there.`;
    return [{ finding: { kind: 'dead-letter-unread', subject: subjectOf(letter), why } }];
  }
  if (record !== undefined && !waitsFor(letter, record, deps.now())) return [];
  const why = verdict(letter, record);
  return [
    {
      finding: { kind: 'dead-letter-settled', subject: named.key, why: why.message, code: why.code },
      mend: () => settle(named, letter, why, invocation, deps),
    },
  ];
}

/** A letter whose record has moved on was a double, or late. */
function waitsFor(letter: DeadLetter, record: DropRecord, now: Date): boolean {
  return !changes.isSettled(record) && STAGE_OF[record.status] === letter.stage && !isHeld(record, now);
}

function verdict(letter: DeadLetter, record: DropRecord | undefined): ImageDropError {
  const last = record?.error;
  const cause = last === undefined ? 'its function was ended from outside each time' : `${last.code}: ${last.message}`;
  const message = `${FUNCTION_OF[letter.stage]} could not handle message ${letter.messageId}; the last cause: ${cause}`;
  return new ImageDropError('retries-exhausted', message, {
    nextStep: 'Mend the cause that is named, then redrive the dead letters or run `imagedrop retry`.',
  });
}

/** Under a lease, so that nobody begins meanwhile. */
async function settle(
  { key, drop, target }: NamedRecord,
  letter: DeadLetter,
  why: ImageDropError,
  { id }: ScheduledInvocation,
  deps: ReconcileDependencies,
): Promise<boolean> {
  const taken = await deps.records.change(key, (stored) => {
    if (stored !== undefined && !waitsFor(letter, stored, deps.now())) return undefined;
    const begun = drop && target !== undefined ? changes.receive(drop, target, deps.now()) : undefined;
    const record = stored ?? begun;
    if (record === undefined) return undefined;
    return changes.lease(record, id, LEASE_SECONDS, deps.now());
  });
  if (taken?.lease?.holder !== id) return false;
  await failDrop(key, why, deps, id, letter.stage);
  return true;
}

const subjectOf = ({ stage, messageId }: DeadLetter): string => `dead letter ${messageId} of ${FUNCTION_OF[stage]}`;
