import { describe, expect, test } from '@jest/globals';
import { type ListedRecord, UnreadableRecord } from '../../../bin/records/status-bucket.ts';
import { RecordIndex, type RecordSource } from '../../../bin/ui/record-index.ts';
import type { DropRecord } from '../../../lambda/model/record.ts';
import { moveTo, type RecordDraft } from '../../../lambda/model/record-changes.ts';
import { receivedRecord } from './ui-stack.ts';

const NEVER = new AbortController().signal;

/** A bucket in memory that counts what is read. */
class Bucket implements RecordSource {
  readonly objects = new Map<string, { etag: string; modifiedAt: number; text: string }>();
  readonly loaded: string[] = [];
  broken: Error | undefined;
  #writes = 0;

  put(key: string, record: RecordDraft | string): void {
    this.#writes += 1;
    const text = typeof record === 'string' ? record : JSON.stringify(record);
    this.objects.set(key, { etag: String(this.#writes), modifiedAt: this.#writes, text });
  }

  async *pages(): AsyncGenerator<readonly ListedRecord[]> {
    if (this.broken !== undefined) throw this.broken;
    const listed = Array.from(this.objects, ([key, { etag, modifiedAt }]) => ({ key, etag, modifiedAt }));
    for (let from = 0; from < Math.max(listed.length, 1); from += 1000) yield listed.slice(from, from + 1000);
  }

  async load(key: string): Promise<DropRecord | undefined> {
    this.loaded.push(key);
    const object = this.objects.get(key);
    try {
      return object && JSON.parse(object.text);
    } catch (cause) {
      throw new UnreadableRecord('It is not JSON.', { cause });
    }
  }
}

const keysOf = (index: RecordIndex, since = 0) => index.changesSince(since, 1e6).changed.map(({ record }) => record);

describe('the index of records', () => {
  test('reads the newest first, and each only once', async () => {
    const bucket = new Bucket();
    for (const key of ['a', 'b', 'c']) bucket.put(key, receivedRecord(key));
    const index = new RecordIndex(bucket);
    await index.refresh(NEVER);
    await index.refresh(NEVER);
    expect(bucket.loaded).toEqual(['c', 'b', 'a']);
    expect(index.changesSince(0, 10).state).toEqual({ total: 3, unread: 0 });
  });

  test('reads again what has changed, and gives only that to those who know the rest', async () => {
    const bucket = new Bucket();
    for (const key of ['a', 'b', 'c']) bucket.put(key, receivedRecord(key));
    const index = new RecordIndex(bucket);
    await index.refresh(NEVER);
    const { seq } = index.changesSince(0, 10);
    bucket.put('b', moveTo(receivedRecord('b'), 'active', new Date()));
    await index.refresh(NEVER);
    expect(bucket.loaded.slice(3)).toEqual(['b']);
    expect(index.changesSince(seq, 10)).toMatchObject({ changed: [{ record: 'b', status: 'active' }], removed: [] });
  });

  test('says what is gone', async () => {
    const bucket = new Bucket();
    bucket.put('a', receivedRecord('a'));
    const index = new RecordIndex(bucket);
    await index.refresh(NEVER);
    const { seq } = index.changesSince(0, 10);
    bucket.objects.delete('a');
    await index.refresh(NEVER);
    expect(index.changesSince(seq, 10)).toMatchObject({ changed: [], removed: ['a'], state: { total: 0 } });
  });

  test('gives pages, each going on where the one before ended', async () => {
    const bucket = new Bucket();
    const keys = Array.from({ length: 2500 }, (_, number) => `key-${number}`);
    for (const key of keys) bucket.put(key, receivedRecord(key));
    const index = new RecordIndex(bucket);
    expect(await index.refresh(NEVER)).toBe(3);
    const seen: string[] = [];
    for (let seq = 0, more = true; more; ) {
      const page = index.changesSince(seq, 999);
      seen.push(...page.changed.map(({ record }) => record));
      ({ seq, more } = page);
    }
    expect(seen.sort()).toEqual(keys.sort());
  });

  test('tells those who listen, while it reads, and is silent where nothing is new', async () => {
    const bucket = new Bucket();
    for (let number = 0; number < 300; number += 1) bucket.put(`key-${number}`, receivedRecord('k'));
    const index = new RecordIndex(bucket);
    const unread: number[] = [];
    const stop = index.onChange(() => unread.push(index.changesSince(0, 1).state.unread));
    await index.refresh(NEVER);
    await index.refresh(NEVER);
    expect(unread).toEqual([172, 44, 0]);
    stop();
    bucket.put('key-0', receivedRecord('k'));
    await index.refresh(NEVER);
    expect(unread).toHaveLength(3);
  });

  test('shows the others where one cannot be read, and says which', async () => {
    const bucket = new Bucket();
    bucket.put('a', receivedRecord('a'));
    bucket.put('broken', '{');
    bucket.put('other', '{"status":"active"}');
    const index = new RecordIndex(bucket);
    await index.refresh(NEVER);
    await index.refresh(NEVER);
    expect(keysOf(index)).toEqual(['a']);
    expect(index.changesSince(0, 1).state.problem).toMatchObject({
      code: 'unreadable-record',
      message: 'The record other cannot be read; 2 of them in all.',
    });
    expect(bucket.loaded).toHaveLength(3);
    bucket.put('broken', receivedRecord('b'));
    bucket.objects.delete('other');
    await index.refresh(NEVER);
    expect(index.changesSince(0, 1).state.problem).toBeUndefined();
  });

  test('says that the bucket cannot be listed, and why, until it can be', async () => {
    const bucket = new Bucket();
    const index = new RecordIndex(bucket);
    bucket.broken = Object.assign(new Error('The provided token has expired.'), { name: 'ExpiredToken' });
    await index.refresh(NEVER);
    expect(index.changesSince(0, 1).state.problem).toMatchObject({ code: 'credentials' });
    bucket.broken = undefined;
    await index.refresh(NEVER);
    expect(index.changesSince(0, 1).state).toEqual({ total: 0, unread: 0 });
  });
});
