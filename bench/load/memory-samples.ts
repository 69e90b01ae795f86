import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/**
 * MiB that this process cannot do without: heap and buffers after a collection. Resident memory says less of what is kept:
 * on a machine with room Node.js lets garbage lie.
 */
export function liveMib(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** Often enough to see a peak, seldom enough to cost nothing. */
const EVERY_MS = 1000;

export interface MemorySamples {
  /** MiB of resident memory, one figure for each second: this process, which runs all services and the simulator. */
  readonly own: readonly number[];
  /** Of all processes that it has started, together. */
  readonly functions: readonly number[];
  stop(): void;
}

/** Samples the memory of this process and of its children until it is stopped. */
export function sampleMemory(): MemorySamples {
  const own: number[] = [];
  const functions: number[] = [];
  const timer = setInterval(() => {
    own.push(residentMib(process.pid));
    functions.push(children().reduce((sum, pid) => sum + residentMib(pid), 0));
  }, EVERY_MS);
  return { own, functions, stop: () => clearInterval(timer) };
}

/** proc(5), VmRSS; 0 for a process that has ended meanwhile. */
function residentMib(pid: number): number {
  try {
    const [, kib = 0] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) / 1024;
  } catch {
    return 0;
  }
}

function children(): number[] {
  const tasks = `/proc/${process.pid}/task`;
  return readdirSync(tasks).flatMap((thread) => {
    try {
      return readFileSync(`${tasks}/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
}
