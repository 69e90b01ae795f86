import { expect, test } from '@jest/globals';
import { printable } from '../../bin/printable.ts';

test.each([
  ['an escape sequence', '\u001b[2Ja', '\\u001b[2Ja'],
  ['a new line', 'a\nb\r', 'a\\u000ab\\u000d'],
  ['a C1 control', 'a\u009bb', 'a\\u009bb'],
  ['text that runs the other way', 'a\u202egpj.exe', 'a\\u202egpj.exe'],
  ['letters of any script', 'Größe 画像 🐧', 'Größe 画像 🐧'],
])('%s is shown, not obeyed', (_what, text, shown) => {
  expect(printable(text)).toBe(shown);
});
