import { parseArgs } from 'node:util';
import { WrongUse } from '../commands/wrong-use.ts';
import { helpText } from './help-text.ts';
import { COMMON_OPTIONS } from './options.ts';

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

type ValueOf<F extends OptionForm> = F extends { type: 'boolean' }
  ? boolean
  : F extends { multiple: true }
    ? readonly string[]
    : string;

/** What a command was called with. */
export interface Given<O extends OptionForms> {
  readonly options: { readonly [N in keyof O]?: ValueOf<O[N]> };
  readonly positionals: readonly string[];
}

/** All that is known of a command: its help, the completion of shells and docs/commands.md are made of it. */
export interface CommandForm<O extends OptionForms = OptionForms> {
  readonly name: string;
  /** For the list of commands; begins with a verb, without its full stop. */
  readonly summary: string;
  /** Each way to call it, and what that does. */
  readonly usage: readonly (readonly [words: string, meaning: string])[];
  /** What stands behind the options; shells complete it. */
  readonly positionals: 'none' | 'files' | 'keys' | readonly string[];
  /** `--help` and `--debug` need not be named. */
  readonly options: O;
  /** Paragraphs that stand between options and examples. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  readonly exitCodes: Readonly<Record<number, string>>;
  /**
   * @param commands all that there are, for those that speak of them
   * @returns the exit code
   */
  run(given: Given<O>, commands: readonly Command[]): Promise<number>;
}

/** A command as the table of commands has it. */
export interface Command extends Omit<CommandForm, 'run'> {
  /**
   * Runs it, or prints its help.
   * @returns the exit code
   * @throws WrongUse naming the argument
   */
  execute(args: readonly string[], commands: readonly Command[]): Promise<number>;
}

export function command<const O extends OptionForms>(form: CommandForm<O>): Command {
  const { run, ...rest } = form;
  const made: Command = {
    ...rest,
    options: { ...form.options, ...COMMON_OPTIONS },
    async execute(args, commands) {
      const { values, positionals } = parsed(made, args);
      if (values.help) {
        process.stdout.write(helpText(made));
        return 0;
      }
      return run({ options: values as Given<O>['options'], positionals }, commands);
    },
  };
  return made;
}

function parsed({ options, positionals }: Command, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: positionals !== 'none' });
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
}
