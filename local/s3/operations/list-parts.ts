import { xmlAnswer } from '../answer.ts';
import type { ObjectCall, Operation } from '../call.ts';
import { OWNER } from './buckets.ts';
import { partChecksumElement } from './upload-part.ts';

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
