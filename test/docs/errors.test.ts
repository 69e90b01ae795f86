import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';

const ROW = /^\| `(?<code>[a-z-]+)` \| .+ \| (?<again>yes|no) \| (?<nextStep>.+) \|$/gm;

test('docs/errors.md says of every code what the code itself says', () => {
  const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const documented = Array.from(text.matchAll(ROW), ({ groups }) => [
    groups?.code,
    { retryable: groups?.again === 'yes', nextStep: groups?.nextStep },
  ]);
  expect(Object.fromEntries(documented)).toEqual(ERROR_KINDS);
});
