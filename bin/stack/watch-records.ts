import { setTimeout as pause } from 'node:timers/promises';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { statusOf } from '../../lambda/adapters/aws-errors.ts';
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

/** A network may be away for a while in the hours that a drop can take; one that stays away is an error. */
const PATIENCE_MS = 60_000;

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
  let lastLookAt = Date.now();
  while (!signal.aborted) {
    try {
      const changed = await changedSince(seen, { client, bucket, prefix, signal });
      lastLookAt = Date.now();
      yield changed;
    } catch (error) {
      if (signal.aborted) return;
      if (isAnswer(error) || Date.now() - lastLookAt > PATIENCE_MS) throw error;
    }
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** S3 has understood, and says no, or gives what is no record: it will do so the next time, too. */
const isAnswer = (error: unknown): boolean =>
  (statusOf(error) ?? 500) < 500 || (error as Error).cause instanceof SyntaxError;

interface Place {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

async function changedSince(seen: Map<string, string>, place: Place): Promise<readonly DropRecord[]> {
  const changed: DropRecord[] = [];
  for await (const { key, etag } of listing(place)) {
    const loaded = seen.get(key) === etag ? undefined : await loadRecord(place.client, place.bucket, key, place.signal);
    if (loaded !== undefined) changed.push(loaded.record);
    seen.set(key, etag);
  }
  return changed;
}

async function* listing({ client, bucket, prefix, signal }: Place): AsyncGenerator<{ key: string; etag: string }> {
  let next: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: next });
    const page = await client.send(command, { abortSignal: signal });
    for (const { Key: key, ETag: etag } of page.Contents ?? []) {
      if (key !== undefined && isRecordKey(key) && etag !== undefined) yield { key, etag };
    }
    next = page.NextContinuationToken;
  } while (next !== undefined);
}
