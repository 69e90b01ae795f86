import { xmlAnswer } from '../answer.ts';
import type { BucketCall, Operation } from '../call.ts';
import {
  decodeToken,
  encodeToken,
  keyEncoding,
  type ListingPage,
  type ListingQuery,
  listPage,
  readListingQuery,
} from '../listing.ts';
import type { StoredObject } from '../version.ts';
import type { XmlElements } from '../xml.ts';
import { OWNER } from './buckets.ts';

type Encode = (key: string) => string;

/** ListObjects, the first version of the API: s3cmd and others still use it. */
export const listObjectsV1: Operation<BucketCall> = {
  actions: () => ['s3:ListBucket'],
  run: (call) => {
    const { request } = call;
    const encode = keyEncoding(request);
    const marker = request.parameter('marker') ?? '';
    const query = { ...readListingQuery(request, 'max-keys'), after: marker };
    const page = listCurrent(call, query);
    // With a delimiter only: without one the last key of the page serves as marker.
    const next = page.truncated && query.delimiter !== '' ? page.last?.name : undefined;
    return xmlAnswer('ListBucketResult', {
      ...head(call, query, page, encode),
      Marker: encode(marker),
      NextMarker: next === undefined ? undefined : encode(next),
      ...content(page, encode, true),
    });
  },
};

export const listObjectsV2: Operation<BucketCall> = {
  actions: () => ['s3:ListBucket'],
  run: (call) => {
    const { request } = call;
    const encode = keyEncoding(request);
    const token = request.parameter('continuation-token');
    const startAfter = request.parameter('start-after');
    const after = token === undefined ? (startAfter ?? '') : decodeToken(token);
    const query = { ...readListingQuery(request, 'max-keys'), after };
    const page = listCurrent(call, query);
    return xmlAnswer('ListBucketResult', {
      ...head(call, query, page, encode),
      KeyCount: page.items.length + page.commonPrefixes.length,
      StartAfter: startAfter === undefined ? undefined : encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: page.truncated ? encodeToken(page.last?.name ?? '') : undefined,
      ...content(page, encode, request.parameter('fetch-owner') === 'true'),
    });
  },
};

function listCurrent({ bucket }: BucketCall, query: ListingQuery): ListingPage<StoredObject> {
  const currentOf = (key: string) => {
    const current = bucket.current(key);
    return current === undefined ? [] : [current];
  };
  return listPage(bucket.index.keys, currentOf, query);
}

function head(
  { request, bucket }: BucketCall,
  { prefix, delimiter, maxItems }: ListingQuery,
  page: ListingPage<StoredObject>,
  encode: Encode,
): XmlElements {
  return {
    Name: bucket.settings.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    MaxKeys: maxItems,
    EncodingType: request.parameter('encoding-type'),
    IsTruncated: page.truncated,
  };
}

function content(page: ListingPage<StoredObject>, encode: Encode, withOwner: boolean): XmlElements {
  const Contents = page.items.map((object) => ({
    Key: encode(object.key),
    LastModified: object.lastModified,
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum?.algorithm,
    ChecksumType: object.checksum?.type,
    Size: object.size,
    Owner: withOwner ? OWNER : undefined,
    StorageClass: object.storageClass ?? 'STANDARD',
  }));
  return { Contents, CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })) };
}
