import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { recordKey } from '../../lambda/model/drop.ts';
import { DROPS_BY_STATUS, METRICS, type MetricName } from '../../lambda/model/metrics.ts';
import type { DropRecord, RecordStatus } from '../../lambda/model/record.ts';
import { dashboardIn, searchIn } from '../lib/dashboard-body.ts';
import { rawDisk } from '../support/disk.ts';
import { emfLine, metricsIn, type WrittenMetric } from '../support/emf.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

type Line = Readonly<Record<string, unknown>>;

let pipeline: Pipeline;
let records: DropRecord[];
let lines: Line[];
let written: WrittenMetric[];

beforeAll(async () => {
  pipeline = await Pipeline.start({
    simulator: { glance: { limits: { imageCountTotal: 1 } } },
    // Nothing here writes e-mails; a stack that has them is the same stack.
    outcomeEmails: { addresses: ['operators@example.com'] },
  });
  records = await dropsOfEveryEnd();
  await pipeline.idle();
  const documents = await logged();
  lines = documents.filter((document) => document._aws === undefined);
  written = documents.flatMap((document) => emfLine(JSON.stringify(document)) ?? []).flatMap(metricsIn);
});
afterAll(() => pipeline?.stop());

/** One that is unpacked and becomes an image, one that fails, and one that is superseded while its target has no room. */
async function dropsOfEveryEnd(): Promise<DropRecord[]> {
  const first = await pipeline.settled(await pipeline.drop('first.img.gz', gzipSync(rawDisk())));
  const failed = await pipeline.settled(await pipeline.drop('notes.txt', Buffer.from('These are notes.\n'.repeat(99))));
  const old = await pipeline.drop('again.img', rawDisk());
  await waiting(old);
  const newer = await pipeline.drop('again.img', rawDisk());
  const client = await pipeline.imageClient();
  await client.ask('DELETE', `/v2/images/${first.image?.id}`);
  return [first, failed, await pipeline.settled(old), await pipeline.settled(newer)];
}

async function waiting(dropped: Dropped): Promise<void> {
  while ((await pipeline.record(dropped))?.waiting === undefined) await pause(50);
}

/** What the functions have written, as CloudWatch Logs would have it. */
async function logged(): Promise<Line[]> {
  const folder = join(pipeline.folder, 'stack/logs');
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line.startsWith('{')))
    .map((line) => JSON.parse(line));
}

const keyOf = ({ drop, target }: DropRecord): string => recordKey(drop, target);
const sumOf = (name: MetricName): number =>
  written.filter((metric) => metric.name === name).reduce((sum, { values }) => sum + values.reduce((a, b) => a + b), 0);

test('drops had every possible end', () => {
  expect(records.map(({ status }) => status)).toEqual(['active', 'failed', 'superseded', 'active']);
});

describe('the dashboard that is deployed', () => {
  const shown = async () =>
    dashboardIn(
      Template.fromJSON(JSON.parse(await readFile(join(pipeline.assembly, 'ImageDrop.template.json'), 'utf8'))),
    );

  test('shows metrics that the functions write, dimension by dimension', async () => {
    const ours = (await shown()).metrics.filter(({ namespace }) => !namespace.startsWith('AWS/'));
    expect(ours.length).toBeGreaterThan(10);
    for (const { namespace, name, dimensions } of ours) {
      // The template's one target has the name of the simulated cloud.
      expect(written).toContainEqual(expect.objectContaining({ namespace, name, dimensions }));
    }
  });

  test('searches for metrics that the functions write', async () => {
    const searches = (await shown()).expressions.flatMap((each) => searchIn(each) ?? []);
    expect(searches.map(({ wanted }) => wanted.MetricName).sort()).toEqual([
      'DropFailures',
      'EndpointAnswers',
      'EndpointLatency',
    ]);
    for (const { namespace, dimensions, wanted } of searches) {
      const { MetricName: name, ...values } = wanted;
      const found = written.filter((metric) => metric.namespace === namespace && metric.name === name);
      expect(found).not.toEqual([]);
      for (const metric of found) {
        expect(Object.keys(metric.dimensions)).toEqual(dimensions);
        expect(metric.dimensions).toMatchObject(values);
      }
    }
  });
});

describe('the metrics', () => {
  test('are those of the registry, and none of it is missing', () => {
    expect([...new Set(written.map(({ name }) => name))].sort()).toEqual(Object.keys(METRICS).sort());
    for (const { name, unit, dimensions } of written) {
      const kind = METRICS[name as MetricName];
      expect({ name, unit, dimensions: Object.keys(dimensions) }).toEqual({
        name,
        unit: kind.unit,
        dimensions: ['service', ...kind.dimensions],
      });
    }
  });

  test('count what the records say', () => {
    const statuses = records.flatMap(({ history }) => history.map(({ status }) => status));
    const counted = (status: RecordStatus) => [status, sumOf(DROPS_BY_STATUS[status])];
    const histories = (status: RecordStatus) => [status, statuses.filter((each) => each === status).length];
    const all = Object.keys(DROPS_BY_STATUS) as RecordStatus[];
    expect(all.map(counted)).toEqual(all.map(histories));
    const active = records.filter(({ status }) => status === 'active');
    const bytes = active.reduce((sum, { drop, packed }) => sum + (packed?.unpackedBytes ?? drop.size), 0);
    expect({ moved: sumOf('BytesMoved'), active: sumOf('BytesActive') }).toEqual({ moved: bytes, active: bytes });
    expect(sumOf('DropFailures')).toBe(1);
    expect(sumOf('TargetPaused')).toBeGreaterThan(0);
  });

  test('time the calls to the endpoint by what was asked, and say how they were answered', () => {
    const calls = written.flatMap(({ dimensions }) => dimensions.call ?? []);
    // Whether reconcile has listed images meanwhile is a matter of time.
    expect(new Set(calls.filter((call) => call !== 'list'))).toEqual(
      new Set(['authenticate', 'discover', 'create', 'show']),
    );
    const statuses = new Set(written.flatMap(({ dimensions }) => dimensions.status ?? []));
    expect(statuses).toContain('2xx');
    // The quota that was full.
    expect(statuses).toContain('413');
  });
});

describe('the logs', () => {
  test('have one line for each status of each drop, with its id', () => {
    const told = lines.filter(({ message }) => message === 'drop');
    for (const record of records) {
      const own = told.filter((line) => line.record === keyOf(record));
      expect(own.map(({ status }) => status).sort()).toEqual(record.history.map(({ status }) => status).sort());
      for (const line of own) expect(line).toMatchObject({ dropId: record.drop.id, key: record.drop.key });
    }
    expect(told).toHaveLength(records.flatMap(({ history }) => history).length);
  });

  test('name the drop in every other line that is about one', () => {
    const about = lines.filter(({ record, key }) => record !== undefined || key !== undefined);
    expect(about.length).toBeGreaterThan(records.length);
    for (const line of about) expect(line).toEqual(expect.objectContaining({ dropId: expect.any(String) }));
  });
});
