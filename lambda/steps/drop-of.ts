import { type Drop, dropId, dropIdIn, recordKey, secondsIn } from '../model/drop.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import type { ObjectHead, ObjectStore, RecordStore } from './ports.ts';
import { type ChoiceDependencies, withTargets } from './targets-of-drop.ts';

export interface DropDependencies extends ChoiceDependencies {
  readonly objects: Pick<ObjectStore, 'head'>;
  readonly records: Pick<RecordStore, 'load' | 'keysBelow'>;
}

export interface FoundDrop {
  readonly drop: Drop;
  /** What lies under the key of the drop now, where it is the drop itself. */
  readonly newest?: ObjectHead;
}

/** The drop, and what lies under its key: as a rule one and the same, which need not be asked for twice. */
export async function foundDrop(event: ObjectEvent, deps: DropDependencies): Promise<FoundDrop> {
  const { bucket, key, versionId, etag } = event;
  const newest = await deps.objects.head(bucket, key);
  const isDrop = newest !== undefined && newest.versionId === versionId && newest.etag === etag;
  if (!isDrop) return { drop: await dropOf(event, deps) };
  return { drop: await withTargets(dropAs({ ...event, ...newest }), newest, deps), newest };
}

/** The drop as its object tells it; where the object is gone already, as the event told it. */
export async function dropOf(event: ObjectEvent, deps: DropDependencies): Promise<Drop> {
  const { bucket, key, versionId } = event;
  const head = await deps.objects.head(bucket, key, versionId);
  const object = head ?? { lastModified: (await recordedArrival(event, deps)) ?? event.eventTime };
  return withTargets(dropAs({ ...event, ...object }), head, deps);
}

/** S3 tells Last-Modified in whole seconds, and the event a moment later. */
const EVENT_DELAY_SECONDS = 3;

/** Of a multipart upload, Last-Modified is when it was begun: days before the event of its end. */
const LONGEST_UPLOAD_SECONDS = 8 * 86_400;

/**
 * When a drop arrived whose object is gone and had no version: its record says so, if it was taken up before. An event
 * that comes again must not make a second record.
 */
async function recordedArrival(event: ObjectEvent, deps: DropDependencies): Promise<Date | undefined> {
  const { etag, versionId, eventTime } = event;
  if (versionId !== undefined) return undefined;
  const latest = eventTime.getTime() / 1000 + EVENT_DELAY_SECONDS;
  const earliest = latest - (etag.includes('-') ? LONGEST_UPLOAD_SECONDS : 2 * EVENT_DELAY_SECONDS);
  const arrivals = (await recordedIds(event, deps))
    .map((id) => secondsIn(id, etag))
    .filter((seconds) => seconds !== undefined)
    .filter((seconds) => seconds >= earliest && seconds <= latest);
  return arrivals.length === 0 ? undefined : new Date(Math.max(...arrivals) * 1000);
}

async function recordedIds(event: ObjectEvent, deps: DropDependencies): Promise<readonly string[]> {
  const { key, etag, eventTime } = event;
  const likely = { key, id: dropId({ etag, lastModified: eventTime }) };
  const prefixes = deps.targets.map(({ name }) => recordKey(likely, name).replace(/\/[^/]*\/[^/]*$/, `/${etag}-`));
  const keys = await Promise.all([...new Set(prefixes)].map((prefix) => deps.records.keysBelow(prefix)));
  return keys.flat().flatMap((each) => dropIdIn(each).dropId ?? []);
}

/** The drop as its event told it, where its object cannot be asked. */
export const dropAsTold = (event: ObjectEvent, deps: DropDependencies): Promise<Drop> =>
  withTargets(dropAs({ ...event, lastModified: event.eventTime }), undefined, deps);

function dropAs(object: Omit<ObjectEvent, 'eventTime'> & { readonly lastModified: Date }): Drop {
  const { bucket, key, versionId, etag, size, lastModified } = object;
  return {
    bucket,
    key,
    id: dropId({ versionId, etag, lastModified }),
    ...(versionId !== undefined && { versionId }),
    etag,
    size,
    droppedAt: lastModified.toISOString(),
  };
}
