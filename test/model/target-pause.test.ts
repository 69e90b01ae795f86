import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { lasting, pauseAfter, type TargetPause } from '../../lambda/model/target-pause.ts';

const REFUSED = { target: 't', stage: 'upload' } as const;
const START = Date.parse('2026-01-02T03:04:05.000Z');
const at = (seconds: number): Date => new Date(START + seconds * 1000);
const busy = (retryAfterSeconds?: number) =>
  new ImageDropError('endpoint-busy', 'Busy.', retryAfterSeconds === undefined ? {} : { retryAfterSeconds });

const secondsOf = (pause: TargetPause, now: Date): number => (Date.parse(pause.until) - now.getTime()) / 1000;

describe('the pause of a target', () => {
  test('doubles with each try in vain, up to five minutes, and knows since when', () => {
    const lengths: number[] = [];
    let pause: TargetPause | undefined;
    for (let now = at(0), times = 0; times < 9; times += 1) {
      pause = pauseAfter(pause, REFUSED, busy(), now);
      lengths.push(secondsOf(pause, now));
      now = new Date(Date.parse(pause.until) + 1000);
    }
    expect(lengths).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(pause).toMatchObject({ since: at(0).toISOString(), times: 9, code: 'endpoint-busy', message: 'Busy.' });
  });

  test('is as long as was asked for, if that is longer', () => {
    expect(secondsOf(pauseAfter(undefined, REFUSED, busy(900), at(0)), at(0))).toBe(900);
    expect(secondsOf(pauseAfter(undefined, REFUSED, busy(1), at(0)), at(0))).toBe(5);
  });

  test('is no longer for a refusal of a request that was under way when it began', () => {
    const first = pauseAfter(undefined, REFUSED, busy(), at(0));
    expect(pauseAfter(first, REFUSED, busy(), at(1))).toEqual(first);
    expect(secondsOf(pauseAfter(first, REFUSED, busy(60), at(1)), at(1))).toBe(60);
  });

  test('begins anew after a success', () => {
    const long = { ...pauseAfter(undefined, REFUSED, busy(), at(0)), times: 8, endedAt: at(100).toISOString() };
    expect(pauseAfter(long, REFUSED, busy(), at(200))).toMatchObject({ times: 1, since: at(200).toISOString() });
  });

  test('lasts until its time is over or a drop got through', () => {
    const pause = pauseAfter(undefined, REFUSED, busy(), at(0));
    expect(lasting(pause, 'upload', at(4))).toBe(pause);
    expect(lasting(pause, 'upload', at(5))).toBeUndefined();
    expect(lasting({ ...pause, endedAt: at(1).toISOString() }, 'upload', at(2))).toBeUndefined();
    expect(lasting(undefined, 'upload', at(0))).toBeUndefined();
  });

  test('for want of room holds up only those who need it', () => {
    const full = pauseAfter(
      undefined,
      { target: 't', stage: 'ingest' },
      new ImageDropError('quota-exceeded', 'Full.'),
      at(0),
    );
    expect(lasting(full, 'ingest', at(1))).toBe(full);
    expect(lasting(full, 'upload', at(1))).toBeUndefined();
    const busyToo = pauseAfter(full, REFUSED, busy(), at(1));
    expect(lasting(busyToo, 'ingest', at(2))).toMatchObject({ holds: 'all', times: 1 });
  });
});
