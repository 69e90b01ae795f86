import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { RecordDraft } from '../../lambda/model/record-changes.ts';
import * as changes from '../../lambda/model/record-changes.ts';

const NOW = new Date('2026-01-02T03:04:05.000Z');
const until = (seconds: number) => new Date(NOW.getTime() + seconds * 1000).toISOString();
const AT = NOW.toISOString();

function record(more: Partial<RecordDraft> = {}): RecordDraft {
  const drop = { bucket: 'drops', key: 'a.img', id: 'v1', etag: 'e', size: 1, droppedAt: AT };
  return { ...changes.receive(drop, 'here', NOW), ...more };
}

const ERROR = changes.recordedError(new ImageDropError('endpoint-busy', 'It was busy.'), NOW);
const LEASE = { holder: 'one', until: until(60) };
const STAGING = { bucket: 'staging', key: 'copy', partBytes: 1000, partsPerChunk: 2 };

describe('a verdict on an image', () => {
  const READ = record({
    status: 'processing',
    generation: 2,
    image: { id: 'image-2' },
    register: { askedAt: AT, jobId: 'job-2' },
    staging: { ...STAGING, uploadId: 'upload-2' },
  });

  test('holds for the record that was read', () => {
    expect(changes.isUndecided(READ, { ...READ, rounds: 7 }, NOW)).toBe(true);
  });

  test.each<[string, Partial<RecordDraft>]>([
    ['another generation', { generation: 3 }],
    ['another image', { image: { id: 'image-3' } }],
    ['another job', { register: { askedAt: AT, jobId: 'job-3' } }],
    ['another upload of the copy', { staging: { ...STAGING, uploadId: 'upload-3' } }],
    ['its verification', { verification: { outcome: 'verified', reported: {} } }],
    ['another status', { status: 'uploading' }],
    ['the lease of another invocation', { lease: LEASE }],
    ['its outcome', { status: 'active' }],
  ])('does not hold for a record with %s', (_what, change) => {
    expect(changes.isUndecided(READ, { ...READ, ...change }, NOW)).toBe(false);
  });

  test('holds beside a lease that has run out', () => {
    expect(changes.isUndecided(READ, { ...READ, lease: { holder: 'one', until: until(0) } }, NOW)).toBe(true);
  });

  test('of the holder of the lease holds as long as the lease is its own', () => {
    const read = { ...READ, lease: LEASE };
    expect(changes.isUndecided(read, { ...read, image: { id: 'image-3' } }, NOW)).toBe(true);
    expect(changes.isUndecided(read, { ...read, lease: { ...LEASE, holder: 'other' } }, NOW)).toBe(false);
    expect(changes.isUndecided(read, READ, NOW)).toBe(false);
  });
});

describe('a drop that fails before its record has an image', () => {
  const failed = (more: Partial<RecordDraft>) =>
    changes.fail(record(more), new ImageDropError('object-gone', 'It is gone.'), NOW).removing ?? [];
  const UNTOLD = [{ generation: 1, reason: 'object-gone', since: AT }];

  test('has nothing to delete where no attempt was made', () => {
    expect(failed({ attempts: 1, lease: LEASE })).toEqual([]);
    expect(failed({ attempts: 0 })).toEqual([]);
  });

  test.each<[string, Partial<RecordDraft>]>([
    ['an attempt that was ended from outside', { attempts: 2, lease: LEASE }],
    ['an attempt that left its lease', { attempts: 1 }],
    ['an attempt that did not count, and left an error', { attempts: 1, lease: LEASE, error: ERROR }],
  ])('has the image looked for that may be there after %s', (_what, more) => {
    expect(failed(more)).toEqual(UNTOLD);
  });

  test('has the image of a fast import looked for as soon as the service was asked', () => {
    const plan = { route: 'fast-import' } as RecordDraft['plan'] & object;
    const asked = { status: 'uploading', plan, register: { askedAt: AT } } as const;
    expect(failed(asked)).toEqual(UNTOLD);
    expect(failed({ ...asked, register: { askedAt: AT, jobId: 'job-1' } })).toEqual(UNTOLD);
    expect(failed({ status: 'uploading', plan })).toEqual([]);
  });
});

describe('a retry', () => {
  const FAILED = changes.fail(record(), new ImageDropError('object-gone', 'It is gone.'), NOW);

  test('is obeyed once, for the failure that it names', () => {
    expect(changes.retry(FAILED, AT, NOW)).toMatchObject({ status: 'received', generation: 2, retriedFrom: 2 });
    expect(changes.retry(FAILED, until(-1), NOW)).toBeUndefined();
    expect(changes.retry(record(), AT, NOW)).toBeUndefined();
  });

  test('keeps a copy that is there, and forgets one that was removed', () => {
    const kept = changes.retry({ ...FAILED, staging: STAGING }, AT, NOW);
    expect(kept?.staging).toEqual(STAGING);
    const removed = changes.retry({ ...FAILED, staging: { ...STAGING, removedAt: AT } }, AT, NOW);
    expect(removed?.staging).toBeUndefined();
  });
});

test('an image that is to be deleted is named once', () => {
  const removal = { generation: 1, imageId: 'image-1', reason: 'replaced', since: AT };
  const once = changes.withRemoval(record(), removal);
  expect(changes.withRemoval(once, { ...removal, reason: 'forsaken' })).toBe(once);
  expect(changes.withRemoval(once, { ...removal, generation: 2 }).removing).toHaveLength(2);
  expect(changes.withoutRemoval(once, { ...removal, generation: 2 }).removing).toHaveLength(1);
  expect(changes.withoutRemoval(once, removal).removing).toBeUndefined();
});

test('the next status forgets the lease, the error, the wait and the doubt of the one before', () => {
  const before = record({
    lease: LEASE,
    error: ERROR,
    attempts: 3,
    waiting: { since: AT, code: 'endpoint-busy', message: 'It was busy.' },
    unseen: { since: AT, as: 'gone' },
  });
  const next = changes.moveTo(before, 'created', NOW);
  expect(next).toEqual({
    ...record(),
    status: 'created',
    history: [...before.history, { status: 'created', at: AT }],
  });
});
