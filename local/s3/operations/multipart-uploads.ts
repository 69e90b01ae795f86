import { emptyAnswer, xmlAnswer } from '../answer.ts';
import { readAttributes } from '../attributes.ts';
import { authorize, type BucketCall, type ObjectCall, type Operation, objectArn } from '../call.ts';
import { checksumAlgorithm, checksumKind } from '../checksums.ts';
import { keyEncoding, listPage, readListingQuery } from '../listing.ts';
import type { S3Request } from '../request.ts';
import { SortedKeys } from '../sorted-keys.ts';
import type { Upload } from '../uploads.ts';
import { OWNER } from './buckets.ts';
import { partChecksumElement } from './upload-part.ts';

export const createMultipartUpload: Operation<ObjectCall> = {
  actions: () => ['s3:PutObject'],
  run: async (call) => {
    const { request, bucket, key, service } = call;
    const attributes = readAttributes(request);
    if (attributes.tags.length > 0) authorize(call, 's3:PutObjectTagging', objectArn(bucket, key));
    const checksum = wantedChecksum(request);
    const upload = await bucket.uploads.create({ key, attributes, checksum, initiated: service.clock().toISOString() });
    const content = { Bucket: bucket.settings.name, Key: key, UploadId: upload.uploadId };
    return xmlAnswer('InitiateMultipartUploadResult', content, checksumKindHeaders(upload));
  },
};

function wantedChecksum(request: S3Request): Upload['checksum'] {
  const name = request.header('x-amz-checksum-algorithm');
  if (name === undefined) return undefined;
  return checksumKind(checksumAlgorithm(name), request.header('x-amz-checksum-type'));
}

function checksumKindHeaders({ checksum }: Upload): Record<string, string> {
  if (checksum === undefined) return {};
  return { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type };
}

export const abortMultipartUpload: Operation<ObjectCall> = {
  actions: () => ['s3:AbortMultipartUpload'],
  run: ({ bucket, key, request }) =>
    bucket.locks.run(key, async () => {
      const upload = bucket.uploads.find(request.parameter('uploadId') ?? '', key);
      await bucket.uploads.remove(upload);
      await bucket.blobs.remove([...upload.parts.values()]);
      return emptyAnswer(204);
    }),
};

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

/** S3 gives no longer pages. */
const MAX_PARTS = 1000;

export const listParts: Operation<ObjectCall> = {
  actions: () => ['s3:ListMultipartUploadParts'],
  run: ({ request, bucket, key }) => {
    const upload = bucket.uploads.find(request.parameter('uploadId') ?? '', key);
    const marker = request.integer('part-number-marker', { lowest: 0, highest: 2 ** 31 - 1 }) ?? 0;
    const asked = request.integer('max-parts', { lowest: 0, highest: 2 ** 31 - 1 });
    const maxParts = Math.min(asked ?? MAX_PARTS, MAX_PARTS);
    const behind = [...upload.parts.values()]
      .filter(({ partNumber }) => partNumber > marker)
      .sort((a, b) => a.partNumber - b.partNumber);
    const page = behind.slice(0, maxParts);
    return xmlAnswer('ListPartsResult', {
      Bucket: bucket.settings.name,
      Key: key,
      UploadId: upload.uploadId,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
      MaxParts: maxParts,
      IsTruncated: page.length > 0 && page.length < behind.length,
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: upload.attributes.storageClass ?? 'STANDARD',
      Part: page.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: part.lastModified,
        ETag: `"${part.etag}"`,
        Size: part.size,
        ...partChecksumElement(part),
      })),
    });
  },
};
