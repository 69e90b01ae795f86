import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { IMS_CODES } from '../../lambda/endpoints/ims-codes.ts';

const ROW = /^\| `(?<code>IMG\.\d{4})` \| .+ \| `(?<becomes>[a-z-]+)` \|$/gm;

test('docs/endpoints.md has every code of IMS with the error that it becomes', () => {
  const text = readFileSync(new URL('../../docs/endpoints.md', import.meta.url), 'utf8');
  const rows = Array.from(text.matchAll(ROW), ({ groups = {} }) => [groups.code, groups.becomes]);
  expect(Object.fromEntries(rows)).toEqual(IMS_CODES);
});
