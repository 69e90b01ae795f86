import { xmlAnswer } from '../answer.ts';
import { readAttributes } from '../attributes.ts';
import { authorize, type ObjectCall, type Operation, objectArn } from '../call.ts';
import { checksumAlgorithm, checksumKind } from '../checksums.ts';
import type { S3Request } from '../request.ts';
import type { Upload } from '../uploads.ts';

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
