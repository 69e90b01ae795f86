/** Why S3 does not give an object: temporary errors, and refusals that only a person can change. */
import {
  GetBucketAclCommand,
  GetObjectCommand,
  InvalidObjectState,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ImageDropError, messageOf } from '../model/errors.ts';
import type { ObjectRef } from '../steps/ports.ts';
import { answerOf, isLostRace, isName, isNoSuchKey, statusOf } from './aws-errors.ts';

type Place = Pick<ObjectRef, 'bucket' | 'key' | 'versionId'>;

/** A key, a version, a policy, an archive or a customer's key (Amazon S3 API reference, "Error responses"). */
const REFUSED = [400, 403];

/**
 * Takes an error of a read into the family. A refusal counts when a second request confirms it: permissions are
 * eventually consistent, and a HEAD has no text that says why.
 */
export async function readError(client: S3Client, place: Place, cause: unknown): Promise<ImageDropError> {
  const url = urlOf(place);
  if (isNoSuchKey(cause)) return new ImageDropError('object-gone', `${url} is gone.`, { cause });
  if (isLostRace(cause)) return new ImageDropError('object-changed', `${url} is another object now.`, { cause });
  const isRefused = REFUSED.includes(statusOf(cause) ?? 0);
  const confirmed = isRefused ? await errorOfFirstByte(client, place) : undefined;
  const refusal = confirmed === undefined ? undefined : await refusalOf(client, place, confirmed);
  return refusal ?? new ImageDropError('source-unreadable', `S3 did not give ${url}: ${answerOf(cause)}.`, { cause });
}

const urlOf = ({ bucket, key }: Place): string => `s3://${bucket}/${key}`;

async function errorOfFirstByte(client: S3Client, { bucket, key, versionId }: Place): Promise<unknown> {
  const range = { Bucket: bucket, Key: key, VersionId: versionId, Range: 'bytes=0-0' };
  try {
    const { Body: body } = await client.send(new GetObjectCommand(range));
    await body?.transformToByteArray();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function refusalOf(client: S3Client, place: Place, cause: unknown): Promise<ImageDropError | undefined> {
  const url = urlOf(place);
  const words = messageOf(cause);
  if (cause instanceof InvalidObjectState) return archived(place, cause);
  if (isName(cause, 'InvalidRequest') && /server.side encryption/i.test(words)) {
    return new ImageDropError('object-customer-key', `${url} is encrypted with a key of its writer (SSE-C).`, {
      cause,
    });
  }
  if (isKeyFault(cause)) {
    return new ImageDropError('object-key-denied', `S3 cannot decrypt ${url}: ${words}`, { cause });
  }
  if (!isName(cause, 'AccessDenied')) return undefined;
  const owner = await foreignOwner(client, place);
  if (owner !== undefined) {
    const message = `${url} belongs to another account (${owner}) than its bucket.`;
    return new ImageDropError('object-foreign', message, { cause });
  }
  return new ImageDropError('object-denied', `S3 does not let the function read ${url}: ${words}`, { cause });
}

/** AWS KMS is named in the text of a denied action, or in the code of a key that is disabled, deleted or unknown. */
function isKeyFault(error: unknown): boolean {
  const { name = '' } = error as { readonly name?: string };
  if (name === 'AccessDenied') return messageOf(error).includes('kms:');
  return name.startsWith('KMS.') && !name.includes('Throttling');
}

/** Amazon S3 API reference, "RestoreObject": objects of Intelligent-Tiering are moved back to a readable tier, without days. */
function archived({ bucket, key, versionId }: Place, cause: InvalidObjectState): ImageDropError {
  const { StorageClass: storageClass, AccessTier: tier } = cause;
  const request = storageClass === 'INTELLIGENT_TIERING' ? `'{}'` : 'Days=7';
  const version = versionId === undefined ? '' : ` --version-id ${versionId}`;
  const restore = `aws s3api restore-object --bucket ${bucket} --key ${shellQuoted(key)}${version} --restore-request ${request}`;
  const where = [storageClass, tier].filter((name) => name !== undefined).join(', ');
  const message = `${urlOf({ bucket, key })} is archived (${where}) and must be restored first.`;
  return new ImageDropError('object-archived', message, {
    cause,
    nextStep: `Run \`${restore}\`; the drop continues when S3 reports the end of the restore.`,
  });
}

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The owner of an object that its bucket's owner does not own, as objects of other accounts are in a bucket with access
 * control lists (Amazon S3 user guide, "Controlling ownership of objects"). Undefined also where that cannot be asked.
 */
async function foreignOwner(client: S3Client, { bucket, key }: Place): Promise<string | undefined> {
  const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1, FetchOwner: true });
  try {
    const [{ Contents: [object] = [] }, { Owner: bucketOwner }] = await Promise.all([
      client.send(list),
      client.send(new GetBucketAclCommand({ Bucket: bucket })),
    ]);
    const owner = object?.Key === key ? object.Owner?.ID : undefined;
    return owner === bucketOwner?.ID ? undefined : owner;
  } catch {
    // The right to ask may be missing too: then only the refusal is known.
    return undefined;
  }
}
