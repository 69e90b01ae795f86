import type { FileHandle } from 'node:fs/promises';
import { type Part as ListedPart, ListPartsCommand, type S3Client } from '@aws-sdk/client-s3';
import { isName } from '../../../lambda/adapters/aws-errors.ts';
import type { UploadSubject } from './journal.ts';
import type { Part } from './part-plan.ts';
import { readPart } from './part-reader.ts';

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
export async function sentParts(
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

async function listParts(
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
