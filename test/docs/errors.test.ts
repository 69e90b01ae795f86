import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';

/** An item without an arrow has nothing to do. */
const ITEM = /^- `(?<code>[a-z-]+)`(?<retried> \(retried\))?: [^→\n]+(?: → (?<nextStep>.+))?$/gm;

test('docs/errors.md has every code with its next step, and whether it is retried', () => {
  const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const documented = Array.from(text.matchAll(ITEM), ({ groups }) => [
    groups?.code,
    { retryable: groups?.retried !== undefined, nextStep: groups?.nextStep ?? ERROR_KINDS['endpoint-busy'].nextStep },
  ]);
  expect(Object.fromEntries(documented)).toEqual(ERROR_KINDS);
});
