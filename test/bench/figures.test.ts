import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { costs } from '../../bench/cost.ts';
import { chart } from '../../bench/growth/chart.ts';
import type { Row } from '../../bench/measure/row.ts';
import { runScript } from '../../bench/measure/run.ts';
import { alternate, quantile, summary } from '../../bench/measure/samples.ts';
import { failures, table } from '../../bench/report.ts';

test('a median is between the middle two, and a spread is reported with it', () => {
  expect(summary([4, 1, 3, 2])).toEqual({ median: 2.5, lowest: 1, highest: 4, samples: [4, 1, 3, 2] });
  expect(quantile([1, 2, 3, 4, 5], 0.99)).toBeCloseTo(4.96);
  expect(() => summary([])).toThrow('Nothing was measured');
});

test('contenders take turns, and each round begins with another', async () => {
  const turns: string[] = [];
  const by = (name: string) => ({ name, run: async (round: number) => void turns.push(`${name}${round}`) });
  const results = await alternate([by('a'), by('b')], 3);
  expect(turns).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  expect([...results.keys()]).toEqual(['a', 'b']);
  expect(results.get('a')).toHaveLength(3);
});

test('a script is measured with all of its processes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-figures-'));
  const gate = join(folder, 'gate');
  execFileSync('mkfifo', [gate]);
  const work = 'for (const until = Date.now() + 300; Date.now() < until; ); fs.readFileSync(process.argv[1])';
  const measured = runScript(`node -e "${work}" "$1" | cat; echo "$2"`, [gate, 'done']);
  // The process runs when this opens, and until this closes: it is looked at in between.
  const held = await open(gate, 'w');
  await setTimeout(100);
  await held.close();
  const { cpuSeconds, peakMib, output } = await measured;
  expect(output).toBe('done\n');
  expect(cpuSeconds).toBeGreaterThan(0.05);
  expect(peakMib).toBeGreaterThan(10);
  await rm(folder, { recursive: true });
});

test('a script that fails says what it wrote', async () => {
  await expect(runScript('echo broken >&2; false | true')).rejects.toThrow('broken');
});

const row = (more: Partial<Row>): Row => ({
  measure: 'stream',
  who: 'ours',
  unit: 'MiB/s',
  value: summary([1234.5, 1000, 1500]),
  ...more,
});

test('the table says what is met, and only what is binding fails the run', () => {
  const rows = [
    row({}),
    row({ ratio: 0.5, goal: '>= 1 x', met: false }),
    row({ who: 'size', met: false, binding: true }),
  ];
  const lines = table(rows).split('\n');
  expect(lines[1]).toMatch(/^stream +ours +1235 MiB\/s +1000 to 1500, n=3$/);
  expect(lines[2]).toMatch(/0\.50 +>= 1 x +NOT MET$/);
  expect(failures(rows).map(({ who }) => who)).toEqual(['size']);
});

test('cost is what was asked, by price', () => {
  const [{ perDrop, perGb } = { perDrop: 0, perGb: 0 }] = costs([
    { route: 'stream', perDrop: { 'S3 PUT record': 10, 'S3 GET record': 100, 'SQS SendMessage': 4 } },
  ]).costs;
  // 10 x $5 and 100 x $0.4 and (4 + 6) x $0.4 a million, and 114 x 30 ms of functions.
  expect(perDrop).toBeGreaterThan(94e-6);
  expect(perDrop).toBeLessThan(150e-6);
  expect(perGb).toBeCloseTo(0.000307, 6);
});

test('the chart has a point for each figure', () => {
  const svg = chart({
    byCount: [1, 10, 100].map((drops) => ({ drops, secondsPerDrop: 2 / drops, requestsPerDrop: 30 })),
    bySize: [1, 1024].map((mib) => ({ bytes: mib * 2 ** 20, seconds: 1, cpuSeconds: 1 })),
  });
  expect(svg.match(/<circle/g)).toHaveLength(5);
  expect(svg).toContain('>1 GiB<');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
