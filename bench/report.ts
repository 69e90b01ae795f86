import type { Row } from './measure/row.ts';

/** The table that is printed: one line for each row, in columns. */
export function table(rows: readonly Row[]): string {
  const lines = [['measure', 'who', 'median', 'spread', 'ratio', 'goal', ''], ...rows.map(cells)];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells({ measure, who, value, unit, ratio, goal = '', met }: Row): string[] {
  const { median, lowest, highest, samples } = value;
  const spread = samples.length > 1 ? `${figure(lowest)} to ${figure(highest)}, n=${samples.length}` : '';
  const verdict = met === undefined ? '' : met ? 'met' : 'NOT MET';
  return [
    measure,
    who,
    `${figure(median)} ${unit}`,
    spread,
    ratio === undefined ? '' : ratio.toFixed(2),
    goal,
    verdict,
  ];
}

/** Three digits that count. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}

/** Rows that fall short where the other work of the machine can have no part in it. */
export const failures = (rows: readonly Row[]): readonly Row[] =>
  rows.filter(({ met, binding = false }) => met === false && binding);
