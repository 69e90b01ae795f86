import { authorize, missing, type ObjectCall, type ServiceCall, versionHeader } from './call.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { StoredObject } from './version.ts';

/** The version that a request is about; undefined where it means the current one. */
export function requestedVersion(request: S3Request): string | undefined {
  return request.parameter('versionId') || undefined;
}

/** The IAM action of a request that may name a version: another one when it does. */
export function actionByVersion(action: string, actionOnVersion: string) {
  return (request: S3Request): readonly string[] => [
    requestedVersion(request) === undefined ? action : actionOnVersion,
  ];
}

/**
 * @param versionId undefined for the current version
 * @throws NoSuchKey, NoSuchVersion, AccessDenied; MethodNotAllowed where the version is a delete marker
 */
export function findObject(call: ObjectCall, versionId: string | undefined): StoredObject {
  return versionId === undefined ? findCurrent(call) : findVersion(call, versionId);
}

function findCurrent(call: ObjectCall): StoredObject {
  const { bucket, key } = call;
  const newest = bucket.newest(key);
  if (newest?.kind === 'object') return newest;
  const headers = newest === undefined ? {} : { ...DELETE_MARKER, ...versionHeader(bucket, newest) };
  throw missing(call, new S3Error('NoSuchKey', { elements: { Key: key }, headers }));
}

function findVersion(call: ObjectCall, versionId: string): StoredObject {
  const { bucket, key } = call;
  const version = bucket.index.find(key, versionId);
  if (version === undefined) {
    const error = new S3Error('NoSuchVersion', { elements: { Key: key, VersionId: versionId } });
    throw missing(call, error, ['s3:ListBucket', 's3:ListBucketVersions']);
  }
  if (version.kind === 'object') return version;
  const headers = { ...DELETE_MARKER, ...versionHeader(bucket, version), allow: 'DELETE' };
  throw new S3Error('MethodNotAllowed', { headers, elements: { ResourceType: 'DeleteMarker' } });
}

const ARCHIVED = ['GLACIER', 'DEEP_ARCHIVE'];

export const isArchived = ({ storageClass = '' }: StoredObject): boolean => ARCHIVED.includes(storageClass);

/** @throws InvalidObjectState where the object has to be restored first; AccessDenied where its KMS key may not be used */
export function requireReadable(call: ServiceCall, object: StoredObject): void {
  const { storageClass = '', restoredUntil = '', kmsKeyArn } = object;
  if (isArchived(object) && restoredUntil <= call.service.clock().toISOString()) {
    throw new S3Error('InvalidObjectState', { elements: { StorageClass: storageClass } });
  }
  if (kmsKeyArn !== undefined) authorize(call, 'kms:Decrypt', kmsKeyArn);
}

/** @throws InvalidRequest for an object of a key that the sender does not give (S3 user guide, SSE-C) */
export function requireCustomerKey(request: S3Request, { customerKey }: StoredObject): void {
  if (customerKey === undefined || request.header('x-amz-server-side-encryption-customer-algorithm') !== undefined)
    return;
  const message =
    'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.';
  throw new S3Error('InvalidRequest', { message });
}

const DELETE_MARKER = { 'x-amz-delete-marker': 'true' };
