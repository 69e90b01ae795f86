import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isRecordKey } from '../../lambda/model/drop.ts';
import type { DropRecord, KeyedRecord } from '../../lambda/model/record.ts';

/** A record as a listing shows it. */
export interface ListedRecord {
  readonly key: string;
  /** Changes with each change of the record. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** A record that is not JSON: somebody changed it by hand. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/** Lists the records below a prefix, in the order of their keys: one page of up to 1,000 after another. */
export async function* listRecords(
  client: S3Client,
  bucket: string,
  { prefix = '', signal }: { readonly prefix?: string; readonly signal?: AbortSignal } = {},
): AsyncGenerator<readonly ListedRecord[]> {
  let ContinuationToken: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken });
    const page = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    const listed = (page.Contents ?? []).map(({ Key: key = '', ETag: etag = '', LastModified }) => ({
      key,
      etag,
      modifiedAt: LastModified?.getTime() ?? 0,
    }));
    yield listed.filter(({ key }) => isRecordKey(key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

/**
 * @returns undefined if the record was deleted after it was listed
 * @throws UnreadableRecord
 */
export async function loadRecord(
  client: S3Client,
  bucket: string,
  key: string,
  signal?: AbortSignal,
): Promise<DropRecord | undefined> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  try {
    const { Body: body } = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    return JSON.parse((await body?.transformToString()) ?? '');
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new UnreadableRecord(`The record ${key} cannot be read: ${error.message}`, { cause: error });
  }
}

/** Enough requests at a time to hide the latency of S3. */
const AT_A_TIME = 16;

/** Loads the records below a prefix, in the order of their keys. */
export async function* recordsIn(client: S3Client, bucket: string, prefix = ''): AsyncGenerator<KeyedRecord> {
  for await (const page of listRecords(client, bucket, { prefix })) {
    for (let from = 0; from < page.length; from += AT_A_TIME) {
      const loading = page.slice(from, from + AT_A_TIME).map(async ({ key }) => {
        const record = await loadRecord(client, bucket, key);
        return record && { key, record };
      });
      yield* (await Promise.all(loading)).filter((each) => each !== undefined);
    }
  }
}

/** The records of one drop key, of all its drops and targets. */
export async function recordsOf(client: S3Client, bucket: string, dropKey: string): Promise<readonly KeyedRecord[]> {
  const found: KeyedRecord[] = [];
  for await (const each of recordsIn(client, bucket, recordsPrefix(dropKey))) {
    if (each.record.drop.key === dropKey) found.push(each);
  }
  return found;
}

/** The bytes of a drop key that all its record keys begin with: model/drop.ts cuts longer keys. */
const COMMON_BYTES = 700;

/** The prefix of all record keys of a drop key. Record keys of other drop keys may have it too. */
export function recordsPrefix(dropKey: string): string {
  if (Buffer.byteLength(dropKey) <= COMMON_BYTES) return `${dropKey}/`;
  return beginningOf(dropKey);
}

/** Cuts a prefix of drop keys so that it finds the records of all of them. */
export function beginningOf(keyPrefix: string): string {
  const bytes = Buffer.from(keyPrefix).subarray(0, COMMON_BYTES);
  return new TextDecoder().decode(bytes, { stream: true });
}
