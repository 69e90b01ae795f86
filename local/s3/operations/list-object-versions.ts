import { xmlAnswer } from '../answer.ts';
import type { Bucket } from '../bucket.ts';
import type { BucketCall, Operation } from '../call.ts';
import { S3Error } from '../errors.ts';
import { keyEncoding, listPage, readListingQuery } from '../listing.ts';
import type { Version } from '../version.ts';
import type { XmlElements } from '../xml.ts';
import { OWNER } from './buckets.ts';

export const listObjectVersions: Operation<BucketCall> = {
  actions: () => ['s3:ListBucketVersions'],
  run: ({ request, bucket }) => {
    const encode = keyEncoding(request);
    const keyMarker = request.parameter('key-marker') ?? '';
    const versionMarker = request.parameter('version-id-marker') || undefined;
    if (versionMarker !== undefined && keyMarker === '') {
      throw new S3Error('InvalidArgument', {
        message: 'A version-id marker cannot be specified without a key marker.',
      });
    }
    const query = {
      ...readListingQuery(request, 'max-keys'),
      after: keyMarker,
      inclusive: versionMarker !== undefined,
    };
    const versionsOf = (key: string) =>
      key === keyMarker && versionMarker !== undefined
        ? versionsBehind(bucket, key, versionMarker)
        : bucket.index.of(key);
    const page = listPage(bucket.index.keys, versionsOf, query);
    const last = page.truncated ? page.last : undefined;
    return xmlAnswer('ListVersionsResult', {
      Name: bucket.settings.name,
      Prefix: encode(query.prefix),
      Delimiter: query.delimiter === '' ? undefined : encode(query.delimiter),
      KeyMarker: encode(keyMarker),
      VersionIdMarker: versionMarker ?? '',
      MaxKeys: query.maxItems,
      EncodingType: request.parameter('encoding-type'),
      IsTruncated: page.truncated,
      NextKeyMarker: last && encode(last.name),
      NextVersionIdMarker: last?.item?.versionId,
      Version: page.items.flatMap((it) => (it.kind === 'object' ? [describe(bucket, it, encode)] : [])),
      DeleteMarker: page.items.flatMap((it) => (it.kind === 'object' ? [] : [describe(bucket, it, encode)])),
      CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    });
  },
};

function versionsBehind(bucket: Bucket, key: string, versionId: string): readonly Version[] {
  const versions = bucket.index.of(key);
  return versions.slice(versions.findIndex((it) => it.versionId === versionId) + 1);
}

function describe(bucket: Bucket, version: Version, encode: (key: string) => string): XmlElements {
  const content =
    version.kind === 'object'
      ? { ETag: `"${version.etag}"`, Size: version.size, StorageClass: version.storageClass ?? 'STANDARD' }
      : {};
  return {
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: bucket.newest(version.key) === version,
    LastModified: version.lastModified,
    ...content,
    Owner: OWNER,
  };
}
