import type { DropRecord } from '../model/record.ts';
import type { Invocation, RecordMessage } from './ports.ts';

/** Messages of the pipeline's own about a record that has failed are sent by then. */
const PIPELINE_IS_SILENT_AFTER_SECONDS = 5;

/**
 * Whether the message is the dead letter that settled the record, sent anew: once the failure is announced, the pipeline
 * itself sends nothing more. It says that somebody has mended the cause and wants the drop tried again.
 */
export function isRedriven(record: DropRecord, { sentAt }: Pick<Invocation, 'sentAt'>): boolean {
  const { status, deadLetter, announcedAt } = record;
  if (status !== 'failed' || deadLetter === undefined || announcedAt === undefined) return false;
  return sentAt.getTime() > Date.parse(announcedAt) + PIPELINE_IS_SILENT_AFTER_SECONDS * 1000;
}

/** The message to create-metadata that brings a failed drop back from the start. */
export function askForRetry(key: string, record: DropRecord): RecordMessage {
  return { record: key, retry: record.history.at(-1)?.at ?? '' };
}
