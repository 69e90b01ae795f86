import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Records } from '../../lambda/adapters/s3-records.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { type DropRecord, RECORD_SCHEMA } from '../../lambda/model/record.ts';
import type { RecordStore } from '../../lambda/steps/ports.ts';
import { type LocalS3, PLAIN, startLocalS3 } from '../local/s3/support/local-s3.ts';
import { IS_THOROUGH } from '../support/laws.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';
import { recordDraft } from './drop-record.ts';
import { faultyService } from './faulty-service.ts';

let local: LocalS3;
let records: RecordStore;

beforeAll(async () => {
  local = await startLocalS3();
  records = storeAt(local.server.endpoint);
});

afterAll(() => local.stop());

function storeAt(endpoint: string, bucket = PLAIN): RecordStore {
  useAws(endpoint);
  return s3Records(s3Client(), bucket, { nonce: randomUUID });
}

/** Counts one attempt more, from nothing on. */
function countAttempt(store: RecordStore, key: string) {
  return store.change(key, (stored) => ({ ...(stored ?? recordDraft()), attempts: (stored?.attempts ?? 0) + 1 }));
}

async function putText(key: string, text: string): Promise<void> {
  await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: key, Body: text }));
}

async function remove(key: string): Promise<void> {
  await local.s3.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: key }));
}

describe('the record store', () => {
  test('has nothing under a key that was never written', async () => {
    expect(await records.load('never.json')).toBeUndefined();
  });

  test('creates a record with revision 1 and a nonce', async () => {
    const created = await records.change('created.json', () => recordDraft());
    expect(created).toEqual({ ...recordDraft(), revision: 1, nonce: expect.any(String) });
    expect(await records.load('created.json')).toEqual(created);
  });

  test('gives every change the next revision and another nonce', async () => {
    const first = await countAttempt(records, 'changed.json');
    const second = await countAttempt(records, 'changed.json');
    expect(second).toMatchObject({ revision: 2, attempts: 2 });
    expect(second?.nonce).not.toBe(first?.nonce);
  });

  test('leaves a record as it is when the decision is undefined', async () => {
    expect(await records.change('left.json', () => undefined)).toBeUndefined();
    const created = await records.change('left.json', () => recordDraft());
    expect(await records.change('left.json', () => undefined)).toEqual(created);
    expect(await records.load('left.json')).toEqual(created);
  });

  test('throws what the decision throws, and writes nothing', async () => {
    const held = new ImageDropError('lease-held', 'Another has it.');
    const decide = () => {
      throw held;
    };
    await expect(records.change('thrown.json', decide)).rejects.toBe(held);
    expect(await records.load('thrown.json')).toBeUndefined();
  });

  test('writes JSON that people can read', async () => {
    await records.change('readable.json', () => recordDraft());
    const { Body: body, ContentType: type } = await local.s3.send(
      new GetObjectCommand({ Bucket: PLAIN, Key: 'readable.json' }),
    );
    expect(type).toBe('application/json');
    expect(await body?.transformToString()).toMatch(/^\{\n {2}"schema": 1,\n.*\n\}\n$/s);
  });
});

