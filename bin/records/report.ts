import type { DropRecord } from '../../lambda/model/record.ts';
import { statusSince } from '../../lambda/model/record-changes.ts';
import { formatBytes } from '../format-bytes.ts';
import { failureLines } from '../terminal/failure-lines.ts';
import { type Styler, statusStyle } from '../terminal/styles.ts';
import { table } from '../terminal/table.ts';

const COLUMNS = ['FILE', 'FORMAT', 'VIRTUAL SIZE', 'SIZE', 'IMAGE ID', 'NAME', 'VERIFIED', 'SECONDS'].map((title) => ({
  title,
}));

/** The closing table: a row for every image, and a paragraph for every drop that did not become one. */
export function report(records: readonly DropRecord[], style: Styler): string {
  const active = records.filter(({ status }) => status === 'active');
  const others = records.filter(({ status }) => status !== 'active');
  const rows = active.map((record) => cellsOf(record).map((text) => ({ text })));
  const images = active.length > 0 ? [table(COLUMNS, rows, style)] : [];
  return [...images, ...others.map((record) => paragraph(record, style))].join('\n');
}

function cellsOf(record: DropRecord): string[] {
  const { drop, found, image, sent, verification } = record;
  return [
    drop.key,
    [found?.format, found?.subformat].filter((part) => part !== undefined).join(' '),
    formatBytes(found?.virtualSize ?? 0),
    formatBytes(drop.size),
    image?.id ?? '',
    sent?.name ?? '',
    verification?.outcome === 'verified' ? `${verification.algorithm}` : 'unverified',
    ((statusSince(record).getTime() - receivedAt(record)) / 1000).toFixed(1),
  ];
}

function receivedAt(record: DropRecord): number {
  return Date.parse(record.history[0]?.at ?? record.drop.droppedAt);
}

function paragraph({ drop, status, error }: DropRecord, style: Styler): string {
  const outcome = { key: drop.key, outcome: status, style: statusStyle(status), ...error };
  return failureLines(outcome, style);
}
