import { createHash } from 'node:crypto';
import { emptyAnswer, xmlAnswer } from '../answer.ts';
import { type BodyChecksum, RequestBody } from '../body.ts';
import type { ObjectCall, Operation } from '../call.ts';
import { checksumElement, checksumHeader, createChecksum } from '../checksums.ts';
import { type CopySource, findCopySource, through } from '../copy-source.ts';
import { S3Error } from '../errors.ts';
import { type ByteRange, rangeLength, wholeRange } from '../ranges.ts';
import type { S3Request } from '../request.ts';
import type { Upload, UploadedPart } from '../uploads.ts';
import type { BlobPart } from '../version.ts';
import { checkSize } from './put-object.ts';

/** S3 user guide, "Amazon S3 multipart upload limits". */
const MAX_PART_NUMBER = 10_000;

export const uploadPart: Operation<ObjectCall> = {
  actions: () => ['s3:PutObject'],
  run: async (call) => {
    const { upload, partNumber } = requestedPart(call);
    const body = new RequestBody(call.request, call.signer, { computed: upload.checksum?.algorithm });
    checkSize(body.announcedBytes);
    const blob = await call.bucket.blobs.write(body, body.announcedBytes);
    const part = await register(call, upload, { partNumber, blob, md5: body.md5, checksum: body.checksum });
    const { checksum } = part;
    return emptyAnswer(200, {
      etag: `"${part.etag}"`,
      ...(checksum === undefined ? {} : { [checksumHeader(checksum.algorithm)]: checksum.value }),
    });
  },
};

export const uploadPartCopy: Operation<ObjectCall> = {
  actions: () => ['s3:PutObject'],
  run: async (call) => {
    const { upload, partNumber } = requestedPart(call);
    const source = findCopySource(call);
    const range = copyRange(call.request, source);
    const md5 = createHash('md5');
    const algorithm = upload.checksum?.algorithm;
    const running = algorithm && createChecksum(algorithm);
    const bytes = source.call.bucket.blobs.read(source.object.parts, range);
    const blob = await call.bucket.blobs.write(through(bytes, running ? [md5, running] : [md5]), rangeLength(range));
    const checksum = algorithm && running && { algorithm, value: running.digest().toString('base64') };
    const part = await register(call, upload, { partNumber, blob, md5: md5.digest(), checksum });
    return xmlAnswer(
      'CopyPartResult',
      { LastModified: part.lastModified, ETag: `"${part.etag}"`, ...partChecksumElement(part) },
      source.headers,
    );
  },
};

/** The checksum of a part, as an element of an answer. */
export function partChecksumElement({ checksum }: UploadedPart): Record<string, string> {
  return checksum === undefined ? {} : { [checksumElement(checksum.algorithm)]: checksum.value };
}

function requestedPart({ request, bucket, key }: ObjectCall): { upload: Upload; partNumber: number } {
  const partNumber = request.integer('partNumber', { lowest: 1, highest: MAX_PART_NUMBER });
  if (partNumber === undefined) throw new S3Error('InvalidArgument', { message: 'Argument partNumber is missing.' });
  return { upload: bucket.uploads.find(request.parameter('uploadId') ?? '', key), partNumber };
}

interface WrittenPart {
  readonly partNumber: number;
  readonly blob: BlobPart;
  readonly md5: Buffer;
  readonly checksum: BodyChecksum | undefined;
}

/** Unless the upload was completed or aborted meanwhile. */
async function register(call: ObjectCall, upload: Upload, written: WrittenPart): Promise<UploadedPart> {
  const { bucket, key, service } = call;
  const { partNumber, blob, md5, checksum } = written;
  const part = {
    partNumber,
    ...blob,
    etag: md5.toString('hex'),
    checksum,
    lastModified: service.clock().toISOString(),
  };
  try {
    checkAlgorithm(upload, checksum);
    const replaced = await bucket.locks.run(key, () => bucket.uploads.putPart(upload, part));
    if (replaced !== undefined) await bucket.blobs.remove([replaced]);
    return part;
  } catch (error) {
    await bucket.blobs.remove([blob]);
    throw error;
  }
}

function checkAlgorithm({ checksum: wanted }: Upload, given: BodyChecksum | undefined): void {
  if (wanted === undefined || wanted.algorithm === given?.algorithm) return;
  throw new S3Error('InvalidRequest', {
    message: `Checksum Type mismatch occurred, expected checksum Type: ${wanted.algorithm}, actual: ${given?.algorithm}`,
  });
}

/** Unlike a Range header this one must name both ends, and both must be inside the source. */
function copyRange(request: S3Request, { object }: CopySource): ByteRange {
  const header = request.header('x-amz-copy-source-range');
  const range = header === undefined ? wholeRange(object.size) : parseCopyRange(header);
  if (range.end >= object.size) {
    const message = `Range specified is not valid for source object of size: ${object.size}`;
    throw new S3Error('InvalidArgument', { message });
  }
  checkSize(rangeLength(range));
  return range;
}

function parseCopyRange(header: string): ByteRange {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header.trim()) ?? [];
  if (first !== undefined && Number(first) <= Number(last)) return { start: Number(first), end: Number(last) };
  const message = 'The x-amz-copy-source-range value must be of the form bytes=first-last';
  throw new S3Error('InvalidArgument', { message });
}
