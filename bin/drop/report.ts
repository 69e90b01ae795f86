import { printable, printableJson } from '../printable.ts';
import { report as recordsReport, warningLines } from '../records/report.ts';
import { failureLines } from '../terminal/failure-lines.ts';
import { type Styler, stylerFor } from '../terminal/styles.ts';
import { roomOf } from '../terminal/table.ts';
import type { DropOptions } from './options.ts';
import { type DropOutcome, type FileNotDropped, isDropped } from './outcome.ts';

/** What `imagedrop drop` prints in the end. */
export function reportOf(outcomes: readonly DropOutcome[], { json, wait }: Pick<DropOptions, 'json' | 'wait'>): string {
  if (json) return `${printableJson(outcomes, 2)}\n`;
  const style = stylerFor(process.stdout);
  const notDropped = outcomes.filter((outcome) => !isDropped(outcome)).map((outcome) => paragraph(outcome, style));
  const warned = outcomes
    .filter(isDropped)
    .filter(({ records = [] }) => records.length === 0)
    .flatMap(({ key, warnings = [] }) => warningLines(key, warnings, style));
  const records = outcomes.filter(isDropped).flatMap((outcome) => outcome.records ?? []);
  const table = records.length === 0 ? [] : [recordsReport(records, style, roomOf(process.stdout))];
  return [...notDropped, ...warned, ...table, ...(wait ? [] : follow(outcomes))].map((part) => `\n${part}`).join('');
}

function paragraph(outcome: DropOutcome & FileNotDropped, style: Styler): string {
  const unsent = outcome.outcome === 'refused' ? '    It was not sent; --unchecked sends it all the same.\n' : '';
  return `${failureLines({ ...outcome, style: 'red' }, style)}${unsent}`;
}

/** For people only: readers of a log know what comes next. */
function follow(outcomes: readonly DropOutcome[]): string[] {
  const first = outcomes.find(isDropped);
  if (first === undefined || !process.stdout.isTTY) return [];
  return [`See what becomes of it: npx imagedrop status ${printable(shellWord(first.key))} --watch\n`];
}

const shellWord = (text: string): string =>
  /^[\w./+:@%=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
