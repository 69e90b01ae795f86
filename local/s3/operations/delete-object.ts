import { emptyAnswer, xmlAnswer } from '../answer.ts';
import { RequestBody } from '../body.ts';
import { announcement, authorize, type BucketCall, type ObjectCall, type Operation, objectArn } from '../call.ts';
import { requireMatch } from '../conditions.ts';
import { notImplemented, S3Error } from '../errors.ts';
import { requestedVersion } from '../lookup.ts';
import { checkKeyLength } from '../request.ts';
import type { Version } from '../version.ts';
import type { XmlElements } from '../xml.ts';
import { parseXml, type XmlNode } from '../xml.ts';

export const deleteObject: Operation<ObjectCall> = {
  // Which one it needs depends on the version; the deletion asks.
  actions: () => [],
  run: async (call) => {
    const { versionId, deleteMarker } = await deleteKey(call, {
      versionId: requestedVersion(call.request),
      ifMatch: call.request.header('if-match'),
    });
    return emptyAnswer(204, {
      ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
      ...(deleteMarker ? { 'x-amz-delete-marker': 'true' } : {}),
    });
  },
};

/** DeleteObjects: "up to 1,000 keys". */
const MAX_KEYS = 1000;

/** Conditions that only directory buckets know. */
const DIRECTORY_CONDITIONS = ['LastModifiedTime', 'Size'];

export const deleteObjects: Operation<BucketCall> = {
  // Asked for each key; a refusal is in the answer beside the keys that were deleted.
  actions: () => [],
  run: async (call) => {
    const document = parseXml(await new RequestBody(call.request, call.signer).text(), 'Delete');
    const objects = document.all('Object');
    if (objects.length === 0 || objects.length > MAX_KEYS) throw new S3Error('MalformedXML');
    const quiet = document.textOf('Quiet') === 'true';
    const Deleted: XmlElements[] = [];
    const failures: XmlElements[] = [];
    for (const object of objects) {
      const { deleted, failed } = await deleteOne(call, object);
      if (deleted !== undefined && !quiet) Deleted.push(deleted);
      if (failed !== undefined) failures.push(failed);
    }
    return xmlAnswer('DeleteResult', { Deleted, Error: failures });
  },
};

async function deleteOne(call: BucketCall, object: XmlNode): Promise<{ deleted?: XmlElements; failed?: XmlElements }> {
  const Key = object.requiredTextOf('Key');
  const requested = object.textOf('VersionId') || undefined;
  try {
    checkKeyLength(Key);
    const condition = DIRECTORY_CONDITIONS.find((name) => object.textOf(name) !== undefined);
    if (condition !== undefined) throw notImplemented(`The element ${condition} of DeleteObjects`);
    const request = { versionId: requested, ifMatch: object.textOf('ETag') };
    const { versionId, deleteMarker } = await deleteKey({ ...call, key: Key }, request);
    const marker = deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: versionId } : {};
    return { deleted: { Key, VersionId: requested, ...marker } };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { failed: { Key, VersionId: requested, Code: error.code, Message: error.message } };
  }
}

interface DeletionRequest {
  /** Deletes this version permanently; without it the current version goes, or is hidden in a versioned bucket. */
  readonly versionId: string | undefined;
  readonly ifMatch: string | undefined;
}

interface Deletion {
  /** The version that was deleted, or the marker that was made. */
  readonly versionId: string | undefined;
  /** Whether that is a delete marker. */
  readonly deleteMarker: boolean;
}

/**
 * Deleting what is not there is a success.
 * @throws AccessDenied, PreconditionFailed, NoSuchKey for If-Match where nothing is
 */
async function deleteKey(call: ObjectCall, { versionId, ifMatch }: DeletionRequest): Promise<Deletion> {
  const { bucket, key } = call;
  authorize(call, versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', objectArn(bucket, key));
  // S3 user guide, "How to perform conditional deletes".
  if (ifMatch !== undefined && ifMatch !== '*') authorize(call, 's3:GetObject', objectArn(bucket, key));
  return bucket.locks.run(key, async () => {
    if (ifMatch !== undefined) requireMatch(call, bucket.newest(key), ifMatch);
    if (versionId !== undefined) return deleteVersion(call, versionId);
    return bucket.settings.versioned ? hide(call) : deleteCurrent(call);
  });
}

async function deleteVersion(call: ObjectCall, versionId: string): Promise<Deletion> {
  const version = call.bucket.index.find(call.key, versionId);
  await remove(call, version);
  return { versionId, deleteMarker: version?.kind === 'delete-marker' };
}

async function deleteCurrent(call: ObjectCall): Promise<Deletion> {
  await remove(call, call.bucket.newest(call.key));
  return { versionId: undefined, deleteMarker: false };
}

async function hide(call: ObjectCall): Promise<Deletion> {
  const marker = await call.bucket.mark(call.key, announcement(call, 'ObjectRemoved:DeleteMarkerCreated'));
  return { versionId: marker.versionId, deleteMarker: true };
}

async function remove(call: ObjectCall, version: Version | undefined): Promise<void> {
  if (version !== undefined) await call.bucket.remove(version, announcement(call, 'ObjectRemoved:Delete'));
}
