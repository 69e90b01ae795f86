import { announcement, type ObjectCall } from './call.ts';
import type { WriteCondition } from './conditions.ts';
import type { EventName } from './notifications.ts';
import type { ObjectAttributes, ObjectContent, StoredObject } from './version.ts';

/**
 * Makes written bytes an object and tells the queues, or clears the bytes away.
 * @throws ConditionalRequestConflict
 */
export async function publish(
  call: ObjectCall,
  condition: WriteCondition,
  content: ObjectContent & ObjectAttributes,
  eventName: EventName,
): Promise<StoredObject> {
  const { bucket, key } = call;
  try {
    return await bucket.locks.run(key, async () => {
      condition.checkAgain();
      return bucket.store(key, content, announcement(call, eventName));
    });
  } catch (error) {
    await bucket.blobs.remove(content.parts);
    throw error;
  }
}
