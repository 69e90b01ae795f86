/** One option of a command. */
export type OptionForm = {
  /** A sentence or less, without its full stop. */
  readonly help: string;
  readonly short?: string;
} & (
  | { readonly type: 'boolean' }
  | {
      readonly type: 'string';
      /** What stands for the value: `NAME`. Values that are all there are: `glance|ims`. */
      readonly value: string;
      /** It may be given again. */
      readonly multiple?: true;
    }
);

export type OptionForms = Readonly<Record<string, OptionForm>>;

/** Everything known of a command. Its help, the completion of shells and docs/commands.md are made from it. */
export interface CommandDescription<O extends OptionForms = OptionForms> {
  readonly name: string;
  /** For the list of commands; begins with a verb, without its full stop. */
  readonly summary: string;
  /** Each way to call it, and what that does. */
  readonly usage: readonly (readonly [words: string, meaning: string])[];
  /** The argument behind the options; shells complete it. */
  readonly positionals: 'none' | 'files' | 'keys' | readonly string[];
  /** `--help` and `--debug` need not be named. */
  readonly options: O;
  /** Paragraphs that stand between options and examples. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  readonly exitCodes: Readonly<Record<number, string>>;
}

/** A terminal of the usual width shows it whole. */
const WIDTH = 100;

/** What `imagedrop COMMAND --help` prints. */
export function helpText(command: CommandDescription): string {
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

/** Beyond it, the meaning is on lines of its own. */
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

/** The text in lines of a maximal length, broken at spaces; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** What `imagedrop --help` prints. */
export function overview(commands: readonly CommandDescription[]): string {
  const column = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(column)}${summary}`);
  return `imagedrop: drop a disk image into a bucket; it becomes a verified, bootable image in your cloud.

Usage:
  imagedrop COMMAND [OPTIONS]

To begin with:
  imagedrop start               runs the whole stack on this machine, in its own terminal
  imagedrop drop FILE --wait    drops a file and waits until it is an image; --stack NAME: a deployed stack
  imagedrop status KEY          shows everything about a drop, and what to do if it failed

Commands:
${lines.join('\n')}

\`imagedrop COMMAND --help\` says more, with examples.
Exit codes: 0 done, 1 something failed, 2 wrong use; docs/commands.md has those of each command.
`;
}
