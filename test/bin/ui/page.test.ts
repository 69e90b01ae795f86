import { describe, expect, test } from '@jest/globals';
import { DropStore, type View } from '../../../bin/ui/page/drop-store.ts';
import { dropPath, routeOf } from '../../../bin/ui/page/route.ts';
import { moveBy } from '../../../bin/ui/page/row-keys.ts';
import { Speed } from '../../../bin/ui/page/speed.ts';
import { sseEvents } from '../../../bin/ui/page/sse.ts';
import { Turns } from '../../../bin/ui/page/turns.ts';
import { rowIndexes, visibleRows } from '../../../bin/ui/page/virtual-rows.ts';
import { age, duration, percent, splitKey } from '../../../bin/ui/page/words.ts';
import { staticFile } from '../../../bin/ui/static-files.ts';
import { type DropSummary, summaryOf } from '../../../bin/ui/summary.ts';
import type { DropRecord } from '../../../lambda/model/record.ts';
import { receivedRecord } from './ui-stack.ts';

const MINUTE = 60_000;

describe('words', () => {
  test.each([
    [0, 'now'],
    [59_000, '59 s'],
    [61_000, '1 min'],
    [47 * 60 * MINUTE, '47 h'],
    [48 * 60 * MINUTE, '2 d'],
  ])('an age of %i ms is %s', (milliseconds, text) => {
    expect(age(milliseconds)).toBe(text);
  });

  test.each([
    [-1, '0.0 s'],
    [420, '0.4 s'],
    [12_000, '12 s'],
    [245_000, '4 min 5 s'],
    [120 * MINUTE, '2 h'],
    [200 * MINUTE, '3 h 20 min'],
  ])('a duration of %i ms is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  test('a part is not whole before it is', () => {
    expect([percent(0), percent(0.999), percent(1)]).toEqual(['0 %', '99 %', '100 %']);
  });

  test.each([
    ['a.img', '', 'a.img'],
    ['a/b/c.img', 'a/b/', 'c.img'],
    ['a/b/', 'a/', 'b/'],
    ['/', '', '/'],
  ])('the key %j has the folder %j and the name %j', (key, folder, name) => {
    expect(splitKey(key)).toEqual([folder, name]);
  });
});

describe('the rows of a long list that are drawn', () => {
  test('are those in the window, and a few beyond its edges', () => {
    expect(visibleRows(2000, 50, 5000, 500)).toEqual({ from: 92, to: 118 });
    expect(visibleRows(2000, 50, -300, 500)).toEqual({ from: 0, to: 12 });
    expect(visibleRows(2000, 50, 99_900, 500)).toEqual({ from: 1990, to: 2000 });
    expect(visibleRows(0, 50, 0, 500)).toEqual({ from: 0, to: 0 });
    expect(visibleRows(3, 50, 0, 500)).toEqual({ from: 0, to: 3 });
  });

  test('and the one that has the focus, once', () => {
    expect(rowIndexes({ from: 4, to: 7 }, 5)).toEqual([4, 5, 6]);
    expect(rowIndexes({ from: 4, to: 7 }, 0)).toEqual([0, 4, 5, 6]);
    expect(rowIndexes({ from: 4, to: 7 }, 9)).toEqual([4, 5, 6, 9]);
    expect(rowIndexes({ from: 4, to: 7 }, -1)).toEqual([4, 5, 6]);
  });

  test.each([
    ['ArrowDown', 6],
    ['ArrowUp', 4],
    ['PageDown', 15],
    ['PageUp', 0],
    ['Home', 0],
    ['End', 99],
    ['a', undefined],
  ])('are walked through by %s', (key, row) => {
    const pressed = { key, ctrlKey: false, metaKey: false, altKey: false };
    expect(moveBy(pressed, 5, 100, 10)).toBe(row);
    expect(moveBy({ ...pressed, ctrlKey: true }, 5, 100, 10)).toBeUndefined();
  });
});

