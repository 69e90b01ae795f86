import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isRecordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';

/** A record as the listing of its bucket shows it. */
export interface ListedRecord {
  readonly key: string;
  /** Another with each change of the record. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** Where the records are read; the tests of the index bring their own. */
export interface RecordSource {
  /** Pages of at most 1,000. */
  pages(): AsyncIterable<readonly ListedRecord[]>;
  /** @returns undefined for one that is not there */
  load(key: string): Promise<DropRecord | undefined>;
}

export function statusBucket(client: S3Client, bucket: string): RecordSource {
  return { pages: () => pages(client, bucket), load: (key) => load(client, bucket, key) };
}

async function* pages(client: S3Client, Bucket: string): AsyncGenerator<readonly ListedRecord[]> {
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    const listed = (page.Contents ?? []).map(({ Key: key = '', ETag: etag = '', LastModified }) => ({
      key,
      etag,
      modifiedAt: LastModified?.getTime() ?? 0,
    }));
    yield listed.filter(({ key }) => isRecordKey(key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

async function load(client: S3Client, bucket: string, key: string): Promise<DropRecord | undefined> {
  try {
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await body?.transformToString()) ?? '');
  } catch (error) {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}