describe('writers of one record', () => {
  test('decide again when another was faster', async () => {
    await countAttempt(records, 'raced.json');
    const service = await faultyService(local.server.endpoint);
    service.beforeNext('PUT', () => countAttempt(records, 'raced.json'));
    const seen: unknown[] = [];
    const changed = await storeAt(service.endpoint).change('raced.json', (stored) => {
      seen.push(stored?.attempts);
      return { ...(stored ?? recordDraft()), attempts: 10 + (stored?.attempts ?? 0) };
    });
    expect(seen).toEqual([undefined, 2]);
    expect(changed).toMatchObject({ attempts: 12, revision: 3 });
  });

  test('of many at a time, all take effect', async () => {
    const writers = IS_THOROUGH ? 40 : 15;
    await Promise.all(Array.from({ length: writers }, () => countAttempt(records, 'crowded.json')));
    expect(await records.load('crowded.json')).toMatchObject({ attempts: writers, revision: writers });
  });

  test('begin anew when the record was deleted meanwhile', async () => {
    await countAttempt(records, 'deleted.json');
    const service = await faultyService(local.server.endpoint);
    service.beforeNext('PUT', () => remove('deleted.json'));
    expect(await countAttempt(storeAt(service.endpoint), 'deleted.json')).toMatchObject({ attempts: 1, revision: 1 });
  });

  test('give up with record-conflict when others are faster every time', async () => {
    const service = await faultyService(local.server.endpoint);
    service.next('PUT', ...Array.from({ length: 40 }, () => 412));
    const never = s3Records(local.client({ endpoint: service.endpoint }), PLAIN, {
      nonce: randomUUID,
      random: () => 0,
    });
    expect(await failure(countAttempt(never, 'conflict.json'))).toMatchObject({
      code: 'record-conflict',
      message: 'The record conflict.json was changed by others 32 times.',
    });
  });
});

describe('a change', () => {
  async function counting(key: string): Promise<{ store: RecordStore; methods: readonly string[] }> {
    await countAttempt(records, key);
    const service = await faultyService(local.server.endpoint);
    return { store: storeAt(service.endpoint), methods: service.methods };
  }

  test('begins with what was seen last, and reads nothing', async () => {
    const { store, methods } = await counting('seen.json');
    await store.load('seen.json');
    await countAttempt(store, 'seen.json');
    expect(await countAttempt(store, 'seen.json')).toMatchObject({ attempts: 3, revision: 3 });
    expect(methods).toEqual(['GET', 'PUT', 'PUT']);
  });

  test('of a record that is not there yet is one write', async () => {
    const { store, methods } = await counting('another.json');
    expect(await countAttempt(store, 'not-yet.json')).toMatchObject({ attempts: 1, revision: 1 });
    expect(methods).toEqual(['PUT']);
  });

  test('on top of what is out of date is refused by S3 and decided anew', async () => {
    const { store, methods } = await counting('stale.json');
    await store.load('stale.json');
    await countAttempt(records, 'stale.json');
    expect(await countAttempt(store, 'stale.json')).toMatchObject({ attempts: 3, revision: 3 });
    expect(methods).toEqual(['GET', 'PUT', 'GET', 'GET', 'PUT']);
  });

  test('that would write nothing, or fail, by what is out of date is decided by what is there', async () => {
    const { store } = await counting('decided.json');
    const onlyOnce = (attempts: number) => (stored: DropRecord | undefined) =>
      stored?.attempts === attempts ? undefined : stored && { ...stored, attempts };
    await store.load('decided.json');
    await countAttempt(records, 'decided.json');
    expect(await store.change('decided.json', onlyOnce(1))).toMatchObject({ attempts: 1, revision: 3 });
    await countAttempt(records, 'decided.json');
    const unless = (attempts: number) => (stored: DropRecord | undefined) => {
      if (stored?.attempts === attempts) throw new ImageDropError('lease-held', 'Another has it.');
      return stored && { ...stored, attempts: 7 };
    };
    expect(await store.change('decided.json', unless(1))).toMatchObject({ attempts: 7, revision: 5 });
    await expect(store.change('decided.json', unless(7))).rejects.toMatchObject({ code: 'lease-held' });
  });

  test('after one that failed begins with a look', async () => {
    await countAttempt(records, 'failed.json');
    const service = await faultyService(local.server.endpoint);
    const store = storeAt(service.endpoint);
    await store.load('failed.json');
    service.next('PUT', 400);
    expect(await failure(countAttempt(store, 'failed.json'))).toMatchObject({ code: 'aws-unavailable' });
    expect(await countAttempt(store, 'failed.json')).toMatchObject({ attempts: 2, revision: 2 });
  });

  test('of the oldest of very many records works as well', async () => {
    const many = storeAt(local.server.endpoint);
    const keys = Array.from({ length: 110 }, (_, index) => `many/${index}.json`);
    for (const key of keys) await countAttempt(many, key);
    for (const key of [keys[0], keys[109]]) {
      expect(await countAttempt(many, key ?? '')).toMatchObject({ attempts: 2, revision: 2 });
    }
  });
});

