import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** A server and the workers that it forks. */
export interface ProcessGroup {
  /** Of the first process, and so of the group. */
  readonly pid: number;
  /** Stands in the command line of all its processes and of no others: ids are given again, to anybody. */
  readonly mark: string;
}

/** Fast enough not to be felt, slow enough not to load the machine. */
const POLL_MS = 20;

/** The ids of its living processes. */
export function members({ pid, mark }: ProcessGroup): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => livesIn(name, pid) && hasMark(name, mark))
    .map(Number);
}

/** Sends a signal to each of its processes. One that has just ended is no error. */
export function signalGroup(group: ProcessGroup, signal: NodeJS.Signals): void {
  for (const pid of members(group)) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** @returns whether it was over in that time */
export async function groupEnded(group: ProcessGroup, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (members(group).length > 0) {
    if (Date.now() > deadline) return false;
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
