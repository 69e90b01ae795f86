import { printable } from '../printable.ts';
import type { Style, Styler } from './styles.ts';

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface Column {
  readonly title: string;
  /** Figures are easier to compare when their ends meet. @default false */
  readonly alignRight?: boolean;
  /** How the column gives way where the table is wider than the terminal. @default it does not */
  readonly narrow?: {
    /** The column with the lowest order gives way first. */
    readonly order: number;
    /** Characters that must stay; 0: the whole column is left out. */
    readonly to: number;
  };
}

/**
 * Rows below a header, each column as wide as its widest cell, as far as the terminal has room. Whatever is in a cell, it
 * is shown and not obeyed.
 * @param room characters in a line. @default no limit, as in a pipe
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  style: Styler,
  room = Number.POSITIVE_INFINITY,
): string {
  const header = columns.map(({ title }): Cell => ({ text: title, style: 'dim' }));
  const cells = [header, ...rows].map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })));
  const widest = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.text.length ?? 0)));
  const widths = fitted(columns, widest, room);
  return cells.map((row) => `${line(row, columns, widths, style)}\n`).join('');
}

/** Characters in a line of the terminal; no limit elsewhere, and on terminals that do not know. */
export const roomOf = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number =>
  isTTY && columns !== undefined && columns > 1 ? columns : Number.POSITIVE_INFINITY;

const GAP = '  ';

/** The widths of the columns; 0 of one that is left out. */
function fitted(columns: readonly Column[], widest: readonly number[], room: number): readonly number[] {
  const widths = [...widest];
  const giving = columns.flatMap(({ narrow }, i) => (narrow === undefined ? [] : [{ i, ...narrow }]));
  for (const { i, to } of giving.toSorted((one, other) => one.order - other.order)) {
    const excess = lengthOf(widths) - room;
    if (excess <= 0) break;
    widths[i] = to === 0 ? 0 : Math.min(widths[i] ?? 0, Math.max(to, (widths[i] ?? 0) - excess));
  }
  return widths;
}

function lengthOf(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width, 0) + GAP.length * (shown.length - 1);
}

function line(row: readonly Cell[], columns: readonly Column[], widths: readonly number[], style: Styler): string {
  const last = widths.findLastIndex((width) => width > 0);
  const padded = row.flatMap(({ text, style: wanted }, i) => {
    const width = widths[i] ?? 0;
    if (width === 0) return [];
    const cut = shortened(text, width);
    const whole = columns[i]?.alignRight ? cut.padStart(width) : cut.padEnd(i === last ? 0 : width);
    return [wanted === undefined ? whole : style(wanted, whole)];
  });
  return padded.join(GAP);
}

/** Keeps the beginning, and the last characters of a name: they hold its version and its format. */
function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = Math.floor((width - 1) / 3);
  return `${text.slice(0, width - 1 - end)}…${text.slice(text.length - end)}`;
}
