import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stagingClient } from '../../lambda/adapters/aws-clients.ts';
import { awsUnavailable } from '../../lambda/adapters/aws-errors.ts';
import { s3Staging } from '../../lambda/adapters/s3-staging.ts';
import type { PartContent, StagingStore } from '../../lambda/steps/ports.ts';
import { type EmbeddedObs, startObs } from '../../local/obs.ts';
import { answer, serve, unusedAddress } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

const PART_BYTES = 5 * 2 ** 20;
const KEY = 'imagedrop/disk.raw';
const { signal } = new AbortController();

let folder: string;
let obs: EmbeddedObs;
let store: StagingStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-s3-staging-'));
  obs = await startObs({ folder });
  store = storeWith({});
});
afterAll(async () => {
  await obs.stop();
  await rm(folder, { recursive: true });
});

function storeWith(changes: Partial<EmbeddedObs>): StagingStore {
  const { endpoint, region, accessKeyId, secretAccessKey, bucket } = { ...obs, ...changes };
  return s3Staging(stagingClient({ endpoint, region, accessKeyId, secretAccessKey, verify: true }), bucket);
}

function part(number: number, length = PART_BYTES): PartContent {
  const bytes = Buffer.alloc(length, number);
  return { number, bytes, md5: createHash('md5').update(bytes).digest('hex') };
}

const stored = ({ number, bytes, md5 }: PartContent) => ({ number, etag: md5, bytes: bytes.length });

describe('a multipart upload', () => {
  test('becomes one object of its parts', async () => {
    const uploadId = await store.begin(KEY);
    const parts = [part(1), part(2), part(3, 1000)];
    for (const each of parts.toReversed()) {
      expect(await store.storePart({ key: KEY, uploadId }, each, signal)).toBe(true);
    }
    expect(await store.parts(KEY, uploadId)).toEqual(parts.map(stored));
    expect(await store.size(KEY)).toBeUndefined();
    expect(await store.complete(KEY, uploadId, parts.map(stored))).toBe(true);
    expect(await store.size(KEY)).toBe(2 * PART_BYTES + 1000);
    await store.delete(KEY);
    await store.delete(KEY);
    expect(await store.size(KEY)).toBeUndefined();
  });

  test('lists all of its parts, a thousand at a time, or some of them', async () => {
    const uploadId = await store.begin('many');
    const upload = { key: 'many', uploadId };
    const numbers = Array.from({ length: 1003 }, (_, index) => index + 1);
    for (const number of numbers) await store.storePart(upload, part(number, 10), signal);
    expect((await store.parts('many', uploadId))?.map(({ number }) => number)).toEqual(numbers);
    const some = await store.parts('many', uploadId, { after: 997, most: 4 });
    expect(some?.map(({ number }) => number)).toEqual([998, 999, 1000, 1001]);
    await store.abort('many', uploadId);
  });

  test('is found by its very key, the oldest first', async () => {
    const first = await store.begin('a');
    await store.begin('a.mf');
    const second = await store.begin('a');
    expect(new Set(await store.uploads('a'))).toEqual(new Set([first, second]));
    for (const uploadId of [first, second]) await store.abort('a', uploadId);
    expect(await store.uploads('a')).toEqual([]);
  });

  test('that is gone has no parts and takes none, and ending it again is not a fault', async () => {
    const uploadId = await store.begin('gone');
    await store.abort('gone', uploadId);
    expect(await store.parts('gone', uploadId)).toBeUndefined();
    expect(await store.storePart({ key: 'gone', uploadId }, part(1, 10), signal)).toBe(false);
    expect(await store.complete('gone', uploadId, [stored(part(1, 10))])).toBe(false);
    await store.abort('gone', uploadId);
  });

  test('stores no part whose md5 is another', async () => {
    const uploadId = await store.begin('wrong');
    const wrong = { ...part(1, 1000), md5: part(2, 1000).md5 };
    const error = await failure(store.storePart({ key: 'wrong', uploadId }, wrong, signal));
    expect(error).toMatchObject({ code: 'hash-mismatch', retryable: true });
    expect(error.message).toContain('Part 1 of wrong');
    expect(await store.parts('wrong', uploadId)).toEqual([]);
    await store.abort('wrong', uploadId);
  });

  test('ends with the reason of its abort', async () => {
    const uploadId = await store.begin('aborted');
    const reason = new Error('The time is over.');
    const stopped = store.storePart({ key: 'aborted', uploadId }, part(1), AbortSignal.abort(reason));
    await expect(stopped).rejects.toMatchObject({ cause: reason });
    await store.abort('aborted', uploadId);
  });
});

