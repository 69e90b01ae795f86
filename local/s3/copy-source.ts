import type { Hash } from 'node:crypto';
import { percentDecode } from '../access/request-target.ts';
import { authorize, type ObjectCall, objectArn, requireOwner } from './call.ts';
import { failedCondition, preconditionFailed, readConditions } from './conditions.ts';
import type { Checksum } from './crc.ts';
import { S3Error } from './errors.ts';
import { findObject, requireReadable } from './lookup.ts';
import type { StoredObject } from './version.ts';

/** The object that CopyObject or UploadPartCopy reads. */
export interface CopySource {
  /** The call as if it were about the source. */
  readonly call: ObjectCall;
  readonly object: StoredObject;
  /** Headers of the answer that say which version was read. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads x-amz-copy-source and its conditions.
 * @throws InvalidArgument, NoSuchBucket, NoSuchKey, NoSuchVersion, AccessDenied, PreconditionFailed,
 * InvalidObjectState
 */
export function findCopySource(call: ObjectCall): CopySource {
  const { bucketName, key, versionId } = parseCopySource(call.request.header('x-amz-copy-source') ?? '');
  const bucket = call.service.buckets.get(bucketName);
  if (bucket === undefined) throw new S3Error('NoSuchBucket', { elements: { BucketName: bucketName } });
  requireOwner(call.request, 'x-amz-source-expected-bucket-owner');
  const sourceCall = { ...call, bucket, key };
  authorize(call, versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', objectArn(bucket, key));
  const object = findObject(sourceCall, versionId);
  const failed = failedCondition(readConditions(call.request, 'x-amz-copy-source-'), object);
  if (failed !== undefined) throw preconditionFailed(failed);
  requireReadable(call, object);
  const headers = bucket.settings.versioned ? { 'x-amz-copy-source-version-id': object.versionId } : {};
  return { call: sourceCall, object, headers };
}

function parseCopySource(header: string) {
  const [, path = '', versionId] = /^(.*?)(?:\?versionId=([^?]+))?$/s.exec(header) ?? [];
  const [, bucketName, key] = /^\/?([^/]+)\/(.+)$/s.exec(decoded(path)) ?? [];
  if (bucketName === undefined || key === undefined) throw malformed();
  return { bucketName, key, versionId };
}

function decoded(path: string): string {
  try {
    return percentDecode(path);
  } catch (error) {
    if (error instanceof URIError) throw malformed();
    throw error;
  }
}

function malformed(): S3Error {
  return new S3Error('InvalidArgument', { message: 'Copy Source must mention the source bucket and key: bucket/key' });
}

/** Passes bytes on and through checksums. */
export async function* through(
  source: AsyncIterable<Buffer>,
  sums: readonly (Hash | Checksum)[],
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    for (const sum of sums) sum.update(chunk);
    yield chunk;
  }
}
