import type { Command, OptionForm } from '../terminal/command.ts';

/** What a shell has to know of a command. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Words that may stand behind the options, or any file. */
  readonly positionals: 'files' | readonly string[];
}

export interface CompletedOption {
  readonly name: string;
  readonly help: string;
  readonly takesValue: boolean;
  /** All values that there are; none where any will do. */
  readonly choices: readonly string[];
}

export function completedCommands(commands: readonly Command[]): readonly CompletedCommand[] {
  return commands.map(({ name, summary, options, positionals }) => ({
    name,
    summary: brief(summary),
    options: Object.entries(options).map(completedOption),
    // No shell knows the keys of a bucket.
    positionals: positionals === 'none' || positionals === 'keys' ? [] : positionals,
  }));
}

function completedOption([name, form]: [string, OptionForm]): CompletedOption {
  const value = form.type === 'string' ? form.value : '';
  const choices = value.includes('|') ? value.split('|') : [];
  return { name, help: brief(form.help), takesValue: form.type === 'string', choices };
}

/** Up to the first pause: shells show it behind the word, in the same line. */
const brief = (text: string): string => text.split(/[;:(]|\. /)[0]?.trim() ?? '';

/** As one word of any of these shells. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
