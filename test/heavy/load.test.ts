import { expect, jest, test } from '@jest/globals';
import { load } from '../../bench/load/load.ts';
import { problemsIn } from '../../bench/load/report.ts';

jest.setTimeout(600_000);

const DROPS = 1000;

/** What one drop leaves in memory for as long as the stack runs: seven versions in the index of S3, and an image. */
const MAX_MIB_PER_DROP = 0.02;

const peak = (samples: readonly number[]) => Math.max(...samples);

test('a thousand drops at once drain without an error, at one pace, with flat memory', async () => {
  const figures = await load(DROPS);
  expect(problemsIn(figures)).toEqual([]);
  // The first tenths wait for the functions to start, the last for the slowest.
  const [early = 0, late = 0] = [figures.rates[2], figures.rates[7]];
  expect(late).toBeGreaterThan(early / 3);
  const [first = 0, last = Infinity] = [figures.live[0], figures.live.at(-1)];
  expect(last - first).toBeLessThan(DROPS * MAX_MIB_PER_DROP);
  const { functions } = figures.memory;
  const half = Math.ceil(functions.length / 2);
  // Each process has come to its peak early: what one drop leaves behind in a function would be seen in a thousand.
  expect(peak(functions.slice(half))).toBeLessThan(peak(functions.slice(0, half)) * 1.15);
  for (const { peakMemory } of figures.functions) expect(peakMemory).toBeLessThan(200);
});
