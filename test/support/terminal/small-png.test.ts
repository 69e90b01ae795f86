import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { smallPng, unfiltered } from './small-png.ts';

describe('rows of pixels', () => {
  /** Two pixels in each of two rows; the second has a filter. */
  const rowsWith = (filter: number, second: readonly number[]) =>
    unfiltered(Buffer.from([0, 10, 20, 30, 40, 50, 60, filter, ...second]), 6).map((row) => [...row]);

  // By hand, from the definitions in section 9.2 of the specification.
  test.each([
    [0, [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]],
    [1, [1, 2, 3, 4, 5, 6], [1, 2, 3, 5, 7, 9]],
    [2, [1, 2, 3, 4, 5, 250], [11, 22, 33, 44, 55, 54]],
    [3, [1, 2, 3, 4, 5, 6], [6, 12, 18, 27, 36, 45]],
    [4, [1, 2, 3, 4, 5, 6], [11, 22, 33, 44, 55, 66]],
  ])('are read by the filter %i', (filter, bytes, pixels) => {
    expect(rowsWith(filter, bytes)).toEqual([[10, 20, 30, 40, 50, 60], pixels]);
  });

  test('are not guessed', () => {
    expect(() => rowsWith(5, [0, 0, 0, 0, 0, 0])).toThrow('The filter 5 is not known here.');
  });
});

test('a PNG that is made small stays as it is when that is done once more', () => {
  const png = readFileSync(new URL('../../../docs/images/terminal-drop.png', import.meta.url));
  expect(smallPng(png).equals(png)).toBe(true);
});

test('a PNG of another kind is refused', () => {
  expect(() => smallPng(Buffer.concat([Buffer.alloc(8), deflateSync('')]))).toThrow();
});
