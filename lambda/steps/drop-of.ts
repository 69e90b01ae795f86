import { type Drop, dropId } from '../model/drop.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import type { ObjectHead, StepDependencies } from './ports.ts';

export interface FoundDrop {
  readonly drop: Drop;
  /** What lies under the key of the drop now, where it is the drop itself. */
  readonly newest?: ObjectHead;
}

/** The drop as its object tells it; where the object is gone already, as the event told it. */
export async function dropOf(event: ObjectEvent, deps: Pick<StepDependencies, 'objects'>): Promise<FoundDrop> {
  const { bucket, key, versionId, etag } = event;
  // As a rule the version of the event is the newest one, and need not be asked for once more.
  const newest = await deps.objects.head(bucket, key);
  if (newest !== undefined && newest.versionId === versionId && newest.etag === etag) {
    return { drop: dropAs({ ...event, ...newest }), newest };
  }
  const head = versionId === undefined ? newest : await deps.objects.head(bucket, key, versionId);
  return { drop: dropAs({ ...event, ...(head ?? { lastModified: event.eventTime }) }) };
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
