import { createHash } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { journalIn } from '../../../bin/upload/journal.ts';
import { partBytesOf, partsAtATime, partsOf } from '../../../bin/upload/parts.ts';
import { uploadFile } from '../../../bin/upload/upload-file.ts';
import type { Decide, FaultyRequest } from '../../../local/contributing/faults/fault.ts';
import { FaultProxy } from '../../../local/contributing/faults/fault-proxy.ts';
import { type LocalS3, PLAIN, startLocalS3, VERSIONED } from '../../local/s3/support/local-s3.ts';

const MIB = 2 ** 20;
const PART_BYTES = 8 * MIB;
/** Four whole parts and a short one. */
const SIZE = 4 * PART_BYTES + 5;

let local: LocalS3;
let proxy: FaultProxy;
let folder: string;
/** What the network does; each test has its own. */
let decide: Decide;
let requests: FaultyRequest[];

beforeAll(async () => {
  local = await startLocalS3();
  proxy = await FaultProxy.listen({
    target: local.server.endpoint,
    decide: (request) => {
      requests.push(request);
      return decide(request);
    },
  });
});
afterAll(async () => {
  await proxy.close();
  await local.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-upload-'));
  decide = () => undefined;
  requests = [];
});
afterEach(() => rm(folder, { recursive: true }));

const partNumber = ({ method, url }: FaultyRequest) =>
  method === 'PUT' ? Number(new URLSearchParams(url.split('?')[1]).get('partNumber')) : 0;
const sentParts = () =>
  requests
    .map(partNumber)
    .filter((number) => number > 0)
    .sort();

function content(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += MIB) bytes.write(`mebibyte ${at / MIB}`, at);
  return bytes;
}

async function file(bytes: Buffer, name = 'disk.img'): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

interface Counts {
  sentBytes: number;
  resumedBytes: number;
}

async function upload(
  path: string,
  options: { bucket?: string; key?: string; metadata?: Record<string, string>; signal?: AbortSignal } = {},
) {
  const { bucket = VERSIONED, key = 'a/disk.img', metadata = {}, signal = new AbortController().signal } = options;
  const client = local.client({ endpoint: proxy.url, maxAttempts: 2 });
  const counts: Counts = { sentBytes: 0, resumedBytes: 0 };
  const tools = {
    client,
    signal,
    journal: journalIn(join(folder, 'uploads')),
    sent: (bytes: number) => {
      counts.sentBytes += bytes;
    },
    resumed: (bytes: number) => {
      counts.resumedBytes += bytes;
    },
  };
  const sent = await uploadFile({ path, key }, { bucket, metadata }, tools);
  return { ...sent, ...counts };
}

async function stored(key = 'a/disk.img', bucket = VERSIONED): Promise<Buffer> {
  const { Body: body } = await local.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await body?.transformToByteArray()) ?? []);
}

/** Lets so many parts through and then breaks every connection. */
const breaksAfter = (parts: number): Decide => {
  let passed = 0;
  return (request) => {
    if (partNumber(request) === 0) return undefined;
    passed += 1;
    return passed > parts ? { how: 'refuse' } : undefined;
  };
};

