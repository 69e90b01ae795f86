import type { DropRecord } from '../../lambda/model/record.ts';
import { statusSince } from '../../lambda/model/record-changes.ts';
import { formatBytes } from '../format-bytes.ts';
import { printable } from '../printable.ts';
import { failureLines } from '../terminal/failure-lines.ts';
import { type Styler, statusStyle } from '../terminal/styles.ts';
import { type Column, table } from '../terminal/table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'FILE', narrow: { order: 5, to: 16 } },
  { title: 'FORMAT', narrow: { order: 3, to: 0 } },
  { title: 'VIRTUAL SIZE', narrow: { order: 4, to: 0 } },
  { title: 'SIZE' },
  { title: 'IMAGE ID', narrow: { order: 1, to: 12 } },
  { title: 'NAME', narrow: { order: 2, to: 0 } },
  { title: 'VERIFIED' },
  { title: 'SECONDS' },
];

/** The closing table: a row for every image, its warnings, and a paragraph for every drop that did not become one. */
export function report(records: readonly DropRecord[], style: Styler, room?: number): string {
  const active = records.filter(({ status }) => status === 'active');
  const others = records.filter(({ status }) => status !== 'active');
  const rows = active.map((record) => cellsOf(record).map((text) => ({ text })));
  const warnings = active.flatMap(({ drop, found }) => warningLines(drop.key, found?.warnings ?? [], style));
  const images = active.length > 0 ? [table(COLUMNS, rows, style, room) + warnings.join('')] : [];
  return [...images, ...others.map((record) => paragraph(record, style))].join('\n');
}

/** What is unusual in an image that was accepted. */
export const warningLines = (key: string, warnings: readonly string[], style: Styler): readonly string[] =>
  warnings.map((warning) => `${printable(key)}  ${style('yellow', `warning  ${printable(warning)}`)}\n`);

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
