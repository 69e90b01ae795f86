import { type FileHandle, open } from 'node:fs/promises';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { dropId } from '../../lambda/model/drop.ts';
import type { LocalFile } from '../local-files.ts';
import { journalIn, type UploadSubject } from './journal.ts';
import { beginOrResume, complete, sendRest, type UploadTools } from './multipart.ts';
import { partBytesOf, readPart, requireUnchanged } from './parts.ts';

/** The object that a file has become. */
export interface SentFile {
  /** As the drop's records have it. */
  readonly id: string;
  /** Absent in a bucket without versions. */
  readonly versionId?: string;
}

/** Where a file goes, and its metadata. */
export interface Destination {
  readonly bucket: string;
  /** User metadata of the object. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Puts a file into a bucket; a large one in parts. Each request bears a SHA-256 that S3 compares. What was broken off is
 * gone on with: by the same user on this machine, while the file, its key and its metadata are the same.
 */
export async function uploadFile(
  { path, key }: Pick<LocalFile, 'path' | 'key'>,
  { bucket, metadata }: Destination,
  tools: UploadTools,
): Promise<SentFile> {
  const file = await open(path);
  try {
    const before = await file.stat();
    const subject = { bucket, key, size: before.size, metadata };
    const unchanged = () => requireUnchanged(file, before);
    const isSmall = before.size <= partBytesOf(before.size);
    const versionId = await (isSmall ? putWhole : putInParts)(subject, file, tools, unchanged);
    return await sentFile(tools.client, subject, versionId);
  } finally {
    await file.close();
  }
}

/** Puts a file without metadata into a bucket, and shows no progress. @returns the id of the drop */
export async function dropFile(
  client: S3Client,
  bucket: string,
  file: LocalFile,
  signal = new AbortController().signal,
): Promise<string> {
  const tools = { client, signal, journal: journalIn(), resumed: () => {}, sent: () => {} };
  return (await uploadFile(file, { bucket, metadata: {} }, tools)).id;
}

type Put = (
  subject: UploadSubject,
  file: FileHandle,
  tools: UploadTools,
  unchanged: () => Promise<void>,
) => Promise<string | undefined>;

const putWhole: Put = async (subject, file, { client, signal, sent }, unchanged) => {
  const { bucket: Bucket, key: Key, size: length, metadata } = subject;
  const { bytes, sha256 } = await readPart(file, { number: 1, offset: 0, length });
  await unchanged();
  const command = new PutObjectCommand({ Bucket, Key, Body: bytes, Metadata: { ...metadata }, ChecksumSHA256: sha256 });
  const { VersionId: versionId } = await client.send(command, { abortSignal: signal });
  sent(length);
  return versionId;
};

const putInParts: Put = async (subject, file, tools, unchanged) => {
  const { upload, there } = await beginOrResume(subject, file, tools);
  const parts = await sendRest(upload, there);
  await unchanged();
  const { VersionId: versionId } = await complete(upload, parts);
  await tools.journal.ended(subject);
  return versionId;
};

/** A bucket without versions tells drops apart by ETag and time. */
async function sentFile(
  client: S3Client,
  { bucket, key }: UploadSubject,
  versionId: string | undefined,
): Promise<SentFile> {
  if (versionId !== undefined && versionId !== 'null') return { id: versionId, versionId };
  const { ETag: etag = '', LastModified: lastModified = new Date(0) } = await client.send(
    new HeadObjectCommand({ Bucket: bucket, Key: key }),
  );
  return { id: dropId({ etag: etag.replaceAll('"', ''), lastModified }) };
}
