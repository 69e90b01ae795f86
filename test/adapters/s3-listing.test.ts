import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Reconciliations } from '../../lambda/adapters/s3-document.ts';
import { s3Listing } from '../../lambda/adapters/s3-listing.ts';
import { firstReconciliation, RECONCILIATION_KEY } from '../../lambda/model/reconciliation.ts';
import { type LocalS3, PLAIN, startLocalS3, VERSIONED } from '../local/s3/support/local-s3.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
});
afterAll(() => local.stop());

const put = (Bucket: string, Key: string, Body = 'bytes') => local.s3.send(new PutObjectCommand({ Bucket, Key, Body }));

/** All pages, one after the other. */
async function all<Item>(list: (cursor?: string) => Promise<{ items: readonly Item[]; next?: string }>) {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
}

describe('the listing of drops', () => {
  test('has every version as the event of its arrival would tell it, and no deletion', async () => {
    const first = await put(VERSIONED, 'a +ü/b.img', 'one');
    const second = await put(VERSIONED, 'a +ü/b.img', 'second');
    await local.s3.send(new DeleteObjectCommand({ Bucket: VERSIONED, Key: 'a +ü/b.img' }));
    const items = await all(s3Listing(s3Client(), VERSIONED, PLAIN).drops);
    expect(items).toEqual([
      {
        bucket: VERSIONED,
        key: 'a +ü/b.img',
        versionId: second.VersionId,
        etag: second.ETag?.replaceAll('"', ''),
        size: 6,
        eventTime: expect.any(Date),
      },
      expect.objectContaining({ versionId: first.VersionId, size: 3 }),
    ]);
  });

  test('goes on from page to page', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, index) => put(VERSIONED, `many/${index}`)));
    const items = await all(s3Listing(s3Client(), VERSIONED, PLAIN, 4).drops);
    expect(new Set(items.map(({ key }) => key).filter((key) => key.startsWith('many/'))).size).toBe(25);
  });

  test('of a bucket without versions has none', async () => {
    await put(PLAIN, 'drop.img');
    const items = await all(s3Listing(s3Client(), PLAIN, VERSIONED).drops);
    expect(items).toEqual([expect.objectContaining({ key: 'drop.img', size: 5 })]);
    expect(items[0]).not.toHaveProperty('versionId');
  });

  test('fails with aws-unavailable where there is no such bucket', async () => {
    const error = await failure(s3Listing(s3Client(), 'missing', PLAIN).drops());
    expect(error).toMatchObject({ code: 'aws-unavailable', message: expect.stringContaining('missing') });
  });
});

describe('what reconcile remembers', () => {
  const now = new Date('2026-01-02T03:04:05Z');

  test('is not a record, is read back as it was written, and is not overwritten by a run that was slower', async () => {
    const store = s3Reconciliations(s3Client(), PLAIN);
    expect(await store.load()).toBeUndefined();
    const first = firstReconciliation(now, { takesUpAll: false, lostAfterSeconds: 1800 });
    expect(await store.save(first, undefined)).toBe(true);
    expect(await store.save(first, undefined)).toBe(false);
    const stored = await store.load();
    expect(stored?.reconciliation).toEqual(first);
    expect(await store.save({ ...first, seenUpTo: 'later' }, stored)).toBe(true);
    expect(await store.save({ ...first, seenUpTo: 'slower' }, stored)).toBe(false);
    expect((await store.load())?.reconciliation.seenUpTo).toBe('later');
    const records = await all(s3Listing(s3Client(), VERSIONED, PLAIN).records);
    expect(records.map(({ key }) => key)).not.toContain(RECONCILIATION_KEY);
  });

  test.each([
    ['is no JSON', 'what?', 'is not JSON'],
    ['is of a newer version', '{"schema":99,"pass":{}}', 'has schema 99'],
  ])('is refused where it %s, with the way out', async (_how, text, message) => {
    await put(PLAIN, RECONCILIATION_KEY, text);
    const error = await failure(s3Reconciliations(s3Client(), PLAIN).load());
    expect(error).toMatchObject({ code: 'bad-record', message: expect.stringContaining(message) });
    expect(error.nextStep).toContain('Delete reconcile.json');
  });
});
