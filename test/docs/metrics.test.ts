import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ENDPOINT_CALLS, METRICS } from '../../lambda/model/metrics.ts';

const PAGE = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const ROW = /^\| `(?<name>\w+)` \| (?<unit>[\w/]+) \| (?<dimensions>[^|]+) \| .+ \|$/gm;

const dimensionsIn = (cell: string): readonly string[] =>
  cell === 'none' ? [] : cell.split(', ').map((each) => each.replaceAll('`', ''));

test('docs/metrics.md names every metric with its unit and dimensions', () => {
  const documented = Array.from(PAGE.matchAll(ROW), ({ groups }) => [
    groups?.name,
    { unit: groups?.unit, dimensions: dimensionsIn(groups?.dimensions ?? '') },
  ]);
  expect(Object.fromEntries(documented)).toEqual(METRICS);
});

test('docs/metrics.md names every call that has a latency', () => {
  const [, list = ''] = /^`call` is one of (.+)\.$/m.exec(PAGE) ?? [];
  expect(list.split(', ').map((each) => each.replaceAll('`', ''))).toEqual([...ENDPOINT_CALLS]);
});
