import type { Command, OptionForm } from './command.ts';
import { wrapped } from './wrapped.ts';

/** A terminal of the usual width shows it whole. */
const WIDTH = 100;

/** What `imagedrop COMMAND --help` prints. */
export function helpText(command: Omit<Command, 'execute'>): string {
  const { name, summary, notes = [], examples, exitCodes } = command;
  const codes = Object.entries(exitCodes).map(([code, meaning]): Row => [code, meaning]);
  const sections = [
    wrapped(`imagedrop ${name}: ${summary}.`, WIDTH),
    section('Usage', command.usage),
    section('Options', Object.entries(command.options).map(optionRow)),
    ...notes.map((note) => wrapped(note, WIDTH)),
    ['Examples:', ...examples.map((example) => `  ${example}`)],
    section('Exit codes', codes),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

type Row = readonly [words: string, meaning: string];

/** Beyond it the meaning stands on lines of its own. */
const WIDEST_WORDS = 34;

function section(title: string, rows: readonly Row[]): string[] {
  const column = Math.min(Math.max(...rows.map(([words]) => words.length)), WIDEST_WORDS) + 3;
  return [`${title}:`, ...rows.flatMap((row) => rowLines(row, column))];
}

function rowLines([words, meaning]: Row, column: number): string[] {
  const [first = '', ...others] = wrapped(meaning, WIDTH - column - 2);
  const below = (line: string) => `  ${' '.repeat(column)}${line}`;
  if (words.length + 2 > column) return [`  ${words}`, ...[first, ...others].map(below)];
  return [`  ${words.padEnd(column)}${first}`, ...others.map(below)];
}

/** `-h, --help`, `--stack NAME`, `--tag TAG …` */
export function optionWords(name: string, form: OptionForm): string {
  const short = form.short === undefined ? '' : `-${form.short}, `;
  if (form.type === 'boolean') return `${short}--${name}`;
  return `${short}--${name} ${form.value}${form.multiple ? ' …' : ''}`;
}

const optionRow = ([name, form]: [string, OptionForm]): Row => [optionWords(name, form), form.help];