function summary(key: string, more: Partial<DropSummary> = {}): DropSummary {
  return {
    ...summaryOf(`${key}/v1/mycloud.json`, { ...receivedRecord(key), revision: 1, nonce: 'n' } as DropRecord),
    ...more,
  };
}

describe('the drops that the page knows', () => {
  const view: View = { group: 'all', query: '', sort: 'age', descending: false };
  const names = (store: DropStore, more: Partial<View> = {}) => store.shown({ ...view, ...more }).map(({ key }) => key);
  const store = new DropStore();
  store.apply(
    [
      summary('b.img', {
        size: 2,
        droppedAt: '2026-01-02T00:00:00Z',
        status: 'failed',
        error: { code: 'empty', message: 'No bytes.' },
      }),
      summary('A.img', {
        size: 3,
        droppedAt: '2026-01-03T00:00:00Z',
        status: 'active',
        imageId: 'cafe',
        format: 'qcow2 v3',
      }),
      summary('c.img', { size: 1, droppedAt: '2026-01-01T00:00:00Z' }),
    ],
    [],
  );

  test('are shown from the youngest on', () => {
    expect(names(store)).toEqual(['A.img', 'b.img', 'c.img']);
  });

  test.each([
    ['age', true, ['c.img', 'b.img', 'A.img']],
    ['size', false, ['c.img', 'b.img', 'A.img']],
    ['name', false, ['A.img', 'b.img', 'c.img']],
    ['status', false, ['b.img', 'c.img', 'A.img']],
  ] as const)('are sorted by %s (descending: %j)', (sort, descending, expected) => {
    expect(names(store, { sort, descending })).toEqual(expected);
  });

  test.each([
    ['QCOW2', ['A.img']],
    ['cafe', ['A.img']],
    ['bytes no', ['b.img']],
    ['  img mycloud ', ['A.img', 'b.img', 'c.img']],
    ['nothing', []],
  ])('are found by %j', (query, expected) => {
    expect(names(store, { query })).toEqual(expected);
  });

  test('are counted by what becomes of them', () => {
    expect(store.counts()).toEqual({ all: 3, 'under-way': 1, failed: 1, active: 1, earlier: 0 });
    expect(names(store, { group: 'under-way' })).toEqual(['c.img']);
  });

  test('of one key are earlier than the last one, at each target, as in the list of the command line', () => {
    const again = new DropStore();
    const drops = [
      summary('a.img', { record: 'last', dropId: 'v2', status: 'active', droppedAt: '2026-02-02T00:00:00.000Z' }),
      summary('a.img', { record: 'first', status: 'failed', droppedAt: '2026-02-01T00:00:00.000Z' }),
      summary('a.img', { record: 'there', target: 'other', status: 'superseded' }),
    ];
    again.apply(drops, []);
    expect(again.counts()).toEqual({ all: 2, 'under-way': 0, failed: 0, active: 1, earlier: 1 });
    expect(again.shown({ ...view, group: 'earlier' }).map(({ record }) => record)).toEqual(['first']);
    again.apply([], ['last']);
    expect(again.counts()).toEqual({ all: 2, 'under-way': 0, failed: 1, active: 0, earlier: 0 });
  });

  test('are all over when one that goes to two of three targets is over there', () => {
    const chosen = new DropStore();
    for (const target of ['mycloud', 'other']) {
      const record = `a.img/v1/${target}.json`;
      chosen.apply([summary('a.img', { record, target, status: 'active', imageId: 'cafe' })], []);
    }
    expect(chosen.counts()).toEqual({ all: 2, 'under-way': 0, failed: 0, active: 2, earlier: 0 });
    expect(names(chosen, { group: 'under-way' })).toEqual([]);
    expect(chosen.hasDrop('a.img', 'v1')).toBe(true);
  });

  test('are the same list until something changes, and tell which are new or have moved on', () => {
    const changing = new DropStore();
    changing.apply([summary('x')], []);
    expect(changing.shown(view)).toBe(changing.shown({ ...view }));
    const before = changing.shown(view);
    expect(changing.apply([summary('x'), summary('y', { status: 'active' })], []).map(({ key }) => key)).toEqual(['y']);
    expect(changing.apply([summary('x', { status: 'active' })], []).map(({ key }) => key)).toEqual(['x']);
    expect(changing.shown(view)).not.toBe(before);
    expect(changing.hasDrop('x', 'v1')).toBe(true);
    changing.apply([], ['x/v1/mycloud.json']);
    expect(changing.hasDrop('x', 'v1')).toBe(false);
    expect(names(changing)).toEqual(['y']);
  });
});

