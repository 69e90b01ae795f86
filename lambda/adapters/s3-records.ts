import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import type { RecordDraft } from '../model/record-changes.ts';
import type { RecordStore } from '../steps/ports.ts';
import { isLostRace, isNotFound } from './aws-errors.ts';
import { recordFromJson, recordToJson } from './record-json.ts';

/** Each round lets at least one writer through; more than a handful only meet in a storm of duplicates. */
const MAX_ROUNDS = 100;
const LONGEST_PAUSE_MS = 100;

interface Stored {
  readonly record: DropRecord;
  readonly etag: string;
}

export interface RecordStoreOptions {
  /** A name for each write, never given twice. */
  readonly nonce: () => string;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** The status bucket: a record is only changed from what it was read as (Amazon S3, "Conditional writes"). */
export function s3Records(client: S3Client, bucket: string, options: RecordStoreOptions): RecordStore {
  const { nonce, random = Math.random } = options;
  return {
    load: async (key) => (await read(client, bucket, key))?.record,
    async change(key, decide) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const stored = await read(client, bucket, key);
        const draft = decide(stored?.record);
        if (draft === undefined) return stored?.record;
        const next = revise(draft, stored, nonce());
        if (await write(client, bucket, key, next, stored?.etag)) return next;
        await pause(random() * LONGEST_PAUSE_MS);
      }
      throw new ImageDropError('record-conflict', `The record ${key} was changed by others ${MAX_ROUNDS} times.`);
    },
  };
}

function revise(draft: RecordDraft, stored: Stored | undefined, nonce: string): DropRecord {
  return { ...draft, revision: (stored?.record.revision ?? 0) + 1, nonce };
}

async function read(client: S3Client, bucket: string, key: string): Promise<Stored | undefined> {
  try {
    const { Body: body, ETag: etag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { record: recordFromJson(key, (await body?.transformToString()) ?? ''), etag };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** @returns whether it was written; false when another writer was faster */
async function write(
  client: S3Client,
  bucket: string,
  key: string,
  record: DropRecord,
  replaces: string | undefined,
): Promise<boolean> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: recordToJson(record),
    ContentType: 'application/json',
    ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
  });
  try {
    await client.send(command);
    return true;
  } catch (error) {
    if (!isLostRace(error) && !isNotFound(error)) throw error;
    // The SDK sends again when an answer is lost: what stands there now may be this very write.
    return (await read(client, bucket, key))?.record.nonce === record.nonce;
  }
}
