import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import { type DropRecord, RECORD_SCHEMA, RECORD_STATUSES } from '../model/record.ts';
import type { RecordDraft } from '../model/record-changes.ts';
import type { RecordStore, StepLog } from '../steps/ports.ts';
import { awsUnavailable, isLostRace, isNoSuchKey } from './aws-errors.ts';

/** Pauses grow until the writers no longer meet: a read and a write take S3 some 50 ms, and a hundred writers 2 s and more. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
/** With those pauses half a minute: a storm that lasts longer is better waited out in the queue. */
const MAX_ROUNDS = 32;

interface Stored {
  readonly record: DropRecord;
  readonly etag: string;
}

type Decide = Parameters<RecordStore['change']>[1];

interface RecordText {
  readonly text: string;
  readonly etag: string;
}

export interface RecordStoreOptions {
  /** A name for each write, never given twice. */
  readonly nonce: () => string;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * The status bucket: a record is only changed from what it was read as (Amazon S3, "Conditional writes").
 *
 * A change begins with what this process last saw of the record, or with the guess that there is none: S3 refuses the
 * write where that is out of date, and only then is the record read. A decision to write nothing, or an error, has no
 * such judge: it is made on what was read just now.
 *
 * A write whose answer was lost is known again by its nonce, unless another writer has changed the record in that very
 * moment: `decide` is then asked again on top of its own effect, and must tell from the record that it has happened.
 *
 * Both fail with `bad-record` where a record cannot be read and `aws-unavailable` where S3 does not serve; `change` also
 * with `record-conflict`, and with whatever `decide` throws.
 */
export function s3Records(client: S3Client, bucket: string, options: RecordStoreOptions): RecordStore {
  const { nonce, random = Math.random } = options;
  const seen = new Seen();

  async function look(key: string): Promise<Stored | undefined> {
    const stored = await read(client, bucket, key);
    seen.keep(key, stored);
    return stored;
  }

  /** @returns what is stored now; undefined when another writer was faster */
  async function put(key: string, draft: RecordDraft, replaces: Stored | undefined): Promise<DropRecord | undefined> {
    seen.keep(key, undefined);
    const written = await write(client, bucket, key, revise(draft, replaces, nonce()), replaces?.etag);
    seen.keep(key, written);
    return written?.record;
  }

  return {
    load: async (key) => (await look(key))?.record,
    keysBelow: (prefix) => keysBelow(client, bucket, prefix),
    async change(key, decide) {
      const before = seen.take(key);
      const guess = guessed(decide, before?.record);
      const written = guess && (await put(key, guess, before));
      if (written !== undefined) return written;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const stored = await look(key);
        const draft = decide(stored?.record);
        if (draft === undefined) return stored?.record;
        const next = await put(key, draft, stored);
        if (next !== undefined) return next;
        await pause(random() * Math.min(FIRST_PAUSE_MS * 2 ** round, LONGEST_PAUSE_MS));
      }
      throw new ImageDropError('record-conflict', `The record ${key} was changed by others ${MAX_ROUNDS} times.`);
    },
  };
}

/** A batch of drops at all their targets; what has been forgotten is read again. */
const MAX_SEEN = 100;

/** What was last seen of each record. */
class Seen {
  readonly #records = new Map<string, Stored>();

  take(key: string): Stored | undefined {
    const stored = this.#records.get(key);
    this.#records.delete(key);
    return stored;
  }

