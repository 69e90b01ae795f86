import { xmlAnswer } from '../answer.ts';
import { readAttributes } from '../attributes.ts';
import { authorize, type ObjectCall, type Operation, objectArn } from '../call.ts';
import { checksumAlgorithm } from '../checksums.ts';
import { S3Error } from '../errors.ts';
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

/** S3 user guide, "Checking object integrity": which algorithm can be of which type, and what is the default. */
function wantedChecksum(request: S3Request): Upload['checksum'] {
  const name = request.header('x-amz-checksum-algorithm');
  if (name === undefined) return undefined;
  const algorithm = checksumAlgorithm(name);
  const type = request.header('x-amz-checksum-type') ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' && !algorithm.startsWith('SHA')) return { algorithm, type };
  if (type === 'COMPOSITE' && algorithm !== 'CRC64NVME') return { algorithm, type };
  throw new S3Error('InvalidRequest', {
    message: `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  });
}

function checksumKindHeaders({ checksum }: Upload): Record<string, string> {
  if (checksum === undefined) return {};
  return { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type };
}
