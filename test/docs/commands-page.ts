import type { Command } from '../../bin/terminal/command.ts';
import { optionWords } from '../../bin/terminal/help-text.ts';
import { COMMON_OPTIONS } from '../../bin/terminal/options.ts';

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
  const { name, summary, usage, notes = [], examples, exitCodes } = command;
  return [
    `## imagedrop ${name}`,
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    '',
    ...table(
      ['call', 'what it does'],
      usage.map(([words, meaning]) => [`\`${words}\``, meaning]),
    ),
    ...notes.flatMap((note) => [note, '']),
    ...optionTable(command),
    '```sh',
    ...examples,
    '```',
    '',
    ...table(['exit code', 'meaning'], Object.entries(exitCodes)),
  ].join('\n');
}

/** What every command has is said once, at the top of the page. */
function optionTable({ options }: Command): string[] {
  const own = Object.entries(options).filter(([name]) => !Object.hasOwn(COMMON_OPTIONS, name));
  if (own.length === 0) return [];
  return table(
    ['option', 'meaning'],
    own.map(([name, form]) => [`\`${optionWords(name, form)}\``, form.help]),
  );
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), `|${titles.map(() => '---|').join('')}`, ...rows.map(line), ''];
}
