import { ImageDropError } from './errors.ts';
import type { DropRecord, RecordStatus } from './record.ts';

/** The drop waits for its image, or for the next one. */
export interface ReceivedRecord extends DropRecord {
  readonly status: 'received';
}

/** The drop is packed, and is being unpacked, or waits for that. */
export interface UnpackingRecord extends DropRecord {
  readonly status: 'unpacking';
}

/** What create-metadata has found and decided: a record has it from `created` on. */
type PlannedRecord = DropRecord & Required<Pick<DropRecord, 'found' | 'plan' | 'sent'>>;

/** Its bytes are to be moved. `image` is absent until a fast import has created it. */
export interface UploadRecord extends PlannedRecord {
  readonly status: 'created' | 'uploading';
}

/** Its bytes are at the endpoint, which has not shown the finished image yet. */
export interface ProcessingRecord extends PlannedRecord {
  readonly status: 'processing';
}

export interface SettledRecord extends DropRecord {
  readonly status: 'active' | 'failed' | 'superseded';
}

interface ByStatus {
  readonly received: ReceivedRecord;
  readonly unpacking: UnpackingRecord;
  readonly created: UploadRecord;
  readonly uploading: UploadRecord;
  readonly processing: ProcessingRecord;
  readonly active: SettledRecord;
  readonly failed: SettledRecord;
  readonly superseded: SettledRecord;
}

/** A record with the fields that its status requires. */
export type RecordOf<Status extends RecordStatus> = ByStatus[Status];

const PLANNED = ['found', 'plan', 'sent'] as const;

const REQUIRED: Readonly<Partial<Record<RecordStatus, readonly (keyof DropRecord)[]>>> = {
  created: PLANNED,
  uploading: PLANNED,
  processing: PLANNED,
};

/**
 * Narrows a record to one of some statuses.
 * @throws `bad-record` when it has another status, or lacks a field that its status requires
 */
export function recordOf<Status extends RecordStatus>(
  record: DropRecord,
  statuses: readonly Status[],
): RecordOf<Status> {
  if (isOf(record, statuses)) return record;
  const { status, drop } = record;
  const missing = REQUIRED[status]?.filter((field) => record[field] === undefined) ?? [];
  const message = `The record of ${drop.key} has the status ${status}, but no ${missing.join(', no ')}.`;
  throw new ImageDropError('bad-record', message);
}

function isOf<Status extends RecordStatus>(
  record: DropRecord,
  statuses: readonly Status[],
): record is RecordOf<Status> & DropRecord {
  const required = REQUIRED[record.status] ?? [];
  const known: readonly RecordStatus[] = statuses;
  return known.includes(record.status) && required.every((field) => record[field] !== undefined);
}
