import { type Drop, dropId } from '../model/drop.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import type { ObjectHead, StepDependencies } from './ports.ts';

export interface FoundDrop {
  readonly drop: Drop;
  /** What lies under the key of the drop now, where it is the drop itself. */
  readonly newest?: ObjectHead;
}

/** The drop, and what lies under its key: as a rule one and the same, which need not be asked for twice. */
export async function foundDrop(event: ObjectEvent, deps: Pick<StepDependencies, 'objects'>): Promise<FoundDrop> {
  const { bucket, key, versionId, etag } = event;
  const newest = await deps.objects.head(bucket, key);
  const isDrop = newest !== undefined && newest.versionId === versionId && newest.etag === etag;
  return isDrop ? { drop: dropAs({ ...event, ...newest }), newest } : { drop: await dropOf(event, deps) };
}

/** The drop as its object tells it; where the object is gone already, as the event told it. */
export async function dropOf(event: ObjectEvent, deps: Pick<StepDependencies, 'objects'>): Promise<Drop> {
  const { bucket, key, versionId } = event;
  const head = await deps.objects.head(bucket, key, versionId);
  return dropAs({ ...event, ...(head ?? { lastModified: event.eventTime }) });
}

/** The drop as it is described. */
export function dropAs(object: Omit<ObjectEvent, 'eventTime'> & { readonly lastModified: Date }): Drop {
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
