import { describe, expect, test } from '@jest/globals';
import { pollDelaySeconds, retryDelaySeconds } from '../../lambda/model/backoff.ts';
import { MAX_ATTEMPTS } from '../../lambda/steps/under-lease.ts';

describe('retry delay', () => {
  test.each([
    [1, 0, 1],
    [1, 1, 2],
    [2, 1, 4],
    [5, 0.5, 24],
    [40, 1, 900],
  ])('attempt %i with chance %f waits %i s', (attempt, random, seconds) => {
    expect(retryDelaySeconds(attempt, random)).toBe(seconds);
  });

  test('is never shorter than the other side asked for', () => {
    expect(retryDelaySeconds(1, 0, 120)).toBe(120);
    expect(retryDelaySeconds(9, 1, 1)).toBe(512);
  });
});

test('all attempts together last 24 to 47 minutes, by chance', () => {
  const attempts = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => index + 1);
  const minutes = (random: number) =>
    attempts.reduce((sum, attempt) => sum + retryDelaySeconds(attempt, random), 0) / 60;
  expect(Math.round(minutes(0))).toBe(24);
  expect(Math.round(minutes(1))).toBe(47);
});

test.each([
  [0, 1],
  [10, 3],
  [100, 25],
  [10_000, 60],
])('%i s after the upload the image is asked for again in %i s', (elapsed, seconds) => {
  expect(pollDelaySeconds(elapsed)).toBe(seconds);
});
