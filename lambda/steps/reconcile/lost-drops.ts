import { dropId, goesTo } from '../../model/drop.ts';
import { isDrop, type ObjectEvent, objectEventMessage } from '../../model/s3-event.ts';
import { dropOf } from '../drop-of.ts';
import { recordsOf } from '../targets-of-drop.ts';
import type { Found, Look } from './found.ts';
import { lookAtEach } from './found.ts';
import type { ReconcileDependencies } from './ports.ts';
import { isBehind, type Waiting } from './waiting.ts';
import type { Window } from './window.ts';

/** A page of the drop bucket: drops that lack a record where they go to, because S3's event was lost. */
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

/** Which targets it names, the object is only asked where a record is missing and no other one tells. */
async function targetsWithoutRecord(event: ObjectEvent, deps: ReconcileDependencies): Promise<readonly string[]> {
  const id = dropId({ ...event, lastModified: event.eventTime });
  const { missing, targets } = await recordsOf({ key: event.key, id }, deps);
  if (missing.length === 0) return [];
  const drop = targets === undefined ? await dropOf(event, deps) : { targets };
  return missing.filter((name) => goesTo(drop, name));
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
