import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface RunOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** After which it is ended. Default: never. */
  readonly timeoutMs?: number;
}

/** What a failing program wrote last is what explains it. */
const LAST_CHARACTERS = 2000;

/** apt-get writes a line for each file; the default of 1 MiB would end it half way. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const execute = promisify(execFile);

/**
 * Runs a program to its end.
 * @returns what it wrote to its standard output
 * @throws OpenStackError with its last words when it fails or is not there
 */
export async function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    const { stdout } = await execute(program, [...args], {
      cwd: options.folder,
      env: options.environment ?? process.env,
      maxBuffer: MAX_OUTPUT_BYTES,
      timeout: options.timeoutMs,
    });
    return stdout;
  } catch (cause) {
    const command = [program, ...args].join(' ');
    throw new OpenStackError(`\`${command}\` failed: ${lastWords(cause)}`, { cause });
  }
}

function lastWords(cause: unknown): string {
  const { stderr = '', message } = cause as Error & { stderr?: string };
  return stderr.trim() === '' ? message : stderr.trim().slice(-LAST_CHARACTERS);
}

/** A part of the real OpenStack on this machine cannot be installed, started or used; the message says what to do. */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError';
}

/**
 * What OpenStack's programs find in their environment: no proxy between services of one machine, no Python of the
 * user's own, and settings from the folder alone (they also look in the home directory).
 */
export function environmentIn(folder: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LANG: 'C.UTF-8', ...more };
}
