import { expect, test } from '@jest/globals';
import { load } from '../../bench/load/load.ts';
import { problemsIn } from '../../bench/load/report.ts';

const DROPS = 1000;

/** What one drop leaves in memory for as long as the stack runs: two versions in an index, an image, queue and tags. */
const MAX_MIB_PER_DROP = 0.1;

const peak = (samples: readonly number[]) => Math.max(...samples);

test('a thousand drops at once drain without an error, at one pace, with flat memory', async () => {
  const figures = await load(DROPS);
  expect(problemsIn(figures)).toEqual([]);
  // The first tenths wait for the functions to start, the last for the slowest.
  const [early = 0, late = 0] = [figures.rates[2], figures.rates[7]];
  expect(late).toBeGreaterThan(early / 3);
  const half = Math.ceil(figures.memory.own.length / 2);
  const { own, functions } = figures.memory;
  expect(peak(own.slice(half)) - peak(own.slice(0, half))).toBeLessThan(DROPS * MAX_MIB_PER_DROP);
  // Each process has come to its peak early: what one drop leaves behind in a function would be seen in a thousand.
  expect(peak(functions.slice(half))).toBeLessThan(peak(functions.slice(0, half)) * 1.15);
  for (const { peakMemory } of figures.functions) expect(peakMemory).toBeLessThan(200);
});
