import { GetObjectCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sseEvents } from '../../../bin/ui/page/sse.ts';
import { ImageDropError } from '../../../lambda/model/errors.ts';
import { fail, moveTo } from '../../../lambda/model/record-changes.ts';
import { rawDisk } from '../../support/disk.ts';
import { documentOf, PageClient, receivedRecord, startUiFixture, type UiFixture } from './ui-stack.ts';

const PART_BYTES = 16 * 2 ** 20;

let fixture: UiFixture;
let page: PageClient;
beforeAll(async () => {
  fixture = await startUiFixture();
  page = await PageClient.open(fixture);
});
afterAll(() => fixture?.stop());

const uploadsUnderWay = async () => {
  const { Uploads = [] } = await fixture.stack.s3.send(
    new ListMultipartUploadsCommand({ Bucket: fixture.stack.dropBucket }),
  );
  return Uploads.map(({ Key }) => Key);
};

async function stored(Key: string): Promise<Buffer> {
  const { Body: body } = await fixture.stack.s3.send(new GetObjectCommand({ Bucket: fixture.stack.dropBucket, Key }));
  return Buffer.from((await body?.transformToByteArray()) ?? []);
}

test('the page learns which stack it is of, and no credentials', async () => {
  expect(await page.json('GET', '/api/stack')).toEqual({ name: 'Fixture', dropBucket: fixture.stack.dropBucket });
});

describe('an upload', () => {
  test('goes by a presigned URL for each part, and becomes one object', async () => {
    const { id, parts, partBytes } = await page.json('POST', '/api/uploads', {
      key: 'ü/a b.img',
      size: PART_BYTES + 3,
    });
    expect({ parts, partBytes }).toEqual({ parts: 2, partBytes: PART_BYTES });
    for (const [number, bytes] of [
      [2, Buffer.from('end')],
      [1, Buffer.alloc(PART_BYTES, 1)],
    ] as const) {
      const { url } = await page.json('GET', `/api/uploads/${id}/parts/${number}`);
      expect(new URL(url).origin).toBe(fixture.s3Origin);
      expect((await fetch(url, { method: 'PUT', body: bytes })).status).toBe(200);
    }
    const { versionId } = await page.json('POST', `/api/uploads/${id}/complete`);
    expect(versionId).toMatch(/.{10}/);
    const object = await stored('ü/a b.img');
    expect([object.length, object.subarray(-3).toString()]).toEqual([PART_BYTES + 3, 'end']);
  });

  test('goes through the server where the bucket takes nothing from a page', async () => {
    const { id } = await page.json('POST', '/api/uploads', { key: 'through.img', size: 5 });
    const put = await fetch(`${fixture.origin}/api/uploads/${id}/parts/1`, {
      method: 'PUT',
      headers: { ...page.headers, origin: fixture.origin },
      body: 'bytes',
    });
    expect(put.status).toBe(200);
    await page.json('POST', `/api/uploads/${id}/complete`);
    expect((await stored('through.img')).toString()).toBe('bytes');
  });

  test('of a file without bytes is one empty part', async () => {
    const { id, parts } = await page.json('POST', '/api/uploads', { key: 'empty.img', size: 0 });
    expect(parts).toBe(1);
    const { url } = await page.json('GET', `/api/uploads/${id}/parts/1`);
    await fetch(url, { method: 'PUT', body: '' });
    await page.json('POST', `/api/uploads/${id}/complete`);
    expect(await stored('empty.img')).toHaveLength(0);
  });

  test('has larger parts where 10,000 usual ones would not do', async () => {
    const size = 5 * 2 ** 40;
    const { id, parts, partBytes } = await page.json('POST', '/api/uploads', { key: 'huge.img', size });
    expect(parts).toBe(10_000);
    expect(parts * partBytes).toBeGreaterThanOrEqual(size);
    await page.json('DELETE', `/api/uploads/${id}`);
  });

  test('is not completed before all bytes are there', async () => {
    const { id } = await page.json('POST', '/api/uploads', { key: 'half.img', size: 10 });
    const { url } = await page.json('GET', `/api/uploads/${id}/parts/1`);
    await fetch(url, { method: 'PUT', body: 'half' });
    const answer = await page.ask('POST', `/api/uploads/${id}/complete`);
    expect(answer.status).toBe(409);
    expect((await documentOf(answer)).error.message).toMatch(/^4 of 10 bytes have arrived/);
    await page.json('DELETE', `/api/uploads/${id}`);
  });

  test('that is given up leaves nothing, and is known no more', async () => {
    const { id } = await page.json('POST', '/api/uploads', { key: 'gone.img', size: 10 });
    expect(await uploadsUnderWay()).toEqual(['gone.img']);
    await page.json('DELETE', `/api/uploads/${id}`);
    expect(await uploadsUnderWay()).toEqual([]);
    expect((await page.ask('GET', `/api/uploads/${id}/parts/1`)).status).toBe(404);
  });

  test.each([
    [{ key: '', size: 1 }, 'key is not a text.'],
    [{ key: 'a', size: -1 }, 'size is not a whole number of 0 or more.'],
    [{ key: 'a', size: 1.5 }, 'size is not a whole number of 0 or more.'],
    [{ key: 'ü'.repeat(513), size: 1 }, 'The name has more than 1024 bytes.'],
    [[], 'The body is not a JSON object.'],
    [{ key: 'a'.repeat(20_000), size: 1 }, 'The body has more than 16384 bytes.'],
  ])('of %j is refused', async (body, message) => {
    const answer = await page.ask('POST', '/api/uploads', body);
    expect([answer.status, (await documentOf(answer)).error.message]).toEqual([400, message]);
  });

  test.each([0, 3, 99_999])('has no part %i', async (part) => {
    const { id } = await page.json('POST', '/api/uploads', { key: 'two.img', size: PART_BYTES + 1 });
    expect((await page.ask('GET', `/api/uploads/${id}/parts/${part}`)).status).toBe(400);
    await page.json('DELETE', `/api/uploads/${id}`);
  });
});

