import { setTimeout as pause } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { statusOf } from '../../lambda/adapters/aws-errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { listRecords, loadRecord, UnreadableRecord } from './status-bucket.ts';

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

/** S3 has understood and refuses, or returns something else than a record: it will do so the next time, too. */
const isAnswer = (error: unknown): boolean => (statusOf(error) ?? 500) < 500 || error instanceof UnreadableRecord;

interface Place {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

async function changedSince(seen: Map<string, string>, place: Place): Promise<readonly DropRecord[]> {
  const { client, bucket, signal } = place;
  const changed: DropRecord[] = [];
  for await (const page of listRecords(client, bucket, place)) {
    for (const { key, etag } of page.filter((listed) => seen.get(listed.key) !== listed.etag)) {
      const record = await loadRecord(client, bucket, key, signal);
      if (record !== undefined) changed.push(record);
      seen.set(key, etag);
    }
  }
  return changed;
}
