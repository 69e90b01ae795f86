import type { Command } from '../../bin/terminal/command.ts';
import { optionWords } from '../../bin/terminal/help-text.ts';
import { COMMON_OPTIONS, STACK_OPTION, TARGET_OPTION } from '../../bin/terminal/options.ts';

const BEGIN = '<!-- the commands of bin/commands, written by `npm run docs` -->';
const END = '<!-- end of the commands -->';

/** The page with its part on each command written anew. */
export function withCommands(page: string, commands: readonly Command[]): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error('docs/commands.md has lost its marks.');
  return [before, BEGIN, '\n\n', commands.map(section).join('\n'), '\n', END, after].join('');
}

function section(command: Command): string {
  const { name, summary, usage, notes = [], examples } = command;
  return [
    `## imagedrop ${name}`,
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    '',
    ...list(usage),
    ...notes.flatMap((note) => [note, '']),
    ...optionList(command),
    '```sh',
    ...examples,
    '```',
    '',
  ].join('\n');
}

/** Options that the top of the page describes. */
const DESCRIBED_ONCE = { ...COMMON_OPTIONS, ...STACK_OPTION };
const DESCRIBED_HELP = [TARGET_OPTION.target.help];

/** Without the options that the usage explains in the same words. Exit codes are at the top of the page, too. */
function optionList({ options, usage }: Command): string[] {
  const explained = [...DESCRIBED_HELP, ...usage.map(([, meaning]) => meaning)];
  const own = Object.entries(options).filter(
    ([name, { help }]) => !Object.hasOwn(DESCRIBED_ONCE, name) && !explained.includes(help),
  );
  if (own.length === 0) return [];
  return list(own.map(([name, form]) => [optionWords(name, form), form.help] as const));
}

function list(entries: readonly (readonly [words: string, meaning: string])[]): string[] {
  return [...entries.map(([words, meaning]) => `- \`${words}\`: ${meaning}`), ''];
}
