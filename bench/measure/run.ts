import { spawn } from 'node:child_process';
import { largestPeakMib } from './processes.ts';

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
