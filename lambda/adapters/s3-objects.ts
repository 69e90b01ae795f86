import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { NO_VERSION } from '../model/drop.ts';
import type { ByteRange } from '../model/image.ts';
import type {
  FolderKeys,
  ObjectHead,
  ObjectRef,
  ObjectStore,
  PresignedUrl,
  SharingStore,
  SmallObject,
} from '../steps/ports.ts';
import { isNoSuchKey } from './aws-errors.ts';
import { readError } from './s3-refusals.ts';

/**
 * The drop bucket. Reads are pinned to the version where there is one, and to the etag everywhere.
 *
 * All fail with `source-unreadable` for what may pass, and with one of REFUSED_READS (model/errors.ts) where only a person
 * can change it; `open` also with `object-gone`, `object-changed` and the signal's reason.
 */
export function s3Objects(client: S3Client): ObjectStore {
  return {
    head: (bucket, key, versionId) => head(client, bucket, key, versionId),
    read: (bucket, key, maxBytes) => read(client, bucket, key, maxBytes),
    open: (ref, range, signal) => open(client, ref, range, signal),
  };
}

async function head(
  client: S3Client,
  bucket: string,
  key: string,
  versionId: string | undefined,
): Promise<ObjectHead | undefined> {
  try {
    const answer = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    return {
      bucket,
      key,
      ...versionOf(answer.VersionId),
      etag: unquoted(answer.ETag),
      size: answer.ContentLength ?? 0,
      lastModified: answer.LastModified ?? new Date(0),
      userMetadata: answer.Metadata ?? {},
    };
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw await readError(client, { bucket, key, ...(versionId !== undefined && { versionId }) }, error);
  }
}

async function read(client: S3Client, bucket: string, key: string, maxBytes: number): Promise<SmallObject | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const { Body: body, ETag, ContentLength: size = 0 } = answer;
    const ref = { bucket, key, ...versionOf(answer.VersionId), etag: unquoted(ETag), size };
    if (size <= maxBytes) return { ...ref, bytes: Buffer.from((await body?.transformToByteArray()) ?? []) };
    // The bytes that are under way end with the connection.
    (body as Readable).destroy();
    return ref;
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw await readError(client, { bucket, key }, error);
  }
}

async function open(client: S3Client, ref: ObjectRef, range: ByteRange, signal?: AbortSignal): Promise<Readable> {
  const command = new GetObjectCommand({
    Bucket: ref.bucket,
    Key: ref.key,
    VersionId: ref.versionId,
    IfMatch: `"${ref.etag}"`,
    Range: `bytes=${range.offset}-${range.offset + range.length - 1}`,
  });
  try {
    const { Body: body } = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    return body as Readable;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw await readError(client, ref, error);
  }
}

/** Fails as the store of the drop bucket does. */
export const s3FolderKeys =
  (client: S3Client): FolderKeys =>
  async (bucket, folder) => {
    try {
      const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, Delimiter: '/' }));
      return {
        keys: (page.Contents ?? []).map(({ Key: key = '' }) => key),
        isWhole: page.IsTruncated !== true,
      };
    } catch (error) {
      throw await readError(client, { bucket, key: folder }, error);
    }
  };

/** A bucket whose versioning is suspended says `null`, which no request may ask for without the right to read versions. */
const versionOf = (versionId: string | undefined): { readonly versionId?: string } =>
  versionId === undefined || versionId === NO_VERSION ? {} : { versionId };

const unquoted = (etag = ''): string => etag.replaceAll('"', '');

/** The drop bucket for those who let others read it. */
export function sharedObjects(client: S3Client): SharingStore {
  return { ...s3Objects(client), presign: (ref, seconds) => presignObject(client, ref, seconds) };
}

/**
 * A URL by which anyone can read one version of one object (Amazon S3, "Sharing objects with presigned URLs").
 * It ends with the credentials that signed it, should those end sooner.
 */
async function presignObject(client: S3Client, ref: ObjectRef, seconds: number): Promise<PresignedUrl> {
  const command = new GetObjectCommand({ Bucket: ref.bucket, Key: ref.key, VersionId: ref.versionId });
  const { expiration } = await client.config.credentials();
  return { url: await getSignedUrl(client, command, { expiresIn: seconds }), credentialsEnd: expiration };
}
