import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stagingTable } from '../../bench/staging-model.ts';

const PAGE = readFileSync(new URL('../../docs/routes.md', import.meta.url), 'utf8');

test('docs/routes.md shows time and cost of staging with 10 and 100 functions as they are computed', () => {
  const rows = PAGE.split('\n').filter((line) => /^\| (100 GB|1 TB) \| \d/.test(line));
  expect(rows).toEqual(stagingTable().filter((row) => / \| (10|100) \| /.test(row)));
});
