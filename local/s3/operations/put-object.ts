import { emptyAnswer } from '../answer.ts';
import { readAttributes } from '../attributes.ts';
import { RequestBody } from '../body.ts';
import { announcement, authorize, type ObjectCall, type Operation, objectArn, versionHeader } from '../call.ts';
import { checksumHeaders } from '../checksums.ts';
import { WriteCondition } from '../conditions.ts';
import { S3Error } from '../errors.ts';
import type { EventName } from '../notifications.ts';
import type { ObjectAttributes, ObjectContent, StoredObject } from '../version.ts';

/** S3 user guide, "Uploading objects": more than 5 GiB only in parts. */
const MAX_PUT_BYTES = 5 * 1024 ** 3;

export const putObject: Operation<ObjectCall> = {
  actions: () => ['s3:PutObject'],
  run: async (call) => {
    const { request, bucket, key, signer } = call;
    const condition = new WriteCondition(call);
    condition.check();
    const attributes = readAttributes(request);
    if (attributes.tags.length > 0) authorize(call, 's3:PutObjectTagging', objectArn(bucket, key));
    const body = new RequestBody(request, signer);
    checkSize(body.announcedBytes);
    const part = await bucket.blobs.write(body, body.announcedBytes);
    const content = {
      etag: body.md5.toString('hex'),
      size: part.size,
      parts: [part],
      checksum: body.checksum && { ...body.checksum, type: 'FULL_OBJECT' as const },
    };
    const object = await publish(call, condition, { ...attributes, ...content }, 'ObjectCreated:Put');
    return emptyAnswer(200, {
      etag: `"${object.etag}"`,
      ...versionHeader(bucket, object),
      ...checksumHeaders(object.checksum),
    });
  },
};

/** @throws EntityTooLarge */
export function checkSize(bytes: number): void {
  if (bytes <= MAX_PUT_BYTES) return;
  throw new S3Error('EntityTooLarge', {
    elements: { ProposedSize: String(bytes), MaxSizeAllowed: String(MAX_PUT_BYTES) },
  });
}

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
