import { dropId } from '../../model/drop.ts';
import { isDrop, type ObjectEvent, objectEventMessage } from '../../model/s3-event.ts';
import type { TargetBeginnings } from '../../model/target-beginnings.ts';
import { begunTargets, dropOf, recordsOf } from '../find-drop.ts';
import type { Found, Look } from './found.ts';
import { isBehind, lookAtEach, type Waiting } from './found.ts';
import type { ReconcileDependencies } from './ports.ts';
import type { Window } from './window.ts';

/** What decides whether a drop counts as lost. */
export interface DropLook {
  readonly window: Window;
  readonly waiting: Waiting;
  readonly beginnings: TargetBeginnings;
  /** Whether an earlier look has sent the drop round. */
  wasSent(drop: string): boolean;
}

/** A page of the drop bucket: drops that lack a record where they go to, because S3's event was lost. */
export async function lostDrops(
  cursor: string | undefined,
  look: DropLook,
  deps: ReconcileDependencies,
): Promise<Look> {
  return lookAtEach(await deps.listing.drops(cursor), subjectOf, async (drop) => {
    if (!isDrop(drop) || !look.window.holds(drop.eventTime) || look.wasSent(nameOf(drop))) return [];
    const missing = await targetsWithoutRecord(drop, look.beginnings, deps);
    if (missing.length === 0) return [];
    return isBehind('ingest', look.waiting) ? 'left-out' : [takenUp(drop, missing, deps)];
  });
}

const subjectOf = ({ bucket, key }: ObjectEvent): string => `s3://${bucket}/${key}`;

const nameOf = (drop: ObjectEvent): string => `${drop.key}/${dropId({ ...drop, lastModified: drop.eventTime })}`;

/** Which targets it names, the object is only asked where a record is missing and no other one tells. */
async function targetsWithoutRecord(
  event: ObjectEvent,
  beginnings: TargetBeginnings,
  deps: ReconcileDependencies,
): Promise<readonly string[]> {
  const id = dropId({ ...event, lastModified: event.eventTime });
  const { missing, targets } = await recordsOf({ key: event.key, id }, deps);
  if (begunTargets({}, event.eventTime, beginnings, deps).every((name) => !missing.includes(name))) return [];
  const drop = targets === undefined ? await dropOf(event, deps) : { targets };
  return begunTargets(drop, event.eventTime, beginnings, deps).filter((name) => missing.includes(name));
}

function takenUp(drop: ObjectEvent, targets: readonly string[], deps: ReconcileDependencies): Found {
  return {
    sends: nameOf(drop),
    finding: {
      kind: 'taken-up',
      subject: subjectOf(drop),
      why: `It arrived at ${drop.eventTime.toISOString()} and has no record at ${targets.join(', ')}.`,
    },
    async correct() {
      await deps.ingestQueue.send(objectEventMessage(drop));
      return true;
    },
  };
}
