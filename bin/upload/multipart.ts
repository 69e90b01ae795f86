import type { FileHandle } from 'node:fs/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type Part as ListedPart,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isName } from '../../lambda/adapters/aws-errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Journal, UploadSubject } from './journal.ts';
import { type Part, partsAtATime, partsOf, readPart } from './parts.ts';

/** Receives a number of bytes. */
type CountBytes = (bytes: number) => void;

/** What an upload works with. */
export interface UploadTools {
  readonly client: S3Client;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  /** Called with bytes that an earlier try has sent. */
  readonly resumed: CountBytes;
  /** Called with the bytes of each part that S3 has confirmed. */
  readonly sent: CountBytes;
}

/** An upload under way. */
export interface Upload {
  readonly subject: UploadSubject;
  readonly uploadId: string;
  readonly file: FileHandle;
  readonly tools: UploadTools;
}

/** Goes on with the upload of the same file that was broken off, or begins one. @returns the parts that need not be sent */
export async function beginOrResume(
  subject: UploadSubject,
  file: FileHandle,
  tools: UploadTools,
): Promise<{ readonly upload: Upload; readonly there: readonly SentPart[] }> {
  const { client, journal } = tools;
  const known = await journal.uploadOf(subject);
  const parts = partsOf(subject.size);
  const there = known === undefined ? undefined : await sentParts(client, subject, known, { file, parts });
  if (known !== undefined && there !== undefined) return { upload: { subject, uploadId: known, file, tools }, there };
  const uploadId = await begin(client, subject);
  await journal.begun(subject, uploadId);
  return { upload: { subject, uploadId, file, tools }, there: [] };
}

async function begin(client: S3Client, { bucket, key, metadata }: UploadSubject): Promise<string> {
  const command = new CreateMultipartUploadCommand({
    Bucket: bucket,
    Key: key,
    Metadata: { ...metadata },
    ChecksumAlgorithm: 'SHA256',
  });
  const { UploadId: uploadId } = await client.send(command);
  if (uploadId === undefined) throw new Error(`S3 began the upload of ${key} without naming it.`);
  return uploadId;
}

/**
 * Sends what is not there, some parts at a time. After a fault no further part begins, but those in transit run to
 * their end: what arrives need not be sent by the next try.
 * @returns all parts, in their order
 */
export async function sendRest(upload: Upload, there: readonly SentPart[]): Promise<readonly SentPart[]> {
  const { size } = upload.subject;
  const have = new Map(there.map((part) => [part.number, part]));
  for (const { length } of partsOf(size).filter(({ number }) => have.has(number))) upload.tools.resumed(length);
  const faults: unknown[] = [];
  const sent = await inTurns(partsOf(size), partsAtATime(size), async (part) => {
    const known = have.get(part.number);
    if (known !== undefined || faults.length > 0) return known;
    try {
      return await sendPart(upload, part);
    } catch (error) {
      faults.push(error);
      return undefined;
    }
  });
  if (faults.length > 0) throw faults[0];
  return sent.filter((part) => part !== undefined);
}

async function sendPart(upload: Upload, part: Part): Promise<SentPart> {
  const { subject, uploadId, file, tools } = upload;
  tools.signal.throwIfAborted();
  const { bytes, sha256 } = await readPart(file, part);
  const command = new UploadPartCommand({
    Bucket: subject.bucket,
    Key: subject.key,
    UploadId: uploadId,
    PartNumber: part.number,
    Body: bytes,
    ChecksumSHA256: sha256,
  });
  const { ETag: etag } = await tools.client.send(command, { abortSignal: tools.signal });
  if (etag === undefined) throw new Error(`S3 gave part ${part.number} of ${subject.key} no ETag.`);
  tools.sent(part.length);
  return { number: part.number, etag, sha256 };
}

/** S3 puts the parts together and compares their checksums and the whole size once more. */
export async function complete({ subject, uploadId, tools }: Upload, parts: readonly SentPart[]) {
  const command = new CompleteMultipartUploadCommand({
    Bucket: subject.bucket,
    Key: subject.key,
    UploadId: uploadId,
    MpuObjectSize: subject.size,
    MultipartUpload: {
      Parts: parts.map(({ number, etag, sha256 }) => ({ PartNumber: number, ETag: etag, ChecksumSHA256: sha256 })),
    },
  });
  return tools.client.send(command, { abortSignal: tools.signal });
}

/** A part as S3 has it. */
export interface SentPart {
  readonly number: number;
  readonly etag: string;
  /** Base64. */
  readonly sha256: string;
}

/**
 * The parts of an unfinished upload that are the same as those of the file, byte for byte: each is read here and its
 * SHA-256 compared with the one by which S3 has checked it.
 * @returns undefined when there is no such upload any more
 */
async function sentParts(
  client: S3Client,
  { bucket, key }: UploadSubject,
  uploadId: string,
  local: { readonly file: FileHandle; readonly parts: readonly Part[] },
): Promise<readonly SentPart[] | undefined> {
  const listed = await listParts(client, { Bucket: bucket, Key: key, UploadId: uploadId });
  if (listed === undefined) return undefined;
  const byNumber = new Map(listed.map((part) => [part.PartNumber, part]));
  const same: SentPart[] = [];
  for (const part of local.parts) {
    const { ETag: etag, ChecksumSHA256: sha256, Size: size } = byNumber.get(part.number) ?? {};
    if (etag === undefined || sha256 === undefined || size !== part.length) continue;
    if ((await readPart(local.file, part)).sha256 === sha256) same.push({ number: part.number, etag, sha256 });
  }
  return same;
}

/**
 * The parts that S3 has. (The SDK's paginator goes by the marker alone, which S3 gives with the last page too.)
 * @returns undefined if there is no such upload
 */
export async function listParts(
  client: S3Client,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
): Promise<readonly ListedPart[] | undefined> {
  const parts: ListedPart[] = [];
  let marker: string | undefined;
  try {
    do {
      const page = await client.send(new ListPartsCommand({ ...upload, PartNumberMarker: marker }));
      parts.push(...(page.Parts ?? []));
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts;
  } catch (error) {
    if (isName(error, 'NoSuchUpload')) return undefined;
    throw error;
  }
}
