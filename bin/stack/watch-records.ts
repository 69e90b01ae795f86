import { setTimeout as pause } from 'node:timers/promises';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isRecordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { loadRecord } from './records.ts';

/** Short enough to look live to a person; the listing is of this machine. */
const EVERY_MS = 250;
/** Each look is a request over the internet. */
const DEPLOYED_EVERY_MS = 2000;

export const lookEveryMs = ({ isLocal }: { readonly isLocal: boolean }): number =>
  isLocal ? EVERY_MS : DEPLOYED_EVERY_MS;

export interface WatchOptions {
  /** Of the records' keys. @default all of them */
  readonly prefix?: string;
  /** Milliseconds between two looks. @default 250 */
  readonly everyMs?: number;
}

/**
 * Yields, at each look at the status bucket, the records that are new or have changed since the look before. Ends when
 * the signal aborts.
 */
export async function* watchRecords(
  client: S3Client,
  bucket: string,
  signal: AbortSignal,
  { prefix = '', everyMs = EVERY_MS }: WatchOptions = {},
): AsyncGenerator<readonly DropRecord[]> {
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    const changed: DropRecord[] = [];
    for await (const { key, etag } of listing(client, bucket, prefix)) {
      const loaded = seen.get(key) === etag ? undefined : await loadRecord(client, bucket, key);
      if (loaded !== undefined) changed.push(loaded.record);
      seen.set(key, etag);
    }
    yield changed;
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* listing(
  client: S3Client,
  Bucket: string,
  Prefix: string,
): AsyncGenerator<{ key: string; etag: string }> {
  let next: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: next }));
    for (const { Key: key, ETag: etag } of page.Contents ?? []) {
      if (key !== undefined && isRecordKey(key) && etag !== undefined) yield { key, etag };
    }
    next = page.NextContinuationToken;
  } while (next !== undefined);
}
