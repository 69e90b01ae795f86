import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('a transfer keeps its memory flat however large the image', async () => {
  const script = join(import.meta.dirname, 'send-process.ts');
  const bytes = 384 * 1024 * 1024;
  // As a function runs (lib/lean-function.ts); with the usual heap, garbage may wait for as long as the CPU is busy.
  const env = { NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '2' };
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(bytes)], { env });
  const { opened, peakBytes } = JSON.parse(stdout);
  expect(opened).toBe(1);
  // Node itself takes 100 MB; the bound is far below what was sent.
  expect(peakBytes).toBeLessThan(256 * 1024 * 1024);
});
