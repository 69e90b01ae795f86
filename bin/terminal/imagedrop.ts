import { WrongUse } from '../commands/wrong-use.ts';
import { printableLines } from '../printable.ts';
import type { Command } from './command.ts';
import { overview } from './overview.ts';

/**
 * The whole command line: finds the command and runs it; whatever goes wrong is said in a sentence.
 * @returns the exit code: the command's own, 1 something failed, 2 wrong use
 */
export async function imagedrop(commands: readonly Command[], args: readonly string[]): Promise<number> {
  try {
    return await run(commands, args);
  } catch (error) {
    process.stderr.write(`imagedrop: ${printableLines(errorText(error, isDebug(args)))}\n`);
    return error instanceof WrongUse ? 2 : 1;
  }
}

async function run(commands: readonly Command[], [name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const about = name === 'help' ? args[0] : undefined;
    if (about !== undefined) return commandNamed(about, commands).execute(['--help']);
    process.stdout.write(overview(commands));
    return name === undefined ? 2 : 0;
  }
  return commandNamed(name, commands).execute(args);
}

function commandNamed(name: string, commands: readonly Command[]): Command {
  const found = commands.find((each) => each.name === name);
  if (found === undefined) throw new WrongUse(`There is no command ${JSON.stringify(name)}.`);
  return found;
}

/** Arguments behind `--` are no options. */
function isDebug(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--debug');
}

function errorText(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return String(error);
  const hint = error instanceof WrongUse ? '\nSee `imagedrop --help`.' : '';
  return debug ? `${error.stack ?? error.message}${causes(error)}` : `${error.message}${hint}`;
}

function causes(error: Error): string {
  const { cause } = error;
  if (cause === undefined) return '';
  return cause instanceof Error
    ? `\ncaused by ${cause.stack ?? cause.message}${causes(cause)}`
    : `\ncaused by ${cause}`;
}
