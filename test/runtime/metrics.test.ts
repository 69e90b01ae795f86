import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { METRICS } from '../../lambda/model/metrics.ts';
import { RECORD_STATUSES } from '../../lambda/model/record.ts';
import { fail, moveTo, type RecordDraft, receive } from '../../lambda/model/record-changes.ts';
import { pauseAfter } from '../../lambda/model/target-pause.ts';
import { functionMetrics } from '../../lambda/runtime/metrics.ts';
import { rawDisk } from '../support/disk.ts';
import { emfLine, metricsIn } from '../support/emf.ts';
import { MemoryWorld } from '../support/memory-world.ts';

const { now, objects } = new MemoryWorld();
const object = objects.put('a.img', rawDisk());
const received = receive({ ...object, id: 'v1', droppedAt: now().toISOString() }, 'mycloud', now());
const stored = (draft: RecordDraft) => ({ ...draft, revision: 1, nonce: 'n' });

const written: string[] = [];
beforeEach(() => {
  written.length = 0;
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => written.push(String(line)) > 0);
});
afterEach(() => void jest.restoreAllMocks());

const metrics = () => functionMetrics(new Metrics({ namespace: 'ImageDrop', serviceName: 'imagedrop' }));
const lines = () => written.flatMap((line) => emfLine(line) ?? []);
const found = () =>
  lines()
    .flatMap(metricsIn)
    .map(({ name, dimensions: { service: _, ...dimensions }, values }) => [name, dimensions, values]);

const TARGET = { target: 'mycloud' };
const answer = { target: 'mycloud', call: 'show', status: 200, milliseconds: 12.4 } as const;

describe('the metrics of a function', () => {
  test('count an active drop with its bytes', () => {
    metrics().countStatus('a.img/v1/mycloud.json', stored(moveTo(received, 'active', now())));
    expect(found()).toEqual([
      ['DropsActive', TARGET, [1]],
      ['BytesActive', TARGET, [4096]],
    ]);
  });

  test('count a failed one with its code', () => {
    const failed = fail(received, new ImageDropError('empty', 'No bytes.'), now());
    metrics().countStatus('a.img/v1/mycloud.json', stored(failed));
    expect(found()).toEqual([
      ['DropsFailed', TARGET, [1]],
      ['DropFailures', { ...TARGET, code: 'empty' }, [1]],
    ]);
  });

  test('have a name for each status', () => {
    const { countStatus } = metrics();
    for (const status of RECORD_STATUSES) countStatus('a.img/v1/mycloud.json', stored(moveTo(received, status, now())));
    const names = found().map(([name]) => name);
    expect(new Set(names.filter((name) => String(name).startsWith('Drops'))).size).toBe(RECORD_STATUSES.length);
  });

  test('name the drop of a line in fields that are not dimensions', () => {
    const { countStatus, countMoved } = metrics();
    const record = 'a.img/v1/mycloud.json';
    countStatus(record, stored(received));
    countMoved({ record, target: 'mycloud', bytes: 10, bytesPerSecond: 5 });
    expect(lines()).toEqual([
      expect.objectContaining({ record, dropId: 'v1' }),
      expect.objectContaining({ record, dropId: 'v1' }),
    ]);
  });

  test('tell bytes and rate of what was moved', () => {
    metrics().countMoved({ record: 'a.img/v1/mycloud.json', target: 'mycloud', bytes: 10, bytesPerSecond: 5 });
    expect(found()).toEqual([
      ['BytesMoved', TARGET, [10]],
      ['UploadRate', TARGET, [5]],
    ]);
  });

  test('count a pause of a target', () => {
    const busy = new ImageDropError('endpoint-busy', 'Busy.');
    metrics().countPause(pauseAfter(undefined, { target: 'mycloud', stage: 'upload' }, busy, now()));
    expect(found()).toEqual([['TargetPaused', TARGET, [1]]]);
  });

  test('count what reconcile found open', () => {
    metrics().countOpenLetters('stream-upload', 2);
    metrics().countWithoutProgress(3);
    expect(found()).toEqual([
      ['DeadLettersOpen', { stage: 'stream-upload' }, [2]],
      ['RecordsWithoutProgress', {}, [3]],
    ]);
  });

  test('keep the answers of an endpoint for the end of the invocation, and write one line for each call and status', () => {
    const { countAnswer, flush } = metrics();
    countAnswer(answer);
    countAnswer({ ...answer, milliseconds: 30 });
    countAnswer({ ...answer, call: 'create', status: 201, milliseconds: 7 });
    countAnswer({ ...answer, call: 'create', status: 409, milliseconds: 8 });
    countAnswer({ ...answer, call: 'delete', status: undefined, milliseconds: 10_000 });
    expect(written).toEqual([]);
    flush();
    expect(found()).toEqual([
      ['EndpointLatency', { ...TARGET, call: 'show' }, [12, 30]],
      ['EndpointLatency', { ...TARGET, call: 'create' }, [7, 8]],
      ['EndpointLatency', { ...TARGET, call: 'delete' }, [10_000]],
      ['EndpointAnswers', { ...TARGET, status: '2xx' }, [3]],
      ['EndpointAnswers', { ...TARGET, status: '409' }, [1]],
      ['EndpointAnswers', { ...TARGET, status: 'none' }, [1]],
    ]);
    flush();
    expect(lines()).toHaveLength(6);
  });

  test('count the answer to an upload, but not how long it took', () => {
    const { countAnswer, flush } = metrics();
    countAnswer({ ...answer, call: 'upload', status: 204, milliseconds: 600_000 });
    flush();
    expect(found()).toEqual([['EndpointAnswers', { ...TARGET, status: '2xx' }, [1]]]);
  });

  test('lose no value and no dimension where one invocation has more of them than a line takes', () => {
    const { countAnswer, flush } = metrics();
    for (let index = 0; index < 250; index += 1) countAnswer(answer);
    flush();
    const latencies = lines()
      .flatMap(metricsIn)
      .filter(({ name }) => name === 'EndpointLatency');
    expect(latencies.flatMap(({ values }) => values)).toHaveLength(250);
    for (const { dimensions } of latencies) expect(dimensions).toMatchObject({ ...TARGET, call: 'show' });
  });

  test('have the units and dimensions that stand in the registry', () => {
    const { countAnswer, countMoved, countStatus, flush } = metrics();
    countAnswer(answer);
    countMoved({ record: 'a.img/v1/mycloud.json', target: 'mycloud', bytes: 10, bytesPerSecond: 5 });
    countStatus('a.img/v1/mycloud.json', stored(fail(received, new ImageDropError('empty', 'No bytes.'), now())));
    flush();
    for (const { name, unit, dimensions, namespace } of lines().flatMap(metricsIn)) {
      const kind = METRICS[name as keyof typeof METRICS];
      expect({ namespace, unit, dimensions: Object.keys(dimensions).sort() }).toEqual({
        namespace: 'ImageDrop',
        unit: kind.unit,
        dimensions: ['service', ...kind.dimensions].sort(),
      });
    }
  });
});
