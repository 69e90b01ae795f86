import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Notify } from '../../../local/s3/server.ts';
import { type LocalS3, startLocalS3 } from './support/local-s3.ts';

const MIB = 2 ** 20;
const BUCKET = 'drops';
const events: string[] = [];
const notify: Notify = (_queueArn, body) => {
  events.push(body);
};

let local: LocalS3;
beforeAll(async () => {
  const notifications = [{ events: ['s3:ObjectCreated:*'], queueArn: 'the queue' }];
  local = await startLocalS3({ buckets: [{ name: BUCKET, versioned: true, notifications }], notify });
});
afterAll(() => local.stop());

/** Bytes that the objects take on disk. */
async function storedBytes(): Promise<number> {
  const folder = join(local.folder, BUCKET, 'blobs');
  const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
  return files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
}

async function bytesOf(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await local.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key, Range }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

describe('zeros that are uploaded', () => {
  test('take no room, whether at the beginning, in the middle or at the end', async () => {
    const before = await storedBytes();
    const body = Buffer.alloc(16 * MIB);
    body.write('data', 8 * MIB + 12_345);
    await local.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'gap', Body: body }));
    expect((await bytesOf('gap')).equals(body)).toBe(true);
    expect(await storedBytes()).toBeLessThan(before + MIB);
  });

  test('take none as parts or as a copy either', async () => {
    const before = await storedBytes();
    const at = { Bucket: BUCKET, Key: 'parts' };
    const { UploadId } = await local.s3.send(new CreateMultipartUploadCommand(at));
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const part = new UploadPartCommand({ ...at, UploadId, PartNumber, Body: Buffer.alloc(8 * MIB) });
      Parts.push({ PartNumber, ETag: (await local.s3.send(part)).ETag });
    }
    await local.s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    await local.s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/parts` }));
    expect((await bytesOf('copy')).equals(Buffer.alloc(16 * MIB))).toBe(true);
    expect(await storedBytes()).toBeLessThan(before + MIB);
  });

  test('do not swallow what is almost zeros', async () => {
    const body = Buffer.alloc(3 * 65_536 + 7);
    body[65_536] = 1;
    body[body.length - 1] = 1;
    await local.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'almost', Body: body }));
    expect((await bytesOf('almost')).equals(body)).toBe(true);
  });
});

describe('an object that the holder of the server puts', () => {
  const size = 130 * 2 ** 30;
  const pieces = [
    { offset: 0, bytes: Buffer.from('head') },
    { offset: size - 4, bytes: Buffer.from('tail') },
  ];

  test('may have 130 GiB, and only its pieces are stored', async () => {
    const before = await storedBytes();
    const versionId = await local.server.putSparse({ bucket: BUCKET, key: 'huge', size, pieces });
    const head = await local.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'huge' }));
    expect(head).toMatchObject({ ContentLength: size, VersionId: versionId });
    expect((await bytesOf('huge', 'bytes=0-7')).toString()).toBe('head\0\0\0\0');
    expect((await bytesOf('huge', 'bytes=-8')).toString()).toBe('\0\0\0\0tail');
    expect((await bytesOf('huge', `bytes=${size / 2}-${size / 2 + MIB - 1}`)).equals(Buffer.alloc(MIB))).toBe(true);
    expect(await storedBytes()).toBeLessThan(before + MIB);
  });

  test('is announced like an upload', async () => {
    events.length = 0;
    const versionId = await local.server.putSparse({ bucket: BUCKET, key: 'told', size: 10 });
    const [record] = JSON.parse(events[0] ?? '').Records;
    expect(record).toMatchObject({
      eventName: 'ObjectCreated:CompleteMultipartUpload',
      s3: { object: { key: 'told', size: 10, versionId } },
    });
  });

  test('is there after a restart', async () => {
    await local.server.putSparse({
      bucket: BUCKET,
      key: 'kept',
      size: 10,
      pieces: [{ offset: 3, bytes: Buffer.from('x') }],
    });
    await local.restart();
    expect((await bytesOf('kept')).toString()).toBe('\0\0\0x\0\0\0\0\0\0');
  });

  test.each([
    ['to a bucket that is not there', { bucket: 'nowhere', key: 'k', size: 1 }],
    [
      'with a piece beyond its end',
      { bucket: BUCKET, key: 'k', size: 1, pieces: [{ offset: 1, bytes: Buffer.from('x') }] },
    ],
  ])('is refused %s', async (_case, object) => {
    await expect(local.server.putSparse(object)).rejects.toThrow(RangeError);
  });
});

test('an object whose event no queue could get is taken back', async () => {
  const other = await startLocalS3({
    buckets: [{ name: BUCKET, versioned: false, notifications: [{ events: ['s3:*'], queueArn: 'q' }] }],
    notify: () => {
      throw new Error('The queue is closed.');
    },
  });
  try {
    await expect(other.server.putSparse({ bucket: BUCKET, key: 'k', size: 5 })).rejects.toThrow('closed');
    expect(await readdir(join(other.folder, BUCKET, 'blobs'))).toEqual([]);
  } finally {
    await other.stop();
  }
});
