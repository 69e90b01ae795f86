import { createHash } from 'node:crypto';
import { type Answer, xmlAnswer } from '../answer.ts';
import { announcedChecksum, RequestBody } from '../body.ts';
import { announcement, type ObjectCall, type Operation, versionHeader } from '../call.ts';
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  type ChecksumKind,
  checksumElement,
  checksumElements,
  checksumKind,
  checksumOfParts,
  createChecksum,
  type StoredChecksum,
} from '../checksums.ts';
import { WriteCondition } from '../conditions.ts';
import { S3Error } from '../errors.ts';
import { wholeRange } from '../ranges.ts';
import type { S3Request } from '../request.ts';
import type { Upload, UploadedPart } from '../uploads.ts';
import { type NewContent, type StoredObject, wholeSeconds } from '../version.ts';
import { parseXml, type XmlNode } from '../xml.ts';

/** S3 user guide, "Amazon S3 multipart upload limits": for all parts but the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

export const completeMultipartUpload: Operation<ObjectCall> = {
  actions: () => ['s3:PutObject'],
  run: async (call) => {
    const { request, signer, bucket, key } = call;
    const uploadId = request.parameter('uploadId') ?? '';
    const condition = new WriteCondition(call);
    if (completedBy(call, uploadId) === undefined) condition.check();
    const listed = readPartList(await new RequestBody(request, signer, { foreignChecksum: true }).text());
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

/** Whether the queues got it before the connection or the process broke is unknown. */
async function announceAgain(call: ObjectCall, completed: StoredObject): Promise<StoredObject> {
  await announcement(call, 'ObjectCreated:CompleteMultipartUpload')(completed);
  return completed;
}

async function complete(call: ObjectCall, upload: Upload, parts: readonly UploadedPart[]): Promise<StoredObject> {
  const { bucket, key, request } = call;
  const content = contentOf(upload, parts);
  checkClaimedSize(request, content);
  const checksum = await verifiedChecksum(call, upload, parts);
  const announce = announcement(call, 'ObjectCreated:CompleteMultipartUpload');
  const object = await bucket.store(key, { ...upload.attributes, ...content, checksum }, announce);
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

/** S3 user guide, "Working with object metadata", Last-Modified: that of a multipart upload is its initiation. */
function contentOf({ uploadId, initiated }: Upload, parts: readonly UploadedPart[]): NewContent {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(etag, 'hex');
  return {
    uploadId,
    lastModified: wholeSeconds(new Date(initiated)),
    etag: `${md5.digest('hex')}-${parts.length}`,
    size: parts.reduce((sum, { size }) => sum + size, 0),
    parts: parts.map(({ blob, size }) => ({ blob, size })),
  };
}

function checkClaimedSize(request: S3Request, { size }: NewContent): void {
  const claimedSize = request.header('x-amz-mp-object-size');
  if (claimedSize !== undefined && Number(claimedSize) !== size) {
    throw new S3Error('InvalidRequest', { message: `The object has ${size} bytes and not ${claimedSize}.` });
  }
}

/**
 * The checksum of the object, compared with the one that the client claims for it.
 * @throws InvalidRequest, BadDigest
 */
async function verifiedChecksum(
  call: ObjectCall,
  upload: Upload,
  parts: readonly UploadedPart[],
): Promise<StoredChecksum | undefined> {
  const claimed = announcedChecksum(call.request);
  const kind = upload.checksum ?? (claimed && checksumKind(claimed.algorithm, 'FULL_OBJECT'));
  if (kind === undefined) return undefined;
  checkKind(call.request, kind, claimed?.algorithm);
  const checksum =
    upload.checksum === undefined
      ? await checksumOfBytes(call, kind.algorithm, parts)
      : checksumOfParts(kind, parts.map(checksummed));
  if (claimed === undefined || sameChecksum(claimed.value, checksum)) return checksum;
  throw new S3Error('BadDigest', { message: `The ${kind.algorithm} you specified did not match.` });
}

function checkKind(request: S3Request, { algorithm, type }: ChecksumKind, claimed = algorithm): void {
  const claimedType = request.header('x-amz-checksum-type') ?? type;
  if (claimed === algorithm && claimedType === type) return;
  const message = `The upload was created with a checksum ${algorithm} of type ${type}, not ${claimed} of ${claimedType}.`;
  throw new S3Error('InvalidRequest', { message });
}

function checksummed({ size, checksum }: UploadedPart) {
  return { sizeBytes: size, checksum: checksum?.value ?? '' };
}

/** Of an upload that began without one. */
async function checksumOfBytes(
  { bucket }: ObjectCall,
  algorithm: ChecksumAlgorithm,
  parts: readonly UploadedPart[],
): Promise<StoredChecksum> {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const running = createChecksum(algorithm);
  for await (const chunk of bucket.blobs.read(parts, wholeRange(size))) running.update(chunk);
  return { algorithm, type: 'FULL_OBJECT', value: running.digest().toString('base64') };
}

/** A composite checksum may be given without the number of its parts. */
function sameChecksum(claimed: string, { value }: StoredChecksum): boolean {
  return claimed === value || claimed === value.replace(/-\d+$/, '');
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

/** A part as the client that completes an upload names it. */
interface ListedPart {
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: { readonly [algorithm in ChecksumAlgorithm]?: string | undefined };
}

/**
 * The document of CompleteMultipartUpload.
 * @throws MalformedXML, InvalidPartOrder
 */
function readPartList(document: string): readonly ListedPart[] {
  const parts = parseXml(document, 'CompleteMultipartUpload').all('Part').map(readPart);
  if (parts.length === 0) throw new S3Error('MalformedXML', { message: 'You must specify at least one part' });
  const ordered = parts.every(({ partNumber }, index) => partNumber > (parts[index - 1]?.partNumber ?? 0));
  if (!ordered) throw new S3Error('InvalidPartOrder');
  return parts;
}

function readPart(node: XmlNode): ListedPart {
  const checksums = CHECKSUM_ALGORITHMS.map((algorithm) => [algorithm, node.textOf(checksumElement(algorithm))]);
  return {
    partNumber: Number(node.requiredTextOf('PartNumber')),
    etag: node.requiredTextOf('ETag').trim().replaceAll('"', ''),
    checksums: Object.fromEntries(checksums),
  };
}
