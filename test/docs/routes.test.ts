import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stagingTable } from '../../bench/staging-model.ts';

const PAGE = readFileSync(new URL('../../docs/routes.md', import.meta.url), 'utf8');

/** Without the columns of chunks and requests, which the page leaves out. */
const shown = (row: string): string => {
  const [size, functions, , time, , price, transfer] = row.slice(2, -2).split(' | ');
  return `| ${[size, functions, time, price, transfer].join(' | ')} |`;
};

test('docs/routes.md shows time and cost of staging as they are computed', () => {
  const rows = PAGE.split('\n').filter((line) => /^\| (100 GB|1 TB) \| \d/.test(line));
  expect(rows).toHaveLength(3);
  expect(stagingTable().map(shown)).toEqual(expect.arrayContaining(rows));
});
