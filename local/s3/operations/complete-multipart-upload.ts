import { createHash } from 'node:crypto';
import { type Answer, xmlAnswer } from '../answer.ts';
import { RequestBody } from '../body.ts';
import { announcement, type ObjectCall, type Operation, versionHeader } from '../call.ts';
import { checksumElements, checksumHeader, checksumOfParts, type StoredChecksum } from '../checksums.ts';
import { type ListedPart, readPartList } from '../completion-document.ts';
import { WriteCondition } from '../conditions.ts';
import { S3Error } from '../errors.ts';
import type { S3Request } from '../request.ts';
import type { Upload, UploadedPart } from '../uploads.ts';
import type { ObjectContent, StoredObject } from '../version.ts';

/** S3 user guide, "Amazon S3 multipart upload limits": for all parts but the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

export const completeMultipartUpload: Operation<ObjectCall> = {
  actions: () => ['s3:PutObject'],
  run: async (call) => {
    const { request, signer, bucket, key } = call;
    const uploadId = request.parameter('uploadId') ?? '';
    const condition = new WriteCondition(call);
    if (completedBy(call, uploadId) === undefined) condition.check();
    const listed = readPartList(await new RequestBody(request, signer).text());
    const object = await bucket.locks.run(key, async () => {
      const completed = completedBy(call, uploadId);
      if (completed !== undefined) return announceAgain(call, completed);
      const upload = bucket.uploads.find(uploadId, key);
      condition.checkAgain();
      return complete(call, upload, chooseParts(upload, listed));
    });
    return completionAnswer(call, object);
  },
};

/** A client whose connection broke before the answer completes once more; S3 then gives the same answer. */
function completedBy({ bucket, key }: ObjectCall, uploadId: string): StoredObject | undefined {
  return bucket.index.of(key).find((it) => it.kind === 'object' && it.uploadId === uploadId) as
    | StoredObject
    | undefined;
}

/** Whether the queues were told, before the connection or the process broke, nobody knows any more. */
async function announceAgain(call: ObjectCall, completed: StoredObject): Promise<StoredObject> {
  await announcement(call, 'ObjectCreated:CompleteMultipartUpload')(completed);
  return completed;
}

async function complete(call: ObjectCall, upload: Upload, parts: readonly UploadedPart[]): Promise<StoredObject> {
  const { bucket, key, request } = call;
  const content = contentOf(upload, parts);
  checkClaims(request, content);
  const announce = announcement(call, 'ObjectCreated:CompleteMultipartUpload');
  const object = await bucket.store(key, { ...upload.attributes, ...content }, announce);
  await bucket.uploads.remove(upload);
  await bucket.blobs.remove([...upload.parts.values()].filter((part) => !parts.includes(part)));
  return object;
}

/** @throws InvalidPart, EntityTooSmall */
function chooseParts(upload: Upload, listed: readonly ListedPart[]): readonly UploadedPart[] {
  return listed.map(({ partNumber, etag, checksums }, index) => {
    const part = upload.parts.get(partNumber);
    const claimed = part?.checksum && checksums[part.checksum.algorithm];
    const sameChecksum = claimed === undefined || claimed === part?.checksum?.value;
    if (part === undefined || part.etag !== etag || !sameChecksum) {
      throw new S3Error('InvalidPart', { elements: { PartNumber: String(partNumber), ETag: etag } });
    }
    if (index < listed.length - 1 && part.size < MIN_PART_BYTES) throw tooSmall(part);
    return part;
  });
}

function tooSmall({ partNumber, size, etag }: UploadedPart): S3Error {
  const elements = { PartNumber: partNumber, ETag: etag, ProposedSize: size, MinSizeAllowed: MIN_PART_BYTES };
  const texts = Object.entries(elements).map(([name, value]) => [name, String(value)]);
  return new S3Error('EntityTooSmall', { elements: Object.fromEntries(texts) });
}

function contentOf({ uploadId, checksum }: Upload, parts: readonly UploadedPart[]): ObjectContent {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(etag, 'hex');
  return {
    uploadId,
    etag: `${md5.digest('hex')}-${parts.length}`,
    size: parts.reduce((sum, { size }) => sum + size, 0),
    parts: parts.map(({ blob, size }) => ({ blob, size })),
    checksum: checksum && checksumOfParts(checksum, parts.map(checksummed)),
  };
}

function checksummed({ size, checksum }: UploadedPart) {
  return { sizeBytes: size, checksum: checksum?.value ?? '' };
}

/** What the client says of the whole object. */
function checkClaims(request: S3Request, { size, checksum }: ObjectContent): void {
  const claimedSize = request.header('x-amz-mp-object-size');
  if (claimedSize !== undefined && Number(claimedSize) !== size) {
    throw new S3Error('InvalidRequest', { message: `The object has ${size} bytes and not ${claimedSize}.` });
  }
  if (checksum !== undefined && !sameChecksum(request.header(checksumHeader(checksum.algorithm)), checksum)) {
    throw new S3Error('BadDigest', { message: `The ${checksum.algorithm} you specified did not match.` });
  }
}

/** A composite checksum may be given without the number of its parts. */
function sameChecksum(claimed: string | undefined, { value }: StoredChecksum): boolean {
  return claimed === undefined || claimed === value || claimed === value.replace(/-\d+$/, '');
}

function completionAnswer({ bucket, key, request }: ObjectCall, object: StoredObject): Answer {
  const content = {
    Location: `http://${request.header('host')}/${bucket.settings.name}/${encodeURIComponent(key)}`,
    Bucket: bucket.settings.name,
    Key: key,
    ETag: `"${object.etag}"`,
    ...checksumElements(object.checksum),
  };
  return xmlAnswer('CompleteMultipartUploadResult', content, versionHeader(bucket, object));
}
