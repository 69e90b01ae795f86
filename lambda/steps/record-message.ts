import { ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { beginningOf } from '../model/s3-event.ts';
import type { Invocation, RecordMessage, RecordStore } from './ports.ts';
import type { Work } from './work.ts';

/** @throws `bad-message` when the message is not `{ "record": "<key>" }` */
export function recordNamedIn(message: unknown): string {
  if (typeof message === 'object' && message !== null && 'record' in message && typeof message.record === 'string') {
    return message.record;
  }
  throw new ImageDropError(
    'bad-message',
    `The message is neither an event of S3, SNS or EventBridge nor {"record": …}: ${beginningOf(message)}`,
  );
}

/** @throws `bad-message` when the message names an invalid chunk */
export function chunkNamedIn(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('chunk' in message)) return undefined;
  const { chunk } = message;
  if (typeof chunk === 'number' && Number.isSafeInteger(chunk) && chunk >= 0) return chunk;
  throw new ImageDropError(
    'bad-message',
    `The message names a chunk that is not a whole number: ${beginningOf(message)}`,
  );
}

/** When the drop to be retried had failed; undefined when the message does not ask for a retry. */
export function retryNamedIn(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('retry' in message)) return undefined;
  if (typeof message.retry === 'string') return message.retry;
  throw new ImageDropError(
    'bad-message',
    `The message asks for a retry, but does not say when the drop failed: ${beginningOf(message)}`,
  );
}

/** The record's `rounds` when a look at its image was requested; undefined in other messages. */
export function roundNamedIn(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('round' in message)) return undefined;
  return Number(message.round);
}

/** @throws `bad-message` when there is no such record */
export async function existingRecord(key: string, records: RecordStore): Promise<DropRecord> {
  const record = await records.load(key);
  if (record === undefined) throw noRecord(key);
  return record;
}

export function noRecord(key: string): ImageDropError {
  return new ImageDropError('bad-message', `The message names the record ${key}, which does not exist.`);
}

/** The pipeline has sent its own messages about a failed record by then. */
const PIPELINE_IS_SILENT_AFTER_SECONDS = 5;

/**
 * Whether the message is the dead letter that settled the record, sent anew: once the failure is announced, the pipeline
 * itself sends nothing more. An operator has fixed the cause and wants the drop to be retried.
 */
export function isRedriven(record: DropRecord, { sentAt }: Pick<Invocation, 'sentAt'>): boolean {
  const { status, deadLetter, announcedAt } = record;
  if (status !== 'failed' || deadLetter === undefined || announcedAt === undefined) return false;
  return sentAt.getTime() > Date.parse(announcedAt) + PIPELINE_IS_SILENT_AFTER_SECONDS * 1000;
}

/** The message to create-metadata that brings a failed drop back from the start. */
export function askForRetry({ key, record }: Pick<Work, 'key' | 'record'>): RecordMessage {
  return { record: key, retry: changes.statusSince(record).toISOString() };
}
