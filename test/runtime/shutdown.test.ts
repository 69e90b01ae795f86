import { expect, test } from '@jest/globals';
import { shutdownSignal } from '../../lambda/runtime/shutdown.ts';

test('SIGTERM aborts what is under way, to be continued at once', () => {
  const signal = shutdownSignal();
  expect(signal.aborted).toBe(false);
  process.emit('SIGTERM');
  expect(signal.reason).toMatchObject({ code: 'shutting-down', retryable: true, retryAfterSeconds: 0 });
});
