import { packageVersion } from '../../lib/version.ts';
import { printableLines } from '../printable.ts';
import { adviceOn } from './advice.ts';
import type { Command } from './command.ts';
import { DONE, FAILED, READER_GONE, WRONG_USE, WrongUse } from './exit-codes.ts';
import { overview } from './help-text.ts';
import { didYouMean } from './similar.ts';

/**
 * The whole command line: finds the command and runs it; every error is one sentence.
 * @returns the exit code
 */
export async function imagedrop(commands: readonly Command[], args: readonly string[]): Promise<number> {
  try {
    return await run(commands, args);
  } catch (error) {
    return say(error, commands, args);
  }
}

/** Says what went wrong, and with `--debug` where. @returns the exit code */
function say(error: unknown, commands: readonly Command[], args: readonly string[]): number {
  const text = isDebug(args) ? stackOf(error) : `${messageOf(error)}${hint(error, commands, args)}`;
  process.stderr.write(`imagedrop: ${printableLines(text)}\n`);
  return error instanceof WrongUse ? WRONG_USE : FAILED;
}

/** What no command has caught ends the process all the same, but with a sentence; a reader that has seen enough, without one. */
export function sayWhatNobodyCatches(commands: readonly Command[], args: readonly string[]): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(READER_GONE);
  });
  process.on('uncaughtException', (error) => process.exit(say(error, commands, args)));
}

/** Time for output that a slow reader has not taken yet. */
const LEFT_MS = 5000;

/** A command that has ended leaves nothing behind: a server or socket that is still open does not keep the process alive. */
export function endWhatIsLeft(): void {
  const isWritten = () => process.stdout.writableLength + process.stderr.writableLength === 0;
  setTimeout(() => (isWritten() ? process.exit() : endWhatIsLeft()), LEFT_MS).unref();
}

async function run(commands: readonly Command[], [name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || isHelp(name)) {
    const about = name === 'help' ? args[0] : undefined;
    if (about !== undefined) return commandNamed(about, commands).execute(['--help'], commands);
    process.stdout.write(overview(commands));
    return name === undefined ? WRONG_USE : DONE;
  }
  if (name === '--version') {
    process.stdout.write(`${packageVersion()}\n`);
    return DONE;
  }
  return commandNamed(name, commands).execute(args, commands);
}

const isHelp = (name: string): boolean => ['help', '--help', '-h'].includes(name);

function commandNamed(name: string, commands: readonly Command[]): Command {
  const found = commands.find((each) => each.name === name);
  if (found !== undefined) return found;
  const known = commands.map((each) => each.name);
  throw new WrongUse(
    `Unknown command: ${JSON.stringify(name)}.${didYouMean(name, known)} The commands are ${known.join(', ')}.`,
  );
}

/** Arguments behind `--` are not options. */
function isDebug(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--debug');
}

const messageOf = (error: unknown): string => (error instanceof Error && error.message) || String(error);

function hint(error: unknown, commands: readonly Command[], [name]: readonly string[]): string {
  const step = adviceOn(error);
  if (step !== undefined) return `\n    next   ${step}`;
  if (!(error instanceof WrongUse)) return '\n    `--debug` shows where that came from.';
  const known = commands.some((each) => each.name === name);
  return `\nSee \`imagedrop ${known ? `${name} ` : ''}--help\`.`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stack = error.message, cause } = error;
  return cause === undefined ? stack : `${stack}\ncaused by ${stackOf(cause)}`;
}
