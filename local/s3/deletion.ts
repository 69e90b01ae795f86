import { announcement, authorize, type ObjectCall, objectArn } from './call.ts';
import { requireMatch } from './conditions.ts';
import type { Version } from './version.ts';

export interface DeletionRequest {
  /** Deletes this version for good; without it the current version goes, or is hidden in a versioned bucket. */
  readonly versionId: string | undefined;
  readonly ifMatch: string | undefined;
}

export interface Deletion {
  /** The version that was deleted, or the marker that was made. */
  readonly versionId: string | undefined;
  /** Whether that is a delete marker. */
  readonly deleteMarker: boolean;
}

/**
 * Deleting what is not there is a success.
 * @throws AccessDenied, PreconditionFailed, NoSuchKey for If-Match where nothing is
 */
export async function deleteKey(call: ObjectCall, { versionId, ifMatch }: DeletionRequest): Promise<Deletion> {
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
