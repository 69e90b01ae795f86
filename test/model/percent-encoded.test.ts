import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { percentEncoded } from '../../lambda/model/quoted.ts';

test('only what a service cannot keep is encoded, and the percent sign', () => {
  expect(percentEncoded('läufer/図 100%/😀.img')).toBe('läufer/図 100%25/%F0%9F%98%80.img');
});

test('decoding gives any text back, and nothing encoded is beyond U+FFFF', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = percentEncoded(text);
      expect(decodeURIComponent(encoded)).toBe(text);
      expect(encoded).not.toMatch(/[\u{10000}-\u{10ffff}]/u);
    }),
  );
});
