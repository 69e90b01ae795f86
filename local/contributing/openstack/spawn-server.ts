import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthCheck } from './health.ts';
import { OpenStackError } from './run-program.ts';

export interface ServerCommand {
  /** For messages: MariaDB, Keystone, Glance. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** The working directory; `pid` and `output.log` lie here. */
  readonly folder: string;
  /** A text of the arguments that no other process has, such as the path of its settings. */
  readonly mark: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where its clients find it. */
  readonly address: string;
  /** Of 127.0.0.1, if it serves there. */
  readonly port?: number;
  readonly health: HealthCheck;
}

/** A Python traceback, which is what a server that fails writes. */
const LAST_CHARACTERS = 2000;

/**
 * Starts it as the first of a process group of its own. Without `outlive` the system ends it with this process, however
 * that ends (prctl(2), PR_SET_PDEATHSIG).
 * @returns its id
 * @throws OpenStackError when the program is not there
 */
export async function spawnServer(command: ServerCommand, outlive: boolean): Promise<number> {
  const { program, args, folder, environment } = command;
  const log = openSync(logFile(folder), 'a', 0o600);
  try {
    const [file, ...rest] = outlive ? [program, ...args] : ['setpriv', '--pdeathsig', 'TERM', program, ...args];
    const child = spawn(file, rest, {
      cwd: folder,
      env: { ...environment },
      detached: true,
      stdio: ['ignore', log, log],
    });
    await once(child, 'spawn');
    child.unref();
    return child.pid as number;
  } catch (cause) {
    throw new OpenStackError(`${program} cannot be started: ${(cause as Error).message}`, { cause });
  } finally {
    closeSync(log);
  }
}

function logFile(folder: string): string {
  return join(folder, 'output.log');
}

/** What it wrote last. */
export function logEnd(folder: string): string {
  return readFileSync(logFile(folder), 'utf8').slice(-LAST_CHARACTERS);
}
