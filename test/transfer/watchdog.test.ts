import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type Watchdog, watch } from '../../lambda/transfer/watchdog.ts';

const LIMITS = { stallSeconds: 0.1, answerSeconds: 0.4 };

function watched(state: { bytes: number; handedOver: boolean }): Watchdog {
  return watch({ bytes: () => state.bytes, handedOver: () => state.handedOver }, LIMITS);
}

describe('the watchdog', () => {
  test('aborts as stalled when no byte goes by', async () => {
    const { signal } = watched({ bytes: 42, handedOver: false });
    await pause(300);
    expect(signal.reason).toMatchObject({ code: 'stalled', message: expect.stringContaining('42 bytes') });
  });

  test('is content as long as bytes go by, however few', async () => {
    const state = { bytes: 0, handedOver: false };
    const { signal, stop } = watched(state);
    for (let i = 0; i < 15; i++) {
      await pause(20);
      state.bytes += 1;
    }
    stop();
    expect(signal.aborted).toBe(false);
  });

  test('gives the answer more time than the bytes', async () => {
    const { signal } = watched({ bytes: 42, handedOver: true });
    await pause(200);
    expect(signal.aborted).toBe(false);
    await pause(500);
    expect(signal.reason).toMatchObject({
      code: 'upload-interrupted',
      message: expect.stringContaining('All 42 bytes'),
    });
  });

  test('begins the time of the answer with the last byte', async () => {
    const state = { bytes: 42, handedOver: false };
    const { signal, stop } = watched(state);
    await pause(60);
    state.handedOver = true;
    await pause(350);
    stop();
    expect(signal.aborted).toBe(false);
  });

  test('is silent once it was stopped', async () => {
    const { signal, stop } = watched({ bytes: 0, handedOver: false });
    stop();
    await pause(200);
    expect(signal.aborted).toBe(false);
  });
});

test('neither watchdog nor progress nor deadline keeps a process alive', async () => {
  const program = `
    import { deadline } from './lambda/transfer/deadline.ts';
    import { reportProgress } from './lambda/transfer/progress.ts';
    import { watch } from './lambda/transfer/watchdog.ts';
    watch({ bytes: () => 0, handedOver: () => false });
    reportProgress({ bytes: () => 0, totalBytes: 1, onProgress: async () => {}, clock: Date.now });
    deadline(900_000);
  `;
  const root = new URL('../..', import.meta.url).pathname;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    timeout: 5000,
  });
  await expect(run).resolves.toMatchObject({ stderr: '' });
});
