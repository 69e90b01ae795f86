import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import { awsUnavailable, isLostRace, isNoSuchKey } from './aws-errors.ts';

/** A JSON document of the status bucket that is changed by compare-and-swap only. */
export interface DocumentPlace {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly schema: number;
  /** What the user can do about one that cannot be read. */
  readonly nextStep: string;
}

export interface StoredDocument<T> {
  readonly document: T;
  readonly etag: string;
}

/**
 * @returns undefined where there is none
 * @throws `aws-unavailable`, and `bad-record` where it is not JSON or of another schema
 */
export async function loadDocument<T>(place: DocumentPlace): Promise<StoredDocument<T> | undefined> {
  const { client, bucket, key } = place;
  try {
    const { Body: body, ETag: etag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { document: parsed(place, (await body?.transformToString()) ?? '') as T, etag };
  } catch (error) {
    if (error instanceof ImageDropError) throw error;
    if (isNoSuchKey(error)) return undefined;
    throw awsUnavailable(`${key} could not be read from the bucket ${bucket}`, error);
  }
}

function parsed({ key, schema, nextStep }: DocumentPlace, text: string): unknown {
  let document: { readonly schema?: unknown } | null;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ImageDropError('bad-record', `${key} is not JSON.`, { cause, nextStep });
  }
  if (document?.schema === schema) return document;
  throw new ImageDropError('bad-record', `${key} has schema ${document?.schema}, but only ${schema} is known.`, {
    nextStep,
  });
}

/**
 * @param replaces the ETag of what was read; undefined: there was none
 * @returns false when another writer was faster
 * @throws `aws-unavailable`
 */
export async function saveDocument(place: DocumentPlace, document: object, replaces?: string): Promise<boolean> {
  const { client, bucket, key } = place;
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: `${JSON.stringify(document, undefined, 2)}\n`,
    ContentType: 'application/json',
    ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
  });
  try {
    await client.send(command);
    return true;
  } catch (error) {
    if (isLostRace(error) || isNoSuchKey(error)) return false;
    throw awsUnavailable(`${key} could not be written to the bucket ${bucket}`, error);
  }
}
