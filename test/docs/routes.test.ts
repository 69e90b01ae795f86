import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stagingTable } from '../../bench/staging-model.ts';
import { GLANCE_CASES, type RouteCase, STORAGE_CASES } from '../support/route-cases.ts';

const PAGE = readFileSync(new URL('../../docs/routes.md', import.meta.url), 'utf8');

const rowOf = ({ when, route = 'auto', becomes }: RouteCase): string => `| ${when} | \`${route}\` | \`${becomes}\` |`;

test.each([
  ['An image service that fetches a URL', GLANCE_CASES],
  ['An image service that reads from object storage', STORAGE_CASES],
])('docs/routes.md shows the cases of the planner: %s', (heading, cases) => {
  const section = PAGE.split(`### ${heading}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? '';
  const rows = section.split('\n').filter((line) => /\| `[a-z-]+` \|$/.test(line));
  expect(rows).toEqual(cases.map(rowOf));
});

test('docs/routes.md shows what staging takes as it is computed', () => {
  const rows = PAGE.split('\n').filter((line) => /^\| (100 GB|1 TB) \| \d/.test(line));
  expect(rows).toEqual(stagingTable());
});
