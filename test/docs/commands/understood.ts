import { parseArgs } from 'node:util';
import { COMMANDS } from '../../../bin/commands/table.ts';

/** The words of a call, in quotes or not. */
export const wordsOf = (text: string): string[] =>
  Array.from(text.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '');

/**
 * Reads a call of the command line by the options of its command.
 * @throws what the command line itself says of a name or an option that it does not know
 */
export function understand([name, ...args]: readonly string[]): void {
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) throw new Error(`There is no command ${name}.`);
  parseArgs({ args, options: command.options, allowPositionals: command.positionals !== 'none' });
}
