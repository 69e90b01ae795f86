import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { withCases } from './endpoints-page.ts';

const PAGE = join(import.meta.dirname, 'README.md');

test('README.md shows every case of the contract; if not: npm run docs:endpoints', () => {
  const wanted = withCases(readFileSync(PAGE, 'utf8'));
  if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, wanted);
  expect(readFileSync(PAGE, 'utf8')).toBe(wanted);
});
