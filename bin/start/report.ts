import type { DropRecord } from '../../lambda/model/record.ts';
import { statusSince } from '../../lambda/model/record-changes.ts';
import { formatBytes } from '../format-bytes.ts';
import { printable } from '../printable.ts';

const HEADER = ['FILE', 'FORMAT', 'VIRTUAL SIZE', 'SIZE', 'IMAGE ID', 'NAME', 'VERIFIED', 'SECONDS'];

/** The closing table: a row for every image, and a paragraph for every drop that did not become one. */
export function report(records: readonly DropRecord[]): string {
  const active = records.filter(({ status }) => status === 'active');
  const others = records.filter(({ status }) => status !== 'active');
  const table = active.length > 0 ? [aligned([HEADER, ...active.map(row)])] : [];
  return [...table, ...others.map(paragraph)].join('\n');
}

function row(record: DropRecord): string[] {
  const { drop, found, image, sent, verification } = record;
  const cells = [
    drop.key,
    [found?.format, found?.subformat].filter((part) => part !== undefined).join(' '),
    formatBytes(found?.virtualSize ?? 0),
    formatBytes(drop.size),
    image?.id ?? '',
    sent?.name ?? '',
    verification?.outcome === 'verified' ? `${verification.algorithm}` : 'unverified',
    ((statusSince(record).getTime() - receivedAt(record)) / 1000).toFixed(1),
  ];
  return cells.map(printable);
}

function receivedAt(record: DropRecord): number {
  return Date.parse(record.history[0]?.at ?? record.drop.droppedAt);
}

function paragraph({ drop, status, error }: DropRecord): string {
  if (error === undefined) return `${printable(drop.key)}  ${status}\n`;
  const { code, message, nextStep, cause } = error;
  const lines = [
    `${drop.key}  ${status}  ${code}`,
    `    ${message}`,
    `    next   ${nextStep}`,
    ...(cause === undefined ? [] : [`    cause  ${cause}`]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function aligned(rows: readonly string[][]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map(
      (cells) =>
        `${cells
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
