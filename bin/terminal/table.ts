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
}

/** Rows below a header, each column as wide as its widest cell. Whatever is in a cell, it is shown and not obeyed. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], style: Styler): string {
  const header = columns.map(({ title }): Cell => ({ text: title, style: 'dim' }));
  const cells = [header, ...rows].map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })));
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.text.length ?? 0)));
  return cells.map((row) => `${line(row, columns, widths, style)}\n`).join('');
}

function line(row: readonly Cell[], columns: readonly Column[], widths: readonly number[], style: Styler): string {
  const padded = row.map(({ text, style: wanted }, i) => {
    const width = i === row.length - 1 ? 0 : (widths[i] ?? 0);
    const whole = columns[i]?.alignRight ? text.padStart(widths[i] ?? 0) : text.padEnd(width);
    return wanted === undefined ? whole : style(wanted, whole);
  });
  return padded.join('  ');
}
