import { describe, expect, test } from '@jest/globals';
import { seeded } from '../../../../local/contributing/faults/fault.ts';

describe('a seeded number', () => {
  test('is the same for the same seed and subject, and another for any other', () => {
    expect(seeded(1, 'drop 7', 3)).toBe(seeded(1, 'drop 7', 3));
    const others = [seeded(1, 'drop 7', 3), seeded(2, 'drop 7', 3), seeded(1, 'drop 7', 4), seeded(1, 'drop 73')];
    expect(new Set(others).size).toBe(4);
  });

  test('does not take words for one another that only look alike when they are put together', () => {
    expect(seeded(1, 'a', 'b c')).not.toBe(seeded(1, 'a b', 'c'));
    expect(seeded(1, '1')).not.toBe(seeded(1, 1));
  });

  test('is spread evenly over 0 to 1', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 10_000; index += 1) {
      const tenth = Math.floor(seeded(5, 'even', index) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths).toHaveLength(10);
    // Six standard deviations of a binomial of 10,000 and a tenth.
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(180);
  });
});
