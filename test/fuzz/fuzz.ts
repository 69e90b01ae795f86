import { getHeapStatistics } from 'node:v8';
import type { ErrorCode } from '../../lambda/model/errors.ts';
import { BrokenLaw, type Inspect, type Judgement, judged } from '../support/laws.ts';
import type { Base } from './base.ts';
import { type Input, inputOf } from './input.ts';

export interface FuzzRun {
  readonly seed: number;
  /** Index of the first input. */
  readonly from: number;
  readonly inputs: number;
  readonly bases: readonly Base[];
  /** What is fuzzed; the project's own inspection by default. */
  readonly inspect?: Inspect;
  /** Told of each input before it is inspected. */
  readonly onInput?: (index: number) => void;
}

export interface Finding {
  readonly index: number;
  /** The law that was broken, as a sentence. */
  readonly law: string;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly verdicts: Partial<Record<ErrorCode | 'accepted', number>>;
  readonly findings: readonly Finding[];
  /** Of the input that took the longest. */
  readonly maxMilliseconds: number;
  /** Of the input that took the most: heap and buffers. */
  readonly maxGrowthBytes: number;
}

/** More of them are seldom worth the time. */
const MAX_FINDINGS = 10;
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;

/** Inspects so many damaged files; ends early with ten findings. */
export async function fuzz({ seed, from, inputs, bases, inspect, onInput }: FuzzRun): Promise<FuzzResult> {
  const verdicts: Record<string, number> = {};
  const findings: Finding[] = [];
  let [maxMilliseconds, maxGrowthBytes, index] = [0, 0, from];
  for (; index < from + inputs && findings.length < MAX_FINDINGS; index++) {
    onInput?.(index);
    const input = inputOf(seed, index, bases);
    const used = usedBytes();
    try {
      const { verdict, milliseconds } = await verdictOn(input, inspect);
      verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      maxMilliseconds = Math.max(maxMilliseconds, milliseconds);
      const growth = usedBytes() - used;
      maxGrowthBytes = Math.max(maxGrowthBytes, growth);
      if (growth > MAX_GROWTH_BYTES) throw new BrokenLaw(`It took ${growth} bytes of memory.`);
    } catch (error) {
      if (!(error instanceof BrokenLaw)) throw error;
      findings.push({ index, law: error.message });
    }
  }
  return { inputs: index - from, verdicts, findings, maxMilliseconds, maxGrowthBytes };
}

async function verdictOn({ file, options, base, isCut }: Input, inspect?: Inspect): Promise<Judgement> {
  const judgement = await judged(file, options, inspect);
  if (isCut && judgement.found?.format === base.sound?.format) {
    throw new BrokenLaw(`It was taken for whole, though it is cut to ${file.size} of ${base.file.size} bytes.`);
  }
  return judgement;
}

/** Garbage counts until it is collected, so what is found is at least what was needed. */
function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
