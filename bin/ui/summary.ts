import { type DropRecord, isMoving, type RecordStatus } from '../../lambda/model/record.ts';
import { statusSince } from '../../lambda/model/record-changes.ts';

/** What the list shows of a record. */
export interface DropSummary {
  /** Key of the record. */
  readonly record: string;
  readonly key: string;
  readonly dropId: string;
  readonly target: string;
  readonly status: RecordStatus;
  /** Since when it has this status; ISO 8601. */
  readonly since: string;
  /** ISO 8601. */
  readonly droppedAt: string;
  /** Bytes. */
  readonly size: number;
  /** "qcow2 v3" */
  readonly format?: string;
  /** How far the work of this status is, 0 to 1. */
  readonly progress?: number;
  readonly bytesPerSecond?: number;
  readonly imageId?: string;
  readonly imageName?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** What is unusual in the file; `found.warnings` of the record has all of it. */
  readonly warning?: string;
  /** The message of the target that the drop waits for. */
  readonly waiting?: string;
}

export function summaryOf(key: string, record: DropRecord): DropSummary {
  const { drop, target, status, found, image, sent, error, waiting } = record;
  return {
    record: key,
    key: drop.key,
    dropId: drop.id,
    target,
    status,
    since: statusSince(record).toISOString(),
    droppedAt: drop.droppedAt,
    size: drop.size,
    ...(found && { format: [found.format, found.subformat].filter(Boolean).join(' ') }),
    ...movement(record),
    ...(image && { imageId: image.id }),
    ...(sent && { imageName: sent.name }),
    ...(error && { error: { code: error.code, message: error.message } }),
    ...(found?.warnings?.[0] !== undefined && { warning: found.warnings[0] }),
    ...(waiting && { waiting: waiting.message }),
  };
}

/** Of an upload or unpacking its bytes; of the cloud's own work, the percentage that it reports. */
function movement({ status, progress, register }: DropRecord): Pick<DropSummary, 'progress' | 'bytesPerSecond'> {
  if (isMoving(status) && progress !== undefined) {
    const { bytes, totalBytes, bytesPerSecond } = progress;
    return { progress: Math.min(bytes / Math.max(totalBytes, 1), 1), bytesPerSecond };
  }
  if (status === 'processing' && register?.percent !== undefined) return { progress: register.percent / 100 };
  return {};
}
