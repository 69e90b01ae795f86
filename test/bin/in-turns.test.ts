import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inTurns } from '../../bin/in-turns.ts';

test('a limited number at a time, results in order', async () => {
  let now = 0;
  let most = 0;
  const results = await inTurns([5, 1, 4, 2, 3], 2, async (item) => {
    most = Math.max(most, ++now);
    await pause(item);
    now -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('the first failure comes out', async () => {
  const work = async (item: number) => (item === 2 ? Promise.reject(new Error('two')) : item);
  await expect(inTurns([1, 2, 3], 2, work)).rejects.toThrow('two');
});
