import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { IMS_CODES } from '../../lambda/endpoints/ims-codes.ts';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';

const ROW = /^\| `(?<code>IMG\.\d{4})` \| .+ \| `(?<becomes>[a-z-]+)` \| (?<again>yes|no) \|$/gm;

test('docs/endpoints.md says of every code of IMS what it becomes, and whether it is tried again', () => {
  const text = readFileSync(new URL('../../docs/endpoints.md', import.meta.url), 'utf8');
  const rows = Array.from(text.matchAll(ROW), ({ groups = {} }) => groups);
  expect(Object.fromEntries(rows.map(({ code, becomes }) => [code, becomes]))).toEqual(IMS_CODES);
  for (const { again, becomes } of rows) {
    const kind = ERROR_KINDS[becomes as keyof typeof ERROR_KINDS];
    expect(again === 'yes').toBe(kind.retryable);
  }
});
