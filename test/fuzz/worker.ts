import { parentPort, workerData } from 'node:worker_threads';
import { bases } from './base.ts';
import { fuzz } from './fuzz.ts';

/** What the worker is started with. */
export interface Work {
  readonly seed: number;
  readonly from: number;
  readonly inputs: number;
  /** Shared; holds the index of the input at work, so that one that never ends is known. */
  readonly current: BigInt64Array;
}

const { seed, from, inputs, current } = workerData as Work;
const onInput = (index: number): void => void Atomics.store(current, 0, BigInt(index));
parentPort?.postMessage(await fuzz({ seed, from, inputs, bases: await bases(), onInput }));
