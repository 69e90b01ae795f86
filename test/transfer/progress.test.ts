import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { Progress } from '../../lambda/model/record.ts';
import {
  bytesPerSecond,
  type OnProgress,
  type ProgressOptions,
  reportProgress,
} from '../../lambda/transfer/progress.ts';

function reporting(onProgress: OnProgress, options: Partial<ProgressOptions> = {}) {
  const intervalsSeconds = [0.01, 0.02, 0.05];
  return reportProgress({
    bytes: () => 0,
    totalBytes: 1000,
    onProgress,
    clock: Date.now,
    intervalsSeconds,
    ...options,
  });
}

/** However long the timers take on a busy machine. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

describe('progress', () => {
  test('is reported with bytes, rate and time', async () => {
    let now = Date.parse('2026-01-02T03:04:05Z');
    const reports: Progress[] = [];
    const progress = reporting(async (report) => void reports.push(report), { bytes: () => 500, clock: () => now });
    now += 2000;
    await until(() => reports.length > 0);
    await progress.stop();
    expect(reports[0]).toEqual({ bytes: 500, totalBytes: 1000, bytesPerSecond: 250, at: '2026-01-02T03:04:07.000Z' });
  });

  test('is reported at growing intervals, and then at the last one', async () => {
    const times: number[] = [];
    const startedAt = performance.now();
    const progress = reporting(async () => void times.push(performance.now() - startedAt));
    const earliest = [10, 30, 80, 130, 180];
    await until(() => times.length >= earliest.length);
    await progress.stop();
    // A timer may fire up to a millisecond early.
    for (const [index, time] of times.entries()) expect(time).toBeGreaterThan((earliest[index] ?? 0) - index - 2);
  });

  test('is never reported twice at once', async () => {
    let underWay = 0;
    let most = 0;
    let reports = 0;
    const progress = reporting(async () => {
      reports += 1;
      underWay += 1;
      most = Math.max(most, underWay);
      await pause(40);
      underWay -= 1;
    });
    await until(() => reports >= 3);
    await progress.stop();
    expect(most).toBe(1);
  });

  test('goes on being reported when no byte goes by, because each report renews the lease', async () => {
    const reported: number[] = [];
    const progress = reporting(async ({ bytes }) => void reported.push(bytes));
    await until(() => reported.length >= 3);
    await progress.stop();
    expect(new Set(reported)).toEqual(new Set([0]));
  });

  test('is not reported any more after the stop', async () => {
    let reports = 0;
    const progress = reporting(async () => {
      reports += 1;
    });
    await progress.stop();
    await pause(50);
    expect(reports).toBe(0);
  });

  test('is stopped only when the report that is under way has ended', async () => {
    let begun = false;
    let ended = false;
    const progress = reporting(async () => {
      begun = true;
      await pause(60);
      ended = true;
    });
    await until(() => begun);
    await progress.stop();
    expect(ended).toBe(true);
  });
});

describe('a report that fails', () => {
  const lost = new ImageDropError('lease-held', 'The lease was lost to another.');
  const away = new ImageDropError('aws-unavailable', 'The record could not be written to S3: status 503.');
  const broken = new ImageDropError('bad-record', 'The record is not JSON.');

  test.each([lost, broken])('with $code aborts with its error and is the last one', async (error) => {
    let reports = 0;
    const progress = reporting(async () => {
      reports += 1;
      throw error;
    });
    await until(() => reports > 0);
    await pause(100);
    expect(progress.signal.reason).toBe(error);
    expect(reports).toBe(1);
  });

  test('with lease-held still counts when it was under way at the stop', async () => {
    let begun = false;
    const progress = reporting(async () => {
      begun = true;
      await pause(30);
      throw lost;
    });
    await until(() => begun);
    await progress.stop();
    expect(progress.signal.reason).toBe(lost);
  });

  test('for a passing reason is skipped and reported, and the next one comes at its time', async () => {
    const skipped: ImageDropError[] = [];
    let reports = 0;
    const progress = reporting(() => (++reports === 1 ? Promise.reject(away) : Promise.resolve()), {
      onSkipped: (error) => skipped.push(error),
    });
    await until(() => reports >= 2);
    await progress.stop();
    expect(skipped).toEqual([away]);
    expect(progress.signal.aborted).toBe(false);
  });

  test('aborts when none has got through for 45 seconds', async () => {
    let now = 0;
    const skippedAt: number[] = [];
    const progress = reporting(
      async () => {
        now += 20_000;
        throw away;
      },
      { clock: () => now, onSkipped: () => skippedAt.push(now) },
    );
    await until(() => progress.signal.aborted);
    expect(skippedAt).toEqual([20_000, 40_000]);
    expect(progress.signal.reason).toBe(away);
  });

  test('begins a new term after one that got through', async () => {
    let now = 0;
    let reports = 0;
    const progress = reporting(
      async () => {
        now += 20_000;
        reports += 1;
        if (reports % 2 === 1) throw away;
      },
      { clock: () => now },
    );
    await until(() => reports >= 5);
    await progress.stop();
    expect(progress.signal.aborted).toBe(false);
  });

  test('is taken into the family of errors', async () => {
    const skipped: ImageDropError[] = [];
    const progress = reporting(() => Promise.reject(new TypeError('no such thing')), {
      onSkipped: (error) => skipped.push(error),
    });
    await until(() => skipped.length > 0);
    await progress.stop();
    expect(skipped[0]?.code).toBe('internal');
  });
});

test('a rate is finite even when no time has gone by', () => {
  expect(bytesPerSecond(1000, 5, 5)).toBe(1_000_000);
});
