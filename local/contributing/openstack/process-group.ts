import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OpenStackError } from './run-program.ts';
import type { HealthCheck } from './server-process.ts';

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

/** A server and the workers that it forks. */
export interface ProcessGroup {
  /** Of the first process, and so of the group. */
  readonly pid: number;
  /** A mark in the command line of all its processes and of no others: ids are reused by any process. */
  readonly mark: string;
}

/** Fast enough not to be felt, slow enough not to load the machine. */
const POLL_MS = 20;

/** Glance needs a third of a second to end its workers. */
const WORKERS_MS = 1500;

/** The ids of its living processes. */
export function members({ pid, mark }: ProcessGroup): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => livesIn(name, pid) && hasMark(name, mark))
    .map(Number);
}

/**
 * Asks it to end: its first process, which ends its workers; those themselves when it is no longer there. Were all asked
 * at once, the first could find a worker dead before it is asked, and replace it. Any process that is left after a while was
 * forked meanwhile, and is asked, too.
 * @returns whether it was over in that time
 */
export async function terminateGroup(group: ProcessGroup, timeoutMs: number): Promise<boolean> {
  const living = members(group);
  signal(living.includes(group.pid) ? [group.pid] : living, 'SIGTERM');
  if (await ended(group, WORKERS_MS)) return true;
  signal(members(group), 'SIGTERM');
  return await ended(group, timeoutMs);
}

/**
 * Ends each of its processes at once, and those that are forked meanwhile.
 * @returns whether it was over in that time
 */
export async function killGroup(group: ProcessGroup, timeoutMs: number): Promise<boolean> {
  return await ended(group, timeoutMs, (living) => signal(living, 'SIGKILL'));
}

/** A process that has just ended is not an error. */
function signal(processIds: readonly number[], name: NodeJS.Signals): void {
  for (const pid of processIds) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Waits for its end. @param meanwhile is called with those who live, again and again */
async function ended(
  group: ProcessGroup,
  timeoutMs: number,
  meanwhile: (living: readonly number[]) => void = () => undefined,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (let living = members(group); living.length > 0; living = members(group)) {
    if (Date.now() > deadline) return false;
    meanwhile(living);
    await setTimeout(POLL_MS);
  }
  return true;
}

/**
 * By the state and the group, the third and the fifth field of proc_pid_stat(5). The second, the program's name in
 * brackets, may itself hold spaces and brackets. One that is dead but not yet reaped does not live.
 */
function livesIn(pid: string, group: number): boolean {
  const stat = contents(`/proc/${pid}/stat`);
  const [state = 'X', , ofGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return !'ZX'.includes(state) && Number(ofGroup) === group;
}

/** One that is about to end has lost its command line, but may still hold its port. */
function hasMark(pid: string, mark: string): boolean {
  const commandLine = contents(`/proc/${pid}/cmdline`);
  return commandLine === '' || commandLine.includes(mark);
}

/** Processes end while they are looked at. */
function contents(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}
