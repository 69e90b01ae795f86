import { xmlAnswer } from '../answer.ts';
import type { BucketCall, Operation } from '../call.ts';
import { keyEncoding, listPage, readListingQuery } from '../listing.ts';
import { SortedKeys } from '../sorted-keys.ts';
import type { Upload } from '../uploads.ts';
import { OWNER } from './buckets.ts';

export const listMultipartUploads: Operation<BucketCall> = {
  actions: () => ['s3:ListBucketMultipartUploads'],
  run: ({ request, bucket }) => {
    const encode = keyEncoding(request);
    const keyMarker = request.parameter('key-marker') ?? '';
    const idMarker = request.parameter('upload-id-marker') || undefined;
    const query = { ...readListingQuery(request, 'max-uploads'), after: keyMarker, inclusive: idMarker !== undefined };
    const uploads = uploadsByKey(bucket.uploads.all());
    const keys = new SortedKeys();
    for (const key of uploads.keys()) keys.add(key);
    const uploadsOf = (key: string) =>
      key === keyMarker && idMarker !== undefined ? behind(uploads.get(key) ?? [], idMarker) : (uploads.get(key) ?? []);
    const page = listPage(keys, uploadsOf, query);
    const last = page.truncated ? page.last : undefined;
    return xmlAnswer('ListMultipartUploadsResult', {
      Bucket: bucket.settings.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: idMarker ?? '',
      NextKeyMarker: last && encode(last.name),
      NextUploadIdMarker: last?.item?.uploadId,
      Prefix: encode(query.prefix),
      Delimiter: query.delimiter === '' ? undefined : encode(query.delimiter),
      MaxUploads: query.maxItems,
      EncodingType: request.parameter('encoding-type'),
      IsTruncated: page.truncated,
      Upload: page.items.map((upload) => describe(upload, encode)),
      CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    });
  },
};

/** Those of one key in the order in which they began. */
function uploadsByKey(uploads: readonly Upload[]): Map<string, readonly Upload[]> {
  const ordered = uploads.toSorted((a, b) => (a.initiated < b.initiated ? -1 : 1));
  return Map.groupBy(ordered, ({ key }) => key);
}

function behind(uploads: readonly Upload[], uploadId: string): readonly Upload[] {
  return uploads.slice(uploads.findIndex((it) => it.uploadId === uploadId) + 1);
}

function describe(upload: Upload, encode: (key: string) => string) {
  return {
    Key: encode(upload.key),
    UploadId: upload.uploadId,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: upload.attributes.storageClass ?? 'STANDARD',
    Initiated: upload.initiated,
    ChecksumAlgorithm: upload.checksum?.algorithm,
    ChecksumType: upload.checksum?.type,
  };
}
