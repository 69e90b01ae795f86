import { Worker } from 'node:worker_threads';
import type { FuzzArguments } from './arguments.ts';
import type { FuzzResult } from './fuzz.ts';
import type { Work } from './worker.ts';

/** Garbage is collected after so little that what grows is what is needed. */
const YOUNG_GENERATION_MIB = 4;
/** The corpus takes some 100 MiB while it is built. */
const OLD_GENERATION_MIB = 512;

export interface Supervision {
  /** An input over which the worker sits for so long is taken for one that never ends; 60 by default: it builds the corpus first. */
  readonly hangSeconds?: number;
  /** What runs in the worker; worker.ts by default. */
  readonly worker?: URL;
}

/**
 * Fuzzes in a worker, which can be ended in the midst of an input, and whose memory is its own: an input that never ends
 * or takes all memory is a finding like others.
 */
export function supervised(work: FuzzArguments, options: Supervision = {}): Promise<FuzzResult> {
  const { hangSeconds = 60, worker: code = new URL('./worker.ts', import.meta.url) } = options;
  const current = new BigInt64Array(new SharedArrayBuffer(8)).fill(BigInt(work.from));
  const worker = new Worker(code, {
    workerData: { ...work, current } satisfies Work,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB, maxOldGenerationSizeMb: OLD_GENERATION_MIB },
  });
  const index = () => Number(Atomics.load(current, 0));
  return new Promise((resolve) => {
    const end = (law: string): void => resolve(endedAt(index(), work.from, law));
    const watchdog = everySameValue(index, hangSeconds, () => {
      end(`It did not end within ${hangSeconds} s.`);
      void worker.terminate();
    });
    worker.once('message', resolve);
    worker.once('error', (error) => end(`It ended the worker: ${error}.`));
    worker.once('exit', () => clearInterval(watchdog));
  });
}

function endedAt(index: number, from: number, law: string): FuzzResult {
  const findings = [{ index, law }];
  return { inputs: index - from + 1, verdicts: {}, findings, maxMilliseconds: 0, maxGrowthBytes: 0 };
}

/** Calls back whenever the value is what it was so many seconds before. */
function everySameValue(value: () => number, seconds: number, onSame: () => void): NodeJS.Timeout {
  let last = Number.NaN;
  return setInterval(() => {
    const now = value();
    if (now === last) onSame();
    last = now;
  }, seconds * 1000);
}
