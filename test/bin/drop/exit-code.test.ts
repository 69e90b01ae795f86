import { expect, test } from '@jest/globals';
import { type DropOutcome, exitCodeOf } from '../../../bin/drop/outcome.ts';
import type { DropRecord, RecordStatus } from '../../../lambda/model/record.ts';

const TARGETS = [
  { name: 'a', kind: 'glance' },
  { name: 'b', kind: 'ims' },
] as const;
const place = { file: '/f', bucket: 'b', key: 'f', size: 1 };
const FAILED: DropOutcome = { ...place, outcome: 'failed', message: 'No.' };

/** Dropped, with a record of each of these statuses; those that are settled have been announced. */
function dropped(...statuses: RecordStatus[]): DropOutcome {
  const records = statuses.map((status, i) => {
    const isSettled = ['active', 'failed', 'superseded'].includes(status);
    return { status, drop: {}, target: TARGETS[i]?.name, ...(isSettled && { announcedAt: 'now' }) } as DropRecord;
  });
  return { ...place, outcome: 'dropped', id: 'v', resumedBytes: 0, seconds: 1, records };
}

test.each([
  ['all are active', [dropped('active', 'active')], 0],
  ['one has failed at one target', [dropped('active', 'active'), dropped('active', 'failed')], 1],
  ['one was superseded', [dropped('superseded', 'active')], 1],
  ['one is under way', [dropped('active', 'uploading')], 3],
  ['one has no record at a target yet', [dropped('active')], 3],
  ['one has failed while another is under way', [dropped('uploading'), dropped('failed', 'active')], 1],
  ['one could not be sent', [FAILED, dropped('active', 'active')], 1],
])('who waits gets an exit code when %s', (_what, outcomes, code) => {
  expect(exitCodeOf(outcomes, { wait: true }, TARGETS, new AbortController().signal)).toBe(code);
});

test('a drop that goes to one of the targets is over when it is over there', () => {
  const { signal } = new AbortController();
  const code = (...statuses: RecordStatus[]) => {
    const outcome = dropped(...statuses);
    const records = (outcome.outcome === 'dropped' ? outcome.records : undefined)?.map((record) => ({
      ...record,
      drop: { targets: ['a'] } as unknown as DropRecord['drop'],
    }));
    return exitCodeOf([{ ...outcome, records } as DropOutcome], { wait: true }, TARGETS, signal);
  };
  expect(code()).toBe(3);
  expect(code('uploading')).toBe(3);
  expect(code('active')).toBe(0);
  expect(code('failed')).toBe(1);
});

test('who does not wait learns whether all was sent', () => {
  const stop = new AbortController();
  expect(exitCodeOf([dropped()], { wait: false }, TARGETS, stop.signal)).toBe(0);
  expect(exitCodeOf([dropped(), FAILED], { wait: false }, TARGETS, stop.signal)).toBe(1);
  stop.abort();
  expect(exitCodeOf([dropped()], { wait: false }, TARGETS, stop.signal)).toBe(130);
});

test('a stack that does not name its targets is waited for until each record that appeared is settled', () => {
  const { signal } = new AbortController();
  expect(exitCodeOf([dropped()], { wait: true }, [], signal)).toBe(3);
  expect(exitCodeOf([dropped('active')], { wait: true }, [], signal)).toBe(0);
});
