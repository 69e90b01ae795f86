import { printable, printableJson } from '../printable.ts';
import { report as recordsReport } from '../start/report.ts';
import type { DropOptions } from './options.ts';
import { type DropOutcome, type FileNotDropped, isDropped } from './outcome.ts';

/** What `imagedrop drop` prints in the end. */
export function reportOf(outcomes: readonly DropOutcome[], { json, wait }: Pick<DropOptions, 'json' | 'wait'>): string {
  if (json) return `${printableJson(outcomes, 2)}\n`;
  const notDropped = outcomes.filter((outcome) => !isDropped(outcome)).map(paragraph);
  const records = outcomes.filter(isDropped).flatMap((outcome) => outcome.records ?? []);
  const table = records.length === 0 ? [] : [recordsReport(records)];
  return [...notDropped, ...table, ...(wait ? [] : follow(outcomes))].map((part) => `\n${part}`).join('');
}

function paragraph({ key, outcome, code, message, nextStep }: DropOutcome & FileNotDropped): string {
  const lines = [
    `${key}  ${outcome}${code === undefined ? '' : `  ${code}`}`,
    `    ${message}`,
    ...(nextStep === undefined ? [] : [`    next   ${nextStep}`]),
    ...(outcome === 'refused' ? ['    It was not sent; --unchecked sends it all the same.'] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** For people only: whoever reads a log knows what comes next. */
function follow(outcomes: readonly DropOutcome[]): string[] {
  const first = outcomes.find(isDropped);
  if (first === undefined || !process.stdout.isTTY) return [];
  return [`See what becomes of it: npx imagedrop status ${printable(shellWord(first.key))} --watch\n`];
}

const shellWord = (text: string): string =>
  /^[\w./+:@%=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
