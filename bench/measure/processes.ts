import { readdirSync, readFileSync } from 'node:fs';
import { maxMemoryMib } from '../../local/lambda/environment.ts';

/** Linux counts a process's time in hundredths of a second, on all platforms that Node.js runs on (times(2), CLK_TCK). */
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process and those of its children that have ended have used (proc(5), stat: utime to cstime). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold anything; utime is the 12th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS_PER_SECOND;
}

/** The most memory in MiB that a process or one of its descendants holds or has held, of those that live now. */
export function largestPeakMib(pid: number): number {
  return Math.max(maxMemoryMib(pid) ?? 0, ...childrenOf(pid).map(largestPeakMib));
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
