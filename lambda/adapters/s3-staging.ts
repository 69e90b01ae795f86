import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListPartsCommandInput,
  type MultipartUpload,
  type Part,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import type { PartContent, PartsAfter, StagedPart, StagingStore, UploadRef } from '../steps/ports.ts';
import { answerOf, isName, isNoSuchKey, statusOf } from './aws-errors.ts';

/**
 * The bucket that an image service reads from, by the API of S3, which OBS speaks too.
 * @param failure takes what the storage answers into the family; a bucket of the stack has errors of AWS
 */
export function s3Staging(client: S3Client, bucket: string, failure = stagingError): StagingStore {
  /** @param doing as the beginning of a sentence */
  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ImageDropError) throw error;
      throw failure(`${doing} in the bucket ${bucket} failed`, error);
    }
  };
  return {
    bucket,
    uploads: (key) => attempt(`Listing the uploads of ${key}`, () => uploadsOf(client, bucket, key)),
    begin: (key) => attempt(`Beginning the upload of ${key}`, () => begin(client, bucket, key)),
    parts: (key, uploadId, some) =>
      attempt(`Listing the parts of ${key}`, () =>
        unlessGone(() => listParts(client, { Bucket: bucket, Key: key, UploadId: uploadId }, some)),
      ),
    storePart: (upload, part, signal) =>
      attempt(`Storing part ${part.number} of ${upload.key}`, async () => {
        const etag = await unlessGone(() => storePart(client, bucket, upload, part, signal));
        return etag !== undefined;
      }),
    complete: (key, uploadId, parts) =>
      attempt(`Completing the upload of ${key}`, async () => {
        const done = await unlessGone(() => complete(client, bucket, { key, uploadId }, parts));
        return done !== undefined;
      }),
    abort: async (key, uploadId) => {
      const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
      await attempt(`Aborting the upload of ${key}`, () => unlessGone(() => client.send(command)));
    },
    put: async (key, bytes) => {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes });
      await attempt(`Storing ${key}`, () => client.send(command));
    },
    size: (key) => attempt(`Looking for ${key}`, () => sizeOf(client, bucket, key)),
    delete: async (key) => {
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
      await attempt(`Deleting ${key}`, () => client.send(command));
    },
  };
}

/** The prefix is a key with a UUID in it: there are not a thousand. */
async function uploadsOf(client: S3Client, bucket: string, key: string): Promise<readonly string[]> {
  const { Uploads: uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }));
  const ours = uploads.filter((upload) => upload.Key === key);
  const age = ({ Initiated: at, UploadId: id }: MultipartUpload): string => `${at?.toISOString()} ${id}`;
  return ours.toSorted((one, other) => (age(one) < age(other) ? -1 : 1)).map(({ UploadId: id = '' }) => id);
}

async function begin(client: S3Client, bucket: string, key: string): Promise<string> {
  const { UploadId: uploadId = '' } = await client.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ContentType: 'application/octet-stream' }),
  );
  return uploadId;
}

async function storePart(
  client: S3Client,
  bucket: string,
  { key, uploadId }: UploadRef,
  { number, bytes, md5 }: PartContent,
  signal: AbortSignal,
): Promise<string> {
  const command = new UploadPartCommand({
    Bucket: bucket,
    Key: key,
    UploadId: uploadId,
    PartNumber: number,
    Body: bytes,
    ContentLength: bytes.length,
    // Compared before the part is stored: a part that is listed is right, whatever became of us.
    ContentMD5: Buffer.from(md5, 'hex').toString('base64'),
  });
  try {
    const { ETag, ServerSideEncryption: encryption = '' } = await client.send(command, { abortSignal: signal });
    const etag = (ETag ?? '').replaceAll('"', '');
    // With keys of a key service the ETag is not an md5.
    if (etag === md5 || encryption.includes('kms')) return etag;
    throw mismatch(`reports ${etag} as its md5`, key, number, md5);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isName(error, 'BadDigest', 'InvalidDigest')) throw mismatch('found another', key, number, md5, error);
    throw error;
  }
}

function mismatch(what: string, key: string, part: number, md5: string, cause?: unknown): ImageDropError {
  const message = `Part ${part} of ${key} has the md5 ${md5}, and object storage ${what}.`;
  return new ImageDropError('hash-mismatch', message, {
    cause,
    nextStep: 'Nothing to do: it is retried automatically.',
  });
}

async function complete(
  client: S3Client,
  bucket: string,
  { key, uploadId }: UploadRef,
  parts: readonly StagedPart[],
): Promise<true> {
  const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` }));
  await client.send(
    new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts },
    }),
  );
  return true;
}

async function sizeOf(client: S3Client, bucket: string, key: string): Promise<number | undefined> {
  try {
    return (await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).ContentLength ?? 0;
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw error;
  }
}

/**
 * An upload that is finished or aborted is gone: S3 answers NoSuchUpload, and radosgw may answer NoSuchKey.
 * @returns undefined when there is no such upload
 */
async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isName(error, 'NoSuchUpload', 'NoSuchKey')) return undefined;
    throw error;
  }
}

/** Answers that no retry changes: no such bucket or key, no permission, a wrong clock or region. */
const REFUSALS: readonly number[] = [301, 400, 401, 403, 404, 405];

/** A HEAD has no body: 400 to it says no more than the status. These pass, though their status does not look like it. */
const PASSING: readonly string[] = ['RequestTimeout', 'RequestTimeTooSkewed', 'IncompleteBody', 'ExpiredToken'];

function stagingError(failed: string, error: unknown): ImageDropError {
  const message = `${failed}: ${answerOf(error)}.`;
  const isRefused = REFUSALS.includes(statusOf(error) ?? 0) && !isName(error, ...PASSING);
  return new ImageDropError(isRefused ? 'staging-refused' : 'staging-unavailable', message, { cause: error });
}

type Upload = Pick<ListPartsCommandInput, 'Bucket' | 'Key' | 'UploadId'>;

/** The parts that are stored, a thousand with each request, or some of them after one. */
export async function listParts(client: S3Client, upload: Upload, some?: PartsAfter): Promise<readonly StagedPart[]> {
  const found: StagedPart[] = [];
  let marker = some === undefined ? undefined : String(some.after);
  do {
    const page = await client.send(
      new ListPartsCommand({ ...upload, PartNumberMarker: marker, ...(some && { MaxParts: some.most }) }),
    );
    found.push(...(page.Parts ?? []).map(stagedPart));
    marker = page.IsTruncated === true && some === undefined ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return found;
}

function stagedPart({ PartNumber: number = 0, ETag: etag = '', Size: bytes = 0 }: Part): StagedPart {
  return { number, etag: etag.replaceAll('"', ''), bytes };
}
