import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { IMS_CODES } from '../../lambda/endpoints/ims.ts';

/** An error, and the codes of IMS that become it, over several lines. */
const ITEM = /^- `(?<becomes>[a-z-]+)`: (?<codes>(?:.+\n)(?: {2}.+\n)*)/gm;

test('docs/endpoints.md has every code of IMS with the error that it becomes', () => {
  const text = readFileSync(new URL('../../docs/endpoints.md', import.meta.url), 'utf8');
  const documented = Array.from(text.matchAll(ITEM)).flatMap(({ groups = {} }) =>
    Array.from((groups.codes ?? '').matchAll(/IMG\.\d{4}/g), ([code]) => [code, groups.becomes]),
  );
  expect(Object.fromEntries(documented)).toEqual(IMS_CODES);
});
