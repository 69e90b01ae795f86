import { ListObjectsV2Command, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { isRecordKey } from '../model/drop.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import type { BucketListing, ListedRecord, Page } from '../steps/reconcile/ports.ts';
import { awsUnavailable } from './aws-errors.ts';

/** The version id of objects in a bucket without versions (Amazon S3 API reference, ListObjectVersions). */
const NO_VERSION = 'null';

/**
 * Lists the drop bucket by version, which S3 does for a bucket without versions too, and the status bucket by key.
 * @param keysPerPage 1000 at most
 */
export function s3Listing(
  client: S3Client,
  dropBucket: string,
  statusBucket: string,
  keysPerPage = 1000,
): BucketListing {
  return {
    drops: (cursor) => attempt(dropBucket, () => drops(client, { Bucket: dropBucket, MaxKeys: keysPerPage }, cursor)),
    records: (cursor) =>
      attempt(statusBucket, () => records(client, { Bucket: statusBucket, MaxKeys: keysPerPage }, cursor)),
  };
}

async function attempt<T>(bucket: string, list: () => Promise<T>): Promise<T> {
  try {
    return await list();
  } catch (cause) {
    throw awsUnavailable(`The bucket ${bucket} could not be listed`, cause);
  }
}

interface Where {
  readonly Bucket: string;
  readonly MaxKeys: number;
}

async function drops(client: S3Client, where: Where, cursor: string | undefined): Promise<Page<ObjectEvent>> {
  const [KeyMarker, VersionIdMarker]: (string | undefined)[] = cursor === undefined ? [] : JSON.parse(cursor);
  const page = await client.send(new ListObjectVersionsCommand({ ...where, KeyMarker, VersionIdMarker }));
  const items = (page.Versions ?? []).map(({ Key: key = '', VersionId, ETag = '', Size: size = 0, LastModified }) => ({
    bucket: where.Bucket,
    key,
    ...(VersionId !== undefined && VersionId !== NO_VERSION && { versionId: VersionId }),
    etag: ETag.replaceAll('"', ''),
    size,
    eventTime: LastModified ?? new Date(0),
  }));
  if (page.IsTruncated !== true) return { items };
  return { items, next: JSON.stringify([page.NextKeyMarker, page.NextVersionIdMarker]) };
}

async function records(client: S3Client, where: Where, cursor: string | undefined): Promise<Page<ListedRecord>> {
  const page = await client.send(new ListObjectsV2Command({ ...where, ContinuationToken: cursor }));
  const items = (page.Contents ?? [])
    .map(({ Key: key = '', LastModified: lastModified = new Date(0) }) => ({ key, lastModified }))
    .filter(({ key }) => isRecordKey(key));
  return { items, ...(page.NextContinuationToken !== undefined && { next: page.NextContinuationToken }) };
}
