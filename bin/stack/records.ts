import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isRecordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';

export interface KeyedRecord {
  readonly key: string;
  readonly record: DropRecord;
}

/** Requests at a time: enough to hide the latency of S3. */
const AT_A_TIME = 16;

/** The records below a prefix of the status bucket, in the order of their keys. */
export async function* recordsIn(client: S3Client, bucket: string, prefix = ''): AsyncGenerator<KeyedRecord> {
  for await (const keys of keysIn(client, bucket, prefix)) {
    for (let from = 0; from < keys.length; from += AT_A_TIME) {
      const records = await Promise.all(
        keys.slice(from, from + AT_A_TIME).map((key) => loadRecord(client, bucket, key)),
      );
      yield* records.filter((each) => each !== undefined);
    }
  }
}

/** As many bytes of a key as the keys of all its records begin with, for a long key is cut in them (model/drop.ts). */
const COMMON_BYTES = 700;

/** What the keys of all records of a drop key begin with; those of other drop keys may, too. */
export function recordsPrefix(dropKey: string): string {
  if (Buffer.byteLength(dropKey) <= COMMON_BYTES) return `${dropKey}/`;
  return beginningOf(dropKey);
}

/** At most so many bytes of it that the records of all keys that begin with it are found. */
export function beginningOf(keyPrefix: string): string {
  const bytes = Buffer.from(keyPrefix).subarray(0, COMMON_BYTES);
  return new TextDecoder().decode(bytes, { stream: true });
}

/** The records of one drop key, of all its drops and targets. */
export async function recordsOf(client: S3Client, bucket: string, dropKey: string): Promise<readonly KeyedRecord[]> {
  const found: KeyedRecord[] = [];
  for await (const each of recordsIn(client, bucket, recordsPrefix(dropKey))) {
    if (each.record.drop.key === dropKey) found.push(each);
  }
  return found;
}

async function* keysIn(client: S3Client, Bucket: string, Prefix: string): AsyncGenerator<readonly string[]> {
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
    yield (page.Contents ?? []).map(({ Key = '' }) => Key).filter(isRecordKey);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

/** @returns undefined for one that was deleted since it was listed */
export async function loadRecord(
  client: S3Client,
  bucket: string,
  key: string,
  signal?: AbortSignal,
): Promise<KeyedRecord | undefined> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: key });
  try {
    const { Body: body } = await client.send(get, signal === undefined ? {} : { abortSignal: signal });
    return { key, record: JSON.parse((await body?.transformToString()) ?? '') };
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`The record ${key} cannot be read: ${error.message}`, { cause: error });
  }
}
