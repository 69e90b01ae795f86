import { type DropRecord, isMoving, type RecordStatus } from '../../lambda/model/record.ts';
import { formatBytes } from '../format-bytes.ts';
import { formatAge } from '../terminal/durations.ts';
import { type Styler, statusStyle } from '../terminal/styles.ts';
import { type Cell, table } from '../terminal/table.ts';

const COLUMNS = [
  { title: 'STATE', narrow: { order: 4, to: 14 } },
  { title: 'FORMAT', narrow: { order: 1, to: 0 } },
  { title: 'SIZE', alignRight: true },
  { title: 'AGE', alignRight: true },
  { title: 'KEY', narrow: { order: 2, to: 20 } },
  { title: 'TARGET', narrow: { order: 3, to: 0 } },
];

/** What `imagedrop ls` prints for people. */
export function dropTable(records: readonly DropRecord[], now: Date, style: Styler, room?: number): string {
  if (records.length === 0) return 'No drops.\n';
  const rows = records.map((record) => row(record, now));
  return `${table(COLUMNS, rows, style, room)}${style('dim', totals(records))}\n`;
}

function row(record: DropRecord, now: Date): Cell[] {
  const { status, found, drop, target } = record;
  const count = status === 'active' ? (found?.warnings?.length ?? 0) : 0;
  const warned = count === 0 ? '' : ` (${count} warning${count === 1 ? '' : 's'})`;
  const age = formatAge((now.getTime() - Date.parse(drop.droppedAt)) / 1000);
  return [
    { text: `${stateOf(record)}${warned}`, style: warned === '' ? statusStyle(status) : 'yellow' },
    { text: [found?.format, found?.subformat].filter((part) => part !== undefined).join(' ') || '–' },
    { text: formatBytes(drop.size) },
    { text: age },
    { text: drop.key },
    { text: target },
  ];
}

function stateOf({ status, error, progress, retired }: DropRecord): string {
  if (status === 'failed') return `failed (${error?.code})`;
  if (retired !== undefined) return `${status} (${retired.deleted ? 'deleted' : 'retired'})`;
  if (!isMoving(status) || progress === undefined) return status;
  return `${status} ${Math.floor((progress.bytes / Math.max(progress.totalBytes, 1)) * 100)} %`;
}

function totals(records: readonly DropRecord[]): string {
  const counts = new Map<RecordStatus, number>();
  for (const { status } of records) counts.set(status, (counts.get(status) ?? 0) + 1);
  return Array.from(counts, ([status, count]) => `${count} ${status}`).join(', ');
}