describe('a small file', () => {
  test('goes by one PUT, with a SHA-256 that S3 compares and its metadata', async () => {
    const bytes = content(1000);
    const { versionId, sentBytes } = await upload(await file(bytes), { metadata: { name: 'A disk' } });
    const head = await local.s3.send(
      new HeadObjectCommand({ Bucket: VERSIONED, Key: 'a/disk.img', ChecksumMode: 'ENABLED' }),
    );
    expect(head).toMatchObject({
      VersionId: versionId,
      Metadata: { name: 'A disk' },
      ChecksumSHA256: createHash('sha256').update(bytes).digest('base64'),
    });
    expect(sentBytes).toBe(1000);
    expect(await readdir(folder)).toEqual(['disk.img']);
  });

  test('of no bytes is an object of no bytes', async () => {
    await upload(await file(Buffer.alloc(0)));
    expect(await stored()).toHaveLength(0);
  });

  test('whose bytes are changed on the way is refused by S3', async () => {
    decide = () => ({ how: 'flip', atByte: 500 });
    await expect(upload(await file(content(100_000)), { key: 'flipped' })).rejects.toThrow();
    await expect(stored('flipped')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('in a bucket without versions is distinguished by ETag and time, as reconcile does it', async () => {
    const { id, versionId } = await upload(await file(content(1000)), { bucket: PLAIN });
    expect(versionId).toBeUndefined();
    expect(id).toMatch(/^[0-9a-f]{32}-\d+$/);
  });
});

describe('a large file', () => {
  test('goes in parts, each with its SHA-256', async () => {
    const bytes = content(SIZE);
    const { sentBytes } = await upload(await file(bytes), { metadata: { 'disk-format': 'raw' } });
    expect((await stored()).equals(bytes)).toBe(true);
    expect(sentBytes).toBe(SIZE);
    expect(sentParts()).toEqual([1, 2, 3, 4, 5]);
    const head = await local.s3.send(
      new HeadObjectCommand({ Bucket: VERSIONED, Key: 'a/disk.img', ChecksumMode: 'ENABLED' }),
    );
    expect(head).toMatchObject({ Metadata: { 'disk-format': 'raw' }, ChecksumSHA256: expect.stringMatching(/-5$/) });
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });

  test('that was broken off is gone on with: only the rest is sent', async () => {
    const bytes = content(SIZE);
    const path = await file(bytes);
    decide = breaksAfter(3);
    await expect(upload(path)).rejects.toThrow();
    decide = () => undefined;
    requests = [];
    const { sentBytes, resumedBytes } = await upload(path);
    expect(resumedBytes).toBe(3 * PART_BYTES);
    expect(sentBytes).toBe(SIZE - 3 * PART_BYTES);
    expect(sentParts()).toHaveLength(2);
    expect((await stored()).equals(bytes)).toBe(true);
    const { Uploads = [] } = await local.s3.send(new ListMultipartUploadsCommand({ Bucket: VERSIONED }));
    expect(Uploads).toEqual([]);
  });

  test('that has changed since sends again the parts that are others now', async () => {
    const bytes = content(SIZE);
    const path = await file(bytes);
    decide = (request) => (partNumber(request) === 5 ? { how: 'refuse' } : undefined);
    await expect(upload(path, { key: 'changed' })).rejects.toThrow();
    decide = () => undefined;
    requests = [];
    bytes.write('another second part', PART_BYTES);
    await file(bytes);
    const { resumedBytes } = await upload(path, { key: 'changed' });
    expect(sentParts()).toEqual([2, 5]);
    expect(resumedBytes).toBe(3 * PART_BYTES);
    expect((await stored('changed')).equals(bytes)).toBe(true);
  });

  test('with other metadata begins anew, for S3 keeps those of the beginning', async () => {
    const path = await file(content(SIZE));
    decide = breaksAfter(3);
    await expect(upload(path, { key: 'renamed' })).rejects.toThrow();
    decide = () => undefined;
    const { resumedBytes } = await upload(path, { key: 'renamed', metadata: { name: 'Other' } });
    expect(resumedBytes).toBe(0);
    const head = await local.s3.send(new HeadObjectCommand({ Bucket: VERSIONED, Key: 'renamed' }));
    expect(head.Metadata).toEqual({ name: 'Other' });
  });

  test('whose upload somebody has given up begins anew', async () => {
    const path = await file(content(SIZE));
    decide = breaksAfter(3);
    await expect(upload(path, { key: 'aborted' })).rejects.toThrow();
    decide = () => undefined;
    const { Uploads = [] } = await local.s3.send(
      new ListMultipartUploadsCommand({ Bucket: VERSIONED, Prefix: 'aborted' }),
    );
    for (const { UploadId } of Uploads) {
      await local.s3.send(new AbortMultipartUploadCommand({ Bucket: VERSIONED, Key: 'aborted', UploadId }));
    }
    expect(await upload(path, { key: 'aborted' })).toMatchObject({ resumedBytes: 0, sentBytes: SIZE });
  });

  test('survives a connection that breaks in the middle of a part, and counts its bytes once', async () => {
    const bytes = content(SIZE);
    let cuts = 0;
    decide = (request) => {
      if (partNumber(request) !== 2 || cuts > 0) return undefined;
      cuts += 1;
      return { how: 'cut-request', afterBytes: MIB };
    };
    const { sentBytes } = await upload(await file(bytes), { key: 'cut' });
    expect(cuts).toBe(1);
    expect(sentBytes).toBe(SIZE);
    expect((await stored('cut')).equals(bytes)).toBe(true);
  });

  test('that is written to while it is sent does not become an object', async () => {
    const path = await file(content(SIZE));
    decide = (request) => {
      if (partNumber(request) === 3) utimesSync(path, new Date(0), new Date(0));
      return undefined;
    };
    await expect(upload(path, { key: 'written' })).rejects.toMatchObject({ code: 'object-changed' });
    await expect(stored('written')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('that is cut short while it is sent does not become an object', async () => {
    const path = await file(content(SIZE));
    decide = (request) => {
      if (partNumber(request) === 1) void open(path, 'r+').then(async (it) => it.truncate(1).then(() => it.close()));
      return partNumber(request) === 1 ? { how: 'slow', milliseconds: 500 } : undefined;
    };
    await expect(upload(path, { key: 'short' })).rejects.toMatchObject({ code: 'object-changed' });
  });

  test('ends at once when it is interrupted', async () => {
    const stop = new AbortController();
    decide = (request) => {
      if (partNumber(request) === 2) stop.abort(new Error('Ctrl-C'));
      return partNumber(request) > 1 ? { how: 'hang', milliseconds: 30_000 } : undefined;
    };
    await expect(upload(await file(content(SIZE)), { key: 'stopped', signal: stop.signal })).rejects.toThrow();
  });
});

test('uploads that S3 has given up after a week are forgotten', async () => {
  const journal = journalIn(join(folder, 'uploads'));
  const subject = { bucket: 'b', key: 'k', size: 1, metadata: {} };
  await journal.begun(subject, 'old');
  const [name = ''] = await readdir(join(folder, 'uploads'));
  const longAgo = new Date(Date.now() - 8 * 86_400_000);
  utimesSync(join(folder, 'uploads', name), longAgo, longAgo);
  await journal.begun({ ...subject, key: 'other' }, 'new');
  expect(await journal.uploadOf(subject)).toBeUndefined();
  expect(await journal.uploadOf({ ...subject, key: 'other' })).toBe('new');
});

describe('the parts of a file', () => {
  test.each([0, 1, PART_BYTES, PART_BYTES + 1, 78 * 1024 * MIB, 10 ** 12])('of %d bytes cover it', (size) => {
    const parts = partsOf(size);
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(size);
    expect(parts.length).toBeLessThanOrEqual(10_000);
    expect(parts.every(({ offset, number }) => offset === (number - 1) * partBytesOf(size))).toBe(true);
  });

  test('are few at a time where they are large', () => {
    expect(partsAtATime(SIZE)).toBe(4);
    expect(partsAtATime(10 ** 12) * partBytesOf(10 ** 12)).toBeLessThanOrEqual(256 * MIB);
    expect(partsAtATime(5 * 10 ** 12)).toBe(1);
  });
});
