import { missing, type ObjectCall, versionHeader } from './call.ts';
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
    throw missing(call, new S3Error('NoSuchVersion', { elements: { Key: key, VersionId: versionId } }));
  }
  if (version.kind === 'object') return version;
  const headers = { ...DELETE_MARKER, ...versionHeader(bucket, version), allow: 'DELETE' };
  throw new S3Error('MethodNotAllowed', { headers, elements: { ResourceType: 'DeleteMarker' } });
}

const ARCHIVED = ['GLACIER', 'DEEP_ARCHIVE'];

/** @throws InvalidObjectState where the object would have to be restored first */
export function requireReadable({ storageClass = '' }: StoredObject): void {
  if (!ARCHIVED.includes(storageClass)) return;
  throw new S3Error('InvalidObjectState', { elements: { StorageClass: storageClass } });
}

const DELETE_MARKER = { 'x-amz-delete-marker': 'true' };