test('a multipart upload that object storage calls NoSuchKey is gone', async () => {
  const endpoint = await serve((request, response) => {
    request.resume();
    answer(response, 404, '<Error><Code>NoSuchKey</Code></Error>');
  });
  const other = storeWith({ endpoint });
  expect(await other.parts('gone', 'u')).toBeUndefined();
  expect(await other.storePart({ key: 'gone', uploadId: 'u' }, part(1, 10), signal)).toBe(false);
  expect(await other.complete('gone', 'u', [stored(part(1, 10))])).toBe(false);
  await other.abort('gone', 'u');
});

test('a small object is put whole', async () => {
  await store.put('disk.mf', Buffer.from('a bitmap'));
  expect(await store.size('disk.mf')).toBe(8);
});

describe('object storage that reports another md5', () => {
  const reporting = (headers: Record<string, string>) =>
    serve(async (request, response) => {
      request.resume().once('end', () => response.writeHead(200, { etag: '"0123"', ...headers }).end());
    });

  test('is not believed', async () => {
    const other = storeWith({ endpoint: await reporting({}) });
    const error = await failure(other.storePart({ key: 'a', uploadId: 'u' }, part(1, 10), signal));
    expect(error).toMatchObject({ code: 'hash-mismatch' });
    expect(error.message).toContain('0123');
  });

  test('is, where it encrypts with keys of a key service: its ETag is not an md5', async () => {
    const other = storeWith({ endpoint: await reporting({ 'x-amz-server-side-encryption': 'aws:kms' }) });
    expect(await other.storePart({ key: 'a', uploadId: 'u' }, part(1, 10), signal)).toBe(true);
  });
});

describe('object storage that does not let us', () => {
  test.each([
    ['with a wrong key', () => ({ secretAccessKey: 'wrong' }), /status 403, SignatureDoesNotMatch/],
    ['in a bucket that is not there', () => ({ bucket: 'none-such' }), /bucket none-such failed: status 40[34]/],
  ])('%s is reported once, in words', async (_case, changes, words) => {
    const error = await failure(storeWith(changes()).begin(KEY));
    expect(error).toMatchObject({ code: 'staging-refused', retryable: false });
    expect(error.message).toMatch(words);
  });

  test.each([
    [503, 'SlowDown', 'staging-unavailable'],
    [403, 'RequestTimeTooSkewed', 'staging-unavailable'],
    [403, 'AccessDenied', 'staging-refused'],
  ])('by %d %s is %s', async (status, name, code) => {
    const endpoint = await serve((request, response) => {
      request.resume();
      answer(response, status, `<Error><Code>${name}</Code><Message>No.</Message></Error>`);
    });
    expect(await failure(storeWith({ endpoint }).uploads(KEY))).toMatchObject({ code });
  });

  test('since it is not there may be tried again', async () => {
    const error = await failure(storeWith({ endpoint: await unusedAddress() }).size(KEY));
    expect(error).toMatchObject({ code: 'staging-unavailable', retryable: true });
    expect(error.message).toContain('no answer');
  });
});

test('a bucket of the stack that does not let us is an error of AWS, which is retried', async () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = obs;
  const client = stagingClient({ endpoint, region, accessKeyId, secretAccessKey, verify: true });
  expect(await failure(s3Staging(client, 'none-such', awsUnavailable).begin(KEY))).toMatchObject({
    code: 'aws-unavailable',
    retryable: true,
    message: expect.stringMatching(/^Beginning the upload of \S+ in the bucket none-such failed: status 40[34]/),
  });
});
