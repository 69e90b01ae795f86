import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OpenStackError } from './openstack-error.ts';

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
