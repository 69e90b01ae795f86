import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asciiJson } from '../../lambda/adapters/sqs-queue.ts';

test('says the same in characters that every queue takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      const json = asciiJson({ record: key });
      expect(json).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.parse(json)).toEqual({ record: key });
    }),
  );
  expect(asciiJson({ record: 'ü😀\uffff' })).toBe('{"record":"\\u00fc\\ud83d\\ude00\\uffff"}');
});
