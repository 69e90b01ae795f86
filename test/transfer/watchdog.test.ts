import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Watchdog, watch } from '../../lambda/transfer/transfer.ts';

const LIMITS = { stallSeconds: 10, answerSeconds: 40 };

function watched(state: { bytes: number; handedOver: boolean }): Watchdog {
  return watch({ bytes: () => state.bytes, handedOver: () => state.handedOver }, LIMITS);
}

const pass = (seconds: number) => jest.advanceTimersByTime(seconds * 1000);

describe('the watchdog', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('aborts as stalled when no byte goes by', () => {
    const { signal } = watched({ bytes: 42, handedOver: false });
    pass(9);
    expect(signal.aborted).toBe(false);
    pass(1);
    expect(signal.reason).toMatchObject({ code: 'stalled', message: expect.stringContaining('42 bytes') });
  });

  test('is content as long as bytes go by, however few', () => {
    const state = { bytes: 0, handedOver: false };
    const { signal, stop } = watched(state);
    for (let i = 0; i < 15; i++) {
      pass(9);
      state.bytes += 1;
    }
    stop();
    expect(signal.aborted).toBe(false);
  });

  test('gives the answer more time than the bytes', () => {
    const { signal } = watched({ bytes: 42, handedOver: true });
    pass(39);
    expect(signal.aborted).toBe(false);
    pass(1);
    expect(signal.reason).toMatchObject({
      code: 'upload-interrupted',
      message: expect.stringContaining('All 42 bytes'),
    });
  });

  test('begins the time of the answer with the last byte', () => {
    const state = { bytes: 42, handedOver: false };
    const { signal, stop } = watched(state);
    pass(9);
    state.handedOver = true;
    pass(40);
    stop();
    expect(signal.aborted).toBe(false);
  });

  test('is silent once it was stopped', () => {
    const { signal, stop } = watched({ bytes: 0, handedOver: false });
    stop();
    pass(100);
    expect(signal.aborted).toBe(false);
  });
});

test('neither watchdog nor progress nor deadline keeps a process alive', async () => {
  const program = `
    import { deadline } from './lambda/transfer/deadline.ts';
    import { reportProgress } from './lambda/transfer/progress.ts';
    import { watch } from './lambda/transfer/transfer.ts';
    const day = 86_400;
    watch({ bytes: () => 0, handedOver: () => false }, { stallSeconds: day, answerSeconds: day });
    reportProgress({ bytes: () => 0, totalBytes: 1, onProgress: async () => {}, clock: Date.now });
    deadline(day * 1000);
  `;
  const root = new URL('../..', import.meta.url).pathname;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    timeout: 120_000,
  });
  await expect(run).resolves.toMatchObject({ stderr: '' });
});
