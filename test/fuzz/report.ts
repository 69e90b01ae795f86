import { join } from 'node:path';
import type { Base } from './base.ts';
import type { Finding, FuzzResult } from './fuzz.ts';
import { inputOf } from './input.ts';

const count = (value: number): string => value.toLocaleString('en-US');

/** How often each verdict was given, how fast, and how much the worst input took. */
export function summary(result: FuzzResult, seconds: number): string {
  const verdicts = Object.entries(result.verdicts)
    .sort(([, first], [, second]) => second - first)
    .map(([verdict, times]) => `${count(times).padStart(12)}  ${verdict}`);
  const speed = `${count(result.inputs)} inputs in ${seconds.toFixed(1)} s (${count(Math.round(result.inputs / seconds))}/s)`;
  const growth = (result.maxGrowthBytes / 2 ** 20).toFixed(1);
  return [...verdicts, `${speed}; at most ${result.maxMilliseconds.toFixed(1)} ms and ${growth} MiB for one.`].join(
    '\n',
  );
}

/**
 * Keeps the input of the finding as a file.
 * @returns what was found, of what, and how to see it again
 */
export function kept(finding: Finding, seed: number, bases: readonly Base[], folder: string): string {
  const { index, law } = finding;
  const { file, options, base } = inputOf(seed, index, bases);
  const path = join(folder, `fuzz-${seed}-${index}.bin`);
  file.writeTo(path);
  return [
    `Input ${index} of seed ${seed}: ${law}`,
    `  made of:  "${base.name}", options ${JSON.stringify(options)}`,
    `  kept as:  ${path} (${count(file.size)} bytes)`,
    `  again by: npm run fuzz -- --seed ${seed} --from ${index} --inputs 1`,
  ].join('\n');
}