  /** @param stored undefined: that is not known */
  keep(key: string, stored: Stored | undefined): void {
    this.#records.delete(key);
    if (stored === undefined) return;
    this.#records.set(key, stored);
    const [oldest] = this.#records.keys();
    if (this.#records.size > MAX_SEEN && oldest !== undefined) this.#records.delete(oldest);
  }
}

/** What would be written on top of what was seen; undefined where that decides against it, or fails on it. */
function guessed(decide: Decide, seen: DropRecord | undefined): RecordDraft | undefined {
  try {
    return decide(seen);
  } catch {
    return undefined;
  }
}

function revise(draft: RecordDraft, stored: Stored | undefined, nonce: string): DropRecord {
  return { ...draft, revision: (stored?.record.revision ?? 0) + 1, nonce };
}

async function keysBelow(client: S3Client, bucket: string, prefix: string): Promise<readonly string[]> {
  try {
    const { Contents: found = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return found.map(({ Key: key = '' }) => key);
  } catch (error) {
    throw awsUnavailable(`The records below ${prefix} could not be listed`, error);
  }
}

async function read(client: S3Client, bucket: string, key: string): Promise<Stored | undefined> {
  const found = await readText(client, bucket, key);
  return found && { record: recordFromJson(key, found.text), etag: found.etag };
}

async function readText(client: S3Client, bucket: string, key: string): Promise<RecordText | undefined> {
  try {
    const { Body: body, ETag: etag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { text: (await body?.transformToString()) ?? '', etag };
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw awsUnavailable(`The record ${key} could not be read from S3`, error);
  }
}

/** @returns what was written; undefined when another writer was faster */
async function write(
  client: S3Client,
  bucket: string,
  key: string,
  record: DropRecord,
  replaces: string | undefined,
): Promise<Stored | undefined> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: recordToJson(record),
    ContentType: 'application/json',
    ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
  });
  try {
    const { ETag: etag = '' } = await client.send(command);
    return { record, etag };
  } catch (error) {
    // If-Match on a record that was deleted meanwhile is a lost race too.
    if (!isLostRace(error) && !isNoSuchKey(error)) {
      throw awsUnavailable(`The record ${key} could not be written to S3`, error);
    }
    // The SDK sends again when an answer is lost: the stored record may be this very write.
    const stored = await read(client, bucket, key);
    return stored?.record.nonce === record.nonce ? stored : undefined;
  }
}

/** People read it: indented. */
function recordToJson(record: DropRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** @throws `bad-record` naming the key and what is wrong */
function recordFromJson(key: string, text: string): DropRecord {
  const record = parse(key, text);
  const wrong = whatIsWrong(record);
  if (wrong !== undefined) throw new ImageDropError('bad-record', `The record ${key} ${wrong}.`);
  return record as DropRecord;
}

function parse(key: string, text: string): Partial<DropRecord> | null {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ImageDropError('bad-record', `The record ${key} is not JSON.`, { cause });
  }
}

/**
 * Functions are updated one by one, so that one of this release meets records of the next. A release reads the next schema
 * before any release writes it, and keeps what it does not know.
 */
const READ_SCHEMAS: readonly number[] = [RECORD_SCHEMA, RECORD_SCHEMA + 1];

/** Looks at the fields that every step relies on; a record of ours has all the others when it has these. */
function whatIsWrong(record: Partial<DropRecord> | null): string | undefined {
  if (typeof record !== 'object' || record === null) return 'is not a JSON object';
  const { schema = 0 }: { readonly schema?: number } = record;
  if (!READ_SCHEMAS.includes(schema)) return `has schema ${schema}, but only ${READ_SCHEMAS.join(' and ')} are known`;
  if (!RECORD_STATUSES.some((status) => status === record.status)) return `has the unknown status ${record.status}`;
  const { drop, target, revision, generation, attempts, history } = record;
  if (typeof drop?.bucket !== 'string' || typeof drop.key !== 'string') return 'names no drop';
  if (typeof target !== 'string') return 'names no target';
  if (![revision, generation, attempts].every(Number.isInteger)) return 'lacks revision, generation or attempts';
  return Array.isArray(history) ? undefined : 'has no history';
}

export interface RecordObserver {
  readonly log: StepLog;
  /** Called for each status that a record gets, for the operator's metrics. */
  readonly count: (key: string, record: DropRecord) => void;
}

/** A record store that writes one log line, and counts one drop, for each status that a record gets. */
export function observedRecords(records: RecordStore, { log, count }: RecordObserver): RecordStore {
  return {
    load: (key) => records.load(key),
    keysBelow: (prefix) => records.keysBelow(prefix),
    async change(key, decide) {
      let before: DropRecord | undefined;
      const after = await records.change(key, (stored) => {
        before = stored;
        return decide(stored);
      });
      if (after !== undefined && after.status !== before?.status) {
        log.info('drop', lineOf(key, after));
        count(key, after);
      }
      return after;
    },
  };
}

function lineOf(key: string, { status, drop, target, image, error }: DropRecord): Record<string, unknown> {
  return {
    record: key,
    status,
    target,
    bucket: drop.bucket,
    key: drop.key,
    dropId: drop.id,
    ...(image !== undefined && { imageId: image.id }),
    ...(error !== undefined && { code: error.code, reason: error.message }),
  };
}
