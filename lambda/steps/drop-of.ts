import { type Drop, dropId } from '../model/drop.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import type { ObjectHead, ObjectStore } from './ports.ts';
import { type ChoiceDependencies, withTargets } from './targets-of-drop.ts';

export interface DropDependencies extends ChoiceDependencies {
  readonly objects: Pick<ObjectStore, 'head'>;
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
  return withTargets(dropAs({ ...event, ...(head ?? { lastModified: event.eventTime }) }), head, deps);
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
