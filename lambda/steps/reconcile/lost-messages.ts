import { type DropRecord, isWaitingForFile, STAGE_OF } from '../../model/record.ts';
import { isLeased, isOver, isSettled, statusSince } from '../../model/record-changes.ts';
import { type Found, isBehind, type Look, lookAtEach, type Waiting } from './found.ts';
import type { ReconcileDependencies } from './ports.ts';
import type { Window } from './window.ts';

/** A page of the status bucket: records without a worker, though they are not settled and announced. */
export async function lostMessages(
  cursor: string | undefined,
  window: Window,
  waiting: Waiting,
  deps: ReconcileDependencies,
): Promise<Look> {
  return lookAtEach(
    await deps.listing.records(cursor),
    ({ key }) => key,
    async ({ key, lastModified }) => {
      const isYoung = window.isTooYoung(lastModified);
      if (!isYoung && !window.holds(lastModified)) return [];
      const record = await deps.records.load(key);
      const stuck = record === undefined ? [] : await withoutProgress(key, record, deps);
      if (isYoung) return stuck;
      const lost = await lookAt(key, record, waiting, deps);
      // The stuck one is looked at again in any case: it changes, or it is sent again.
      return lost === 'left-out' ? lost : [...stuck, ...lost];
    },
  );
}

/**
 * Several attempts and their pauses end within three hours, and an unpacked disk or a chunk shows its bytes. What takes
 * longer goes round without an end, where the age of the oldest message does not show it: Amazon SQS leaves messages out
 * that were received three times.
 */
const PROGRESS_WITHIN_SECONDS = 6 * 3600;

async function withoutProgress(
  key: string,
  record: DropRecord,
  deps: ReconcileDependencies,
): Promise<readonly Found[]> {
  const { activeWithinSeconds = 0 } = deps.targets.find(({ name }) => name === record.target) ?? {};
  const since = Math.max(statusSince(record).getTime(), Date.parse(record.progress?.at ?? '') || 0);
  const seconds = (deps.now().getTime() - since) / 1000;
  if (isSettled(record) || seconds < Math.max(PROGRESS_WITHIN_SECONDS, activeWithinSeconds)) return [];
  // A wait for a file of the publisher has an end of its own.
  if (isWaitingForFile(record) || (await isWaiting(record, deps))) return [];
  const hours = Math.floor(seconds / 3600);
  const why = `It is ${record.status} since ${statusSince(record).toISOString()}, and has had no progress for ${hours} hours.`;
  return [{ finding: { kind: 'without-progress', subject: key, why } }];
}

async function lookAt(
  key: string,
  record: DropRecord | undefined,
  waiting: Waiting,
  deps: ReconcileDependencies,
): Promise<readonly Found[] | 'left-out'> {
  if (record === undefined || isOver(record)) return [];
  // Who works renews its lease, which takes the record out of the window. This holder may be dead, its message lost.
  if (isLeased(record, deps.now()) || (await isWaiting(record, deps))) return 'left-out';
  return isBehind(STAGE_OF[record.status], waiting) ? 'left-out' : [sentAgain(key, record, deps)];
}

/**
 * While its target is paused a drop waits in its queue, and sends itself a message with a delay each time. Those who
 * have waited come back within MAX_DELAY_SECONDS of the end of the pause, which is less than lostAfterSeconds.
 */
async function isWaiting({ waiting, target }: DropRecord, deps: ReconcileDependencies): Promise<boolean> {
  const pause = waiting && (await deps.pauses.of(target));
  if (pause === undefined) return false;
  const endsAt = Date.parse(pause.endedAt ?? pause.until);
  return endsAt + deps.settings.lostAfterSeconds * 1000 > deps.now().getTime();
}

const unfinished = ({ announcedAt }: DropRecord): string =>
  announcedAt === undefined ? 'but was not announced' : 'but images must still be deleted or retired';

function sentAgain(key: string, record: DropRecord, deps: ReconcileDependencies): Found {
  const what = isSettled(record) ? unfinished(record) : 'and has no worker';
  return {
    finding: {
      kind: 'sent-again',
      subject: key,
      why: `It is ${record.status} since ${statusSince(record).toISOString()}, ${what}.`,
    },
    /** The change makes the next pass look again, and lets a look at the image that was not lost after all end. */
    async correct() {
      const rounds = (record.rounds ?? 0) + 1;
      const changed = await deps.records.change(key, (stored) =>
        stored?.nonce === record.nonce ? { ...stored, rounds } : undefined,
      );
      // Somebody else's change has the next revision, too.
      if (changed?.revision !== record.revision + 1 || changed.rounds !== rounds) return false;
      await deps.ingestQueue.send({ record: key });
      return true;
    },
  };
}
