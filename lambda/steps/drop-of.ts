import { type Drop, dropId } from '../model/drop.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import type { ObjectHead, StepDependencies } from './ports.ts';

/** The drop as its object tells it; where the object is gone already, as the event told it. */
export async function dropOf(event: ObjectEvent, deps: Pick<StepDependencies, 'objects'>): Promise<Drop> {
  const { bucket, key } = event;
  const head = await deps.objects.head(bucket, key, event.versionId);
  return dropAs({ ...event, ...(head ?? { lastModified: event.eventTime }) });
}

export interface FoundDrop {
  readonly drop: Drop;
  /** What lies under the key of the drop now, where it is the drop itself. */
  readonly newest?: ObjectHead;
}

/** The same, by the newest version where that is the one of the event: as a rule it is, and need not be asked for again. */
export async function dropAndNewest(event: ObjectEvent, deps: Pick<StepDependencies, 'objects'>): Promise<FoundDrop> {
  const newest = await deps.objects.head(event.bucket, event.key);
  const isThis = newest?.versionId === event.versionId && newest?.etag === event.etag;
  if (newest === undefined || !isThis) return { drop: await dropOf(event, deps) };
  return { drop: dropAs({ ...event, ...newest }), newest };
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
