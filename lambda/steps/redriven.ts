import type { DropRecord } from '../model/record.ts';
import type { Invocation, RecordMessage } from './ports.ts';

/**
 * Whether the message is the dead letter that settled the record, sent anew: the pipeline itself sends none for a record
 * that has failed. It says that somebody has mended the cause and wants the drop tried again.
 */
export function isRedriven({ status, deadLetter }: DropRecord, { sentAt }: Pick<Invocation, 'sentAt'>): boolean {
  return status === 'failed' && deadLetter !== undefined && sentAt.getTime() > Date.parse(deadLetter.at);
}

/** The message to create-metadata that brings a failed drop back from the start. */
export function askForRetry(key: string, record: DropRecord): RecordMessage {
  return { record: key, retry: record.history.at(-1)?.at ?? '' };
}
