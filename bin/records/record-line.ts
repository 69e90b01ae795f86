import { type DropRecord, isMoving } from '../../lambda/model/record.ts';
import { isSettled } from '../../lambda/model/record-changes.ts';
import { formatBytes } from '../format-bytes.ts';
import { progressLine, type TransferProgress } from '../terminal/transfer-meter.ts';

/**
 * One line that says how a drop is doing.
 * @param subject @default the key
 */
export function recordLine(record: DropRecord, subject = record.drop.key): string {
  return `${subject}  ${record.status}${detail(record)}`;
}

function detail(record: DropRecord): string {
  const { error, progress, status, waiting } = record;
  if (isMoving(status) && progress !== undefined) {
    return `  ${progressLine(transferOf(progress))}${error ? ` · ${error.message}` : ''}`;
  }
  if (status === 'active') return ` · image ${record.image?.id}`;
  if (error !== undefined) return isSettled(record) ? ` · ${error.code}` : ` · ${error.message} It is tried again.`;
  if (waiting !== undefined) return ` · ${waiting.message}`;
  if (record.found !== undefined) return ` · ${record.found.format}, ${formatBytes(record.found.virtualSize)}`;
  return '';
}

function transferOf({ bytes, totalBytes, bytesPerSecond }: NonNullable<DropRecord['progress']>): TransferProgress {
  const secondsLeft = bytesPerSecond === 0 ? undefined : (totalBytes - bytes) / bytesPerSecond;
  return { doneBytes: bytes, totalBytes, bytesPerSecond, secondsLeft };
}

/** Whether the whole story of a drop had been printed before that time. */
export function wasOver(record: DropRecord, before: Date): boolean {
  return record.announcedAt !== undefined && Date.parse(record.announcedAt) < before.getTime();
}