describe('a write whose answer is lost', () => {
  test('is known again by its nonce when it is refused the second time', async () => {
    const service = await faultyService(local.server.endpoint);
    service.next('PUT', 'lose-answer');
    expect(await countAttempt(storeAt(service.endpoint), 'lost.json')).toMatchObject({ attempts: 1, revision: 1 });
    expect(service.methods).toEqual(['PUT', 'PUT', 'GET']);
    service.next('PUT', 'lose-answer');
    expect(await countAttempt(storeAt(service.endpoint), 'lost.json')).toMatchObject({ attempts: 2, revision: 2 });
    expect(await records.load('lost.json')).toMatchObject({ attempts: 2, revision: 2 });
  });
});

test.each([RECORD_SCHEMA, RECORD_SCHEMA + 1])(
  'a record of schema %s keeps it, and fields that are unknown here',
  async (schema) => {
    const stored = { ...recordDraft(), schema, revision: 1, nonce: 'n', learnt: { later: true } };
    await putText(`next-${schema}.json`, JSON.stringify(stored));
    await countAttempt(records, `next-${schema}.json`);
    const changed = await records.load(`next-${schema}.json`);
    expect(changed).toMatchObject({ schema, learnt: { later: true }, revision: 2 });
  },
);

describe('a record that was changed by hand', () => {
  test.each([
    ['is not JSON', '{', 'is not JSON'],
    ['is no object', 'null', 'is not a JSON object'],
    ['is of a schema after the next', '{"schema":3}', 'has schema 3, but only 1 and 2 are known'],
    ['has a status of its own', '{"schema":1,"status":"done"}', 'has the unknown status done'],
    ['names no drop', JSON.stringify({ ...recordDraft(), drop: {} }), 'names no drop'],
    ['names no target', JSON.stringify({ ...recordDraft(), target: 1 }), 'names no target'],
    ['lacks its revision', JSON.stringify(recordDraft()), 'lacks revision, generation or attempts'],
    [
      'has no history',
      JSON.stringify({ ...recordDraft({ history: undefined as never }), revision: 1 }),
      'has no history',
    ],
  ])('is bad when it %s', async (_, text, words) => {
    await putText('bad.json', text);
    const expected = { code: 'bad-record', retryable: false, message: `The record bad.json ${words}.` };
    expect(await failure(records.load('bad.json'))).toMatchObject(expected);
    expect(await failure(countAttempt(records, 'bad.json'))).toMatchObject(expected);
  });
});

describe('S3 that does not serve', () => {
  test('is aws-unavailable when it refuses to give the record', async () => {
    const service = await faultyService(local.server.endpoint);
    service.next('GET', 403);
    const error = await failure(storeAt(service.endpoint).load('a.json'));
    expect(error).toMatchObject({ code: 'aws-unavailable', retryable: true });
    expect(error.message).toMatch(/^The record a.json could not be read from S3: status 403/);
  });

  test("is aws-unavailable when it answers 503 beyond the SDK's own tries", async () => {
    const service = await faultyService(local.server.endpoint);
    service.next('PUT', 503, 503, 503, 503, 503);
    const error = await failure(countAttempt(storeAt(service.endpoint), 'busy.json'));
    expect(error).toMatchObject({ code: 'aws-unavailable', retryable: true });
    expect(error.message).toMatch(/^The record busy.json could not be written to S3: status 503/);
  });

  test('is aws-unavailable when the bucket is missing, and is not mistaken for a missing record', async () => {
    const nowhere = storeAt(local.server.endpoint, 'no-such-bucket');
    expect(await failure(nowhere.load('a.json'))).toMatchObject({
      code: 'aws-unavailable',
      message: 'The record a.json could not be read from S3: status 404, NoSuchBucket.',
    });
  });
});
