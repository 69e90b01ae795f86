import { expect, test } from '@jest/globals';
import { once } from '../../lambda/runtime/log.ts';

test('each message is handed on once', () => {
  const told: string[] = [];
  const tell = once((message) => told.push(message));
  for (const message of ['a', 'b', 'a', 'b', 'c']) tell(message);
  expect(told).toEqual(['a', 'b', 'c']);
});
