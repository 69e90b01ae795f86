import { asImageDropError } from '../../model/errors.ts';
import { type DropRecord, STAGE_OF } from '../../model/record.ts';
import { isSettled, statusSince } from '../../model/record-changes.ts';
import { type Found, type Look, lookAtEach } from './found.ts';
import type { ReconcileDependencies } from './ports.ts';
import { isBehind, type Waiting } from './waiting.ts';
import type { Window } from './window.ts';

/** A page of the status bucket: records that nobody works on, though they are not settled and announced. */
export async function lostMessages(
  cursor: string | undefined,
  window: Window,
  waiting: Waiting,
  deps: ReconcileDependencies,
): Promise<Look> {
  return lookAtEach(await deps.listing.records(cursor), async ({ key, lastModified }) => {
    if (!window.holds(lastModified)) return [];
    try {
      return await lookAt(key, await deps.records.load(key), waiting, deps);
    } catch (thrown) {
      const { code, message, retryable } = asImageDropError(thrown);
      if (retryable) throw thrown;
      return [{ finding: { kind: 'unreadable', subject: key, why: message, code } }];
    }
  });
}

async function lookAt(
  key: string,
  record: DropRecord | undefined,
  waiting: Waiting,
  deps: ReconcileDependencies,
): Promise<readonly Found[] | 'left-out'> {
  if (record === undefined || isOver(record) || isHeld(record, deps.now())) return [];
  return isBehind(STAGE_OF[record.status], waiting) ? 'left-out' : [sentAgain(key, record, deps)];
}

const isOver = (record: DropRecord): boolean => isSettled(record) && record.announcedAt !== undefined;

/** Whoever holds it renews it, which is a change that a later look sees. */
export const isHeld = ({ lease }: DropRecord, now: Date): boolean =>
  lease !== undefined && Date.parse(lease.until) > now.getTime();

function sentAgain(key: string, record: DropRecord, deps: ReconcileDependencies): Found {
  const what = isSettled(record) ? 'but was not announced' : 'and nobody works on it';
  return {
    finding: {
      kind: 'sent-again',
      subject: key,
      why: `It is ${record.status} since ${statusSince(record).toISOString()}, ${what}.`,
    },
    /** The change makes the next pass look again, and lets a look at the image that was not lost after all end. */
    async mend() {
      const changed = await deps.records.change(key, (stored) =>
        stored?.nonce === record.nonce ? { ...stored, rounds: (stored.rounds ?? 0) + 1 } : undefined,
      );
      if (changed?.revision !== record.revision + 1) return false;
      await deps.ingestQueue.send({ record: key });
      return true;
    },
  };
}
