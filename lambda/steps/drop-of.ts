import { type Drop, dropId } from '../model/drop.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import type { StepDependencies } from './ports.ts';

/** The drop as its object tells it; where the object is gone already, as the event told it. */
export async function dropOf(event: ObjectEvent, deps: Pick<StepDependencies, 'objects'>): Promise<Drop> {
  const { bucket, key } = event;
  const head = await deps.objects.head(bucket, key, event.versionId);
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
