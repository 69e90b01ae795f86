import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { deadline } from '../../lambda/transfer/deadline.ts';

describe('the deadline', () => {
  test('comes a margin before the time ends', async () => {
    const signal = deadline(150, [], 0.1);
    await pause(10);
    expect(signal.aborted).toBe(false);
    await pause(70);
    expect(signal.reason).toMatchObject({ code: 'out-of-time', retryable: true });
  });

  test('leaves ten seconds for an orderly end', async () => {
    const signal = deadline(10_040);
    expect(signal.aborted).toBe(false);
    await pause(70);
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
