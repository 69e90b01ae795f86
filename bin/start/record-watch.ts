import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isRecordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';

/** Short enough to look live to a person; the listing is of this machine. */
const EVERY_MS = 250;

/**
 * Yields, at each look at the status bucket, the records that are new or have changed since the look before. Ends when
 * the signal aborts.
 */
export async function* watchRecords(
  client: S3Client,
  bucket: string,
  signal: AbortSignal,
): AsyncGenerator<readonly DropRecord[]> {
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    const changed: DropRecord[] = [];
    for await (const { key, etag } of listing(client, bucket)) {
      if (seen.get(key) !== etag) changed.push(await load(client, bucket, key));
      seen.set(key, etag);
    }
    yield changed;
    await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* listing(client: S3Client, bucket: string): AsyncGenerator<{ key: string; etag: string }> {
  let next: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: next }));
    for (const { Key: key, ETag: etag } of page.Contents ?? []) {
      if (key !== undefined && isRecordKey(key) && etag !== undefined) yield { key, etag };
    }
    next = page.NextContinuationToken;
  } while (next !== undefined);
}

async function load(client: S3Client, bucket: string, key: string): Promise<DropRecord> {
  const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return JSON.parse((await body?.transformToString()) ?? '');
}