describe('a summary', () => {
  const record = { ...receivedRecord('a'), revision: 1, nonce: 'n' } as DropRecord;

  test('tells how far an upload is, and never more than all of it', () => {
    const progress = { bytes: 30, totalBytes: 20, bytesPerSecond: 5, at: '' };
    expect(summaryOf('k', { ...record, status: 'uploading', progress })).toMatchObject({
      progress: 1,
      bytesPerSecond: 5,
    });
    expect(summaryOf('k', { ...record, status: 'active', progress })).not.toHaveProperty('progress');
  });

  test('tells what the cloud says of its own work', () => {
    const register = { askedAt: '', percent: 40 };
    expect(summaryOf('k', { ...record, status: 'processing', register })).toMatchObject({ progress: 0.4 });
  });
});

test('the address of a drop leads to it, whatever its key', () => {
  const record = 'a b/ü%2f#?/v1/mycloud.json';
  expect(routeOf(dropPath(record))).toEqual({ view: 'drop', record });
  expect(routeOf('#/drop/%E0%A4%A')).toEqual({ view: 'list' });
  expect(routeOf('')).toEqual({ view: 'list' });
});

test.each([1, 3, 7, 13, 64])('events come out whole of a stream in pieces of %i bytes', async (size) => {
  const text = ': nothing\n\nevent: a\nid: 1.2\ndata: {"ü": "a:b"}\n\nevent: b\ndata: x\n\nevent: cut';
  const bytes = new TextEncoder().encode(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.slice(i * size, (i + 1) * size),
  );
  const events = [];
  for await (const event of sseEvents(ReadableStream.from(chunks) as ReadableStream<Uint8Array>)) events.push(event);
  expect(events).toEqual([
    { type: 'a', id: '1.2', data: '{"ü": "a:b"}' },
    { type: 'b', id: '', data: 'x' },
  ]);
});

test('a rate is that of the last seconds, and none before there is something to measure', () => {
  const speed = new Speed();
  expect(speed.bytesPerSecond).toBe(0);
  for (let second = 0; second <= 20; second += 1) speed.add(second < 10 ? 0 : (second - 10) * 100, second * 1000);
  expect(speed.bytesPerSecond).toBe(100);
});

test('a limited number work at a time, in the order in which they came', async () => {
  const turns = new Turns(2);
  const order: string[] = [];
  const work = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push(`${name} ends`);
    if (name === 'a') throw new Error(name);
  };
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.run(work(name))));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(order.slice(0, 3)).toEqual(['a begins', 'b begins', 'a ends']);
  expect(order.indexOf('c begins')).toBeGreaterThan(2);
});

test('a browser gets all modules that the page imports', async () => {
  const paths = new Set(['/ui/page/main.ts']);
  // A set that grows is walked to its end.
  for (const path of paths) {
    const file = await staticFile(path);
    expect({ path, isServed: file !== undefined }).toEqual({ path, isServed: true });
    const imports = file?.body.matchAll(/^(?:import|export) [^;]*?from\s+'(\.[^']+)'/gm) ?? [];
    for (const [, specifier = ''] of imports) paths.add(new URL(specifier, `http://page${path}`).pathname);
  }
  expect(paths.size).toBeGreaterThan(20);
});
