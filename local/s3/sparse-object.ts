import { createHash, randomUUID } from 'node:crypto';
import type { BlobPiece } from './blobs.ts';
import type { Bucket } from './bucket.ts';
import type { Service } from './call.ts';
import { announce } from './notifications.ts';
import { checkKeyLength } from './request.ts';
import type { ObjectContent, Version } from './version.ts';

/** An object of zeros, but for a few pieces. */
export interface SparseObject {
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** @default none: all zeros */
  readonly pieces?: readonly BlobPiece[];
}

/** Who did it, in the event that the queues of the bucket get. */
const PRINCIPAL = 'operator';

/**
 * Stores such an object without moving its zeros, which an upload would have to send and hash. Its ETag is that of a
 * multipart upload, no md5 of the bytes; the queues of the bucket get the same event.
 * @returns its version id
 * @throws RangeError for an unknown bucket or a piece that is not inside, KeyTooLongError
 */
export async function putSparse(service: Service, object: SparseObject): Promise<string> {
  const { key } = object;
  const bucket = service.buckets.get(object.bucket);
  if (bucket === undefined) throw new RangeError(`There is no bucket "${object.bucket}".`);
  checkKeyLength(key);
  const content = await contentOf(bucket, object);
  const attributes = { headers: { 'content-type': 'binary/octet-stream' }, metadata: {}, tags: [] };
  const tell = (version: Version) => announceUpload(service, bucket, version);
  try {
    return await bucket.locks.run(
      key,
      async () => (await bucket.store(key, { ...content, ...attributes }, tell)).versionId,
    );
  } catch (error) {
    await bucket.blobs.remove(content.parts);
    throw error;
  }
}

async function contentOf(bucket: Bucket, { key, size, pieces = [] }: SparseObject): Promise<ObjectContent> {
  const outside = pieces.find(({ offset, bytes }) => offset < 0 || offset + bytes.length > size);
  if (outside !== undefined)
    throw new RangeError(`A piece of "${key}" at ${outside.offset} is not within ${size} bytes.`);
  const hash = createHash('md5').update(String(size));
  for (const { offset, bytes } of pieces) hash.update(`,${offset},`).update(bytes);
  return { etag: `${hash.digest('hex')}-1`, size, parts: [await bucket.blobs.writePieces(size, pieces)] };
}

function announceUpload({ region, clock, notify }: Service, bucket: Bucket, version: Version): Promise<void> {
  const { settings } = bucket;
  const { sequencer } = version;
  const event = { region, at: clock(), bucket: settings, version, sequencer };
  const origin = {
    name: 'ObjectCreated:CompleteMultipartUpload',
    principal: PRINCIPAL,
    requestId: randomUUID(),
  } as const;
  return announce({ ...event, ...origin }, settings.notifications, notify);
}
