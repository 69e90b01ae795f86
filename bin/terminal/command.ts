import { parseArgs } from 'node:util';
import { messageOf } from '../../lambda/model/errors.ts';
import { DONE, WrongUse } from './exit-codes.ts';
import { type CommandDescription, helpText, type OptionForm, type OptionForms } from './help-text.ts';
import { COMMON_OPTIONS } from './options.ts';
import { didYouMean } from './similar.ts';

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

/** A command as its file states it. */
export interface CommandForm<O extends OptionForms = OptionForms> extends CommandDescription<O> {
  /**
   * @param commands all that there are, for those that speak of them
   * @returns the exit code
   */
  run(given: Given<O>, commands: readonly Command[]): Promise<number>;
}

/** A command as the table of commands has it. */
export interface Command extends CommandDescription {
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
        return DONE;
      }
      return run({ options: values as Given<O>['options'], positionals }, commands);
    },
  };
  return made;
}

function wrongUse(error: unknown, known: readonly string[]): WrongUse {
  const message = messageOf(error);
  const [, option] = /^Unknown option '(--?[^'=]+)/.exec(message) ?? [];
  if (option === undefined) return new WrongUse(message);
  const options = known.map((name) => `--${name}`);
  return new WrongUse(`Unknown option '${option}'.${didYouMean(option, options)}`);
}

function parsed({ options, positionals }: Command, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: positionals !== 'none' });
  } catch (error) {
    throw wrongUse(error, Object.keys(options));
  }
}