describe('a record', () => {
  test('is given as it is', async () => {
    const key = await fixture.addRecord(receivedRecord('given.img'));
    const record = await page.json('GET', `/api/record?key=${encodeURIComponent(key)}`);
    expect(record).toMatchObject({ status: 'received', drop: { key: 'given.img' } });
  });

  test.each(['', 'nothing/v1/mycloud.json'])('that there is not (%j) is not found', async (key) => {
    expect((await page.ask('GET', `/api/record?key=${key}`)).status).toBe(404);
  });

  test('of a drop that failed is sent round again', async () => {
    const at = new Date('2026-01-02T03:05:00.000Z');
    const failed = fail(receivedRecord('failed.img'), new ImageDropError('forbidden', 'No.'), at);
    const record = await fixture.addRecord(failed);
    expect((await page.ask('POST', '/api/retries', { record })).status).toBe(202);
    expect(await fixture.message()).toEqual({ record, retry: at.toISOString() });
  });

  test('of a drop that has not failed is not', async () => {
    const active = moveTo(receivedRecord('active.img'), 'active', new Date());
    const answer = await page.ask('POST', '/api/retries', { record: await fixture.addRecord(active) });
    expect([answer.status, (await documentOf(answer)).error.code]).toEqual([409, 'not-failed']);
  });

  test('is checked again, by the very version that was dropped', async () => {
    const put = (Body: Buffer) =>
      fixture.stack.s3.send(new PutObjectCommand({ Bucket: fixture.stack.dropBucket, Key: 'checked.img', Body }));
    const { VersionId: versionId = '', ETag: etag = '' } = await put(rawDisk());
    await put(Buffer.from('Another version, and no disk.\n'));
    const drop = { bucket: fixture.stack.dropBucket, versionId, etag: etag.replaceAll('"', '') };
    const key = await fixture.addRecord(receivedRecord('checked.img', drop));
    const checks = await page.json('GET', `/api/checks?key=${encodeURIComponent(key)}`);
    expect(checks.verdict).toBe('accept');
    expect(checks.checks[0]).toMatchObject({ code: 'empty', outcome: 'passed' });
  });

  test('of an object that is gone says that it cannot be', async () => {
    const key = await fixture.addRecord(receivedRecord('gone.img', { bucket: fixture.stack.dropBucket }));
    const answer = await page.ask('GET', `/api/checks?key=${encodeURIComponent(key)}`);
    expect([answer.status, (await documentOf(answer)).error.code]).toEqual([404, 'object-gone']);
  });
});

describe('the feed', () => {
  interface Event {
    readonly type: string;
    readonly id: string;
    readonly data: {
      readonly changed: { readonly key: string; readonly status: string }[];
      readonly removed: string[];
    };
  }

  /** The events until one fits. */
  async function eventsUntil(after: string, fits: (event: Event) => boolean): Promise<Event[]> {
    const end = new AbortController();
    const answer = await fetch(`${fixture.origin}/api/feed?after=${after}`, {
      headers: page.headers,
      signal: end.signal,
    });
    const seen: Event[] = [];
    if (answer.body === null) throw new Error('The feed has no body.');
    for await (const { type, id, data } of sseEvents(answer.body)) {
      seen.push({ type, id, data: JSON.parse(data) });
      if (seen.some(fits)) break;
    }
    end.abort();
    return seen;
  }

  const has = (key: string, status: string) => (event: Event) =>
    event.type === 'records' && event.data.changed.some((each) => each.key === key && each.status === status);

  test('begins with all there is, and goes on with what changes', async () => {
    const record = receivedRecord('fed.img');
    await fixture.addRecord(record);
    const first = await eventsUntil('', has('fed.img', 'received'));
    expect(first[0]?.type).toBe('reset');
    const last = first.at(-1)?.id ?? '';
    await fixture.addRecord(moveTo(record, 'active', new Date()));
    const later = await eventsUntil(last, has('fed.img', 'active'));
    expect(later.map(({ type }) => type)).not.toContain('reset');
    expect(later.flatMap(({ data }) => data.changed.map(({ key }) => key))).toEqual(['fed.img']);
  });

  test('begins anew for a page that knows another run of the server', async () => {
    const [reset] = await eventsUntil('0123456789ab.7', has('fed.img', 'active'));
    expect(reset?.type).toBe('reset');
  });
});

test('what the API does not know is not found', async () => {
  expect((await page.ask('GET', '/api/secrets')).status).toBe(404);
  expect((await page.ask('DELETE', '/api/record')).status).toBe(404);
});

test('a server that ends gives up the uploads that are under way', async () => {
  const other = await startUiFixture();
  try {
    const client = await PageClient.open(other);
    await client.json('POST', '/api/uploads', { key: 'unfinished.img', size: 10 });
    expect(await other.server.close()).toEqual([]);
    const { Uploads = [] } = await other.stack.s3.send(
      new ListMultipartUploadsCommand({ Bucket: other.stack.dropBucket }),
    );
    expect(Uploads).toEqual([]);
  } finally {
    await other.stop();
  }
});
