import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { deadline } from '../../lambda/transfer/deadline.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the deadline', () => {
  test('comes a margin before the time ends', () => {
    const signal = deadline(60_000, [], 20);
    jest.advanceTimersByTime(39_999);
    expect(signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(signal.reason).toMatchObject({ code: 'out-of-time', retryable: true });
  });

  test('leaves ten seconds for an orderly end', () => {
    const signal = deadline(10_040);
    jest.advanceTimersByTime(39);
    expect(signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(signal.reason).toMatchObject({ code: 'out-of-time' });
  });

  test('has passed when less than the margin is left', () => {
    expect(deadline(9999).reason).toMatchObject({ code: 'out-of-time' });
  });

  test('gives way to another signal that aborts sooner', () => {
    const shutdown = new AbortController();
    const signal = deadline(900_000, [shutdown.signal]);
    const reason = new ImageDropError('shutting-down', 'The environment of the function ends.');
    shutdown.abort(reason);
    expect(signal.reason).toBe(reason);
  });
});
