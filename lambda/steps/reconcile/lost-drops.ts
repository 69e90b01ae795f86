import { dropId, recordKey } from '../../model/drop.ts';
import { asImageDropError } from '../../model/errors.ts';
import { isDrop, type ObjectEvent, objectEventMessage } from '../../model/s3-event.ts';
import type { Found, Look } from './found.ts';
import { lookAtEach } from './found.ts';
import type { ReconcileDependencies } from './ports.ts';
import { isBehind, type Waiting } from './waiting.ts';
import type { Window } from './window.ts';

/** A page of the drop bucket: drops that lack a record at a target, because S3's event was lost. */
export async function lostDrops(
  cursor: string | undefined,
  window: Window,
  waiting: Waiting,
  deps: ReconcileDependencies,
): Promise<Look> {
  return lookAtEach(await deps.listing.drops(cursor), async (drop) => {
    if (!isDrop(drop) || !window.holds(drop.eventTime)) return [];
    const missing = await targetsWithoutRecord(drop, deps);
    if (missing.length === 0) return [];
    return isBehind('ingest', waiting) ? 'left-out' : [takenUp(drop, missing, deps)];
  });
}

async function targetsWithoutRecord(drop: ObjectEvent, deps: ReconcileDependencies): Promise<readonly string[]> {
  const id = dropId({ ...drop, lastModified: drop.eventTime });
  const missing = await Promise.all(
    deps.targets.map(async ({ name }) => {
      return (await isThere(recordKey({ key: drop.key, id }, name), deps)) ? [] : [name];
    }),
  );
  return missing.flat();
}

/** One that cannot be read is there: the look at the records says so. */
async function isThere(key: string, { records }: ReconcileDependencies): Promise<boolean> {
  try {
    return (await records.load(key)) !== undefined;
  } catch (thrown) {
    if (asImageDropError(thrown).retryable) throw thrown;
    return true;
  }
}

function takenUp(drop: ObjectEvent, targets: readonly string[], deps: ReconcileDependencies): Found {
  return {
    finding: {
      kind: 'taken-up',
      subject: `s3://${drop.bucket}/${drop.key}`,
      why: `It arrived at ${drop.eventTime.toISOString()} and has no record at ${targets.join(', ')}.`,
    },
    async mend() {
      await deps.ingestQueue.send(objectEventMessage(drop));
      return true;
    },
  };
}
