import { spawn } from 'node:child_process';
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
function largestPeakMib(pid: number): number {
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

export interface Run {
  /** From before the processes start until the last has ended. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The largest process. */
  readonly peakMib: number;
}

const LOOK_EVERY_MS = 20;

/** bash's `times`: user and system time of itself, then of its children, as `0m1.234s`. */
const TIMES = /(\d+)m([\d.]+)s/g;

/**
 * Runs a script of bash, every process of which counts.
 * @param args what the script finds as $1, $2…
 * @throws Error with what it wrote when it fails
 */
export async function runScript(
  script: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): Promise<Run & { readonly output: string }> {
  const began = performance.now();
  const child = spawn('bash', ['-c', `set -eo pipefail\n${script}\ntimes >&3`, 'bash', ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let peakMib = 0;
  const look = setInterval(() => {
    peakMib = Math.max(peakMib, largestPeakMib(child.pid ?? 0));
  }, LOOK_EVERY_MS);
  const [output, errors, times, code] = await Promise.all([
    textOf(child.stdio[1]),
    textOf(child.stdio[2]),
    textOf(child.stdio[3] as NodeJS.ReadableStream),
    new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve)),
  ]).finally(() => clearInterval(look));
  if (code !== 0) throw new Error(`It ended with ${code}:\n${script}\n${errors.slice(-2000)}`);
  const seconds = (performance.now() - began) / 1000;
  return { seconds, cpuSeconds: sumOf(times), peakMib, output };
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

function sumOf(times: string): number {
  return [...times.matchAll(TIMES)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}
