import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  type ChecksumAlgorithm,
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  type ListBucketsCommandInput,
  type ListBucketsCommandOutput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalS3, PLAIN, refusal, startLocalS3 } from './support/local-s3.ts';

const CONTENT = randomBytes(300_000);
const MD5 = createHash('md5').update(CONTENT).digest();

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  await local.s3.send(
    new PutObjectCommand({
      Bucket: PLAIN,
      Key: 'image',
      Body: CONTENT,
      ContentType: 'application/x-qcow2',
      CacheControl: 'no-store',
      Metadata: { 'disk-format': 'qcow2' },
      Tagging: 'team=blue%20one&x=',
    }),
  );
});
afterAll(() => local.stop());

describe('an object', () => {
  test('comes back with its bytes, headers, metadata, ETag and the checksum that the SDK sent', async () => {
    const got = await local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key: 'image', ChecksumMode: 'ENABLED' }));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(CONTENT);
    expect(got).toMatchObject({
      ContentType: 'application/x-qcow2',
      CacheControl: 'no-store',
      ContentLength: CONTENT.length,
      ETag: `"${MD5.toString('hex')}"`,
      Metadata: { 'disk-format': 'qcow2' },
      TagCount: 2,
      ChecksumType: 'FULL_OBJECT',
    });
    expect(got.ChecksumCRC64NVME ?? got.ChecksumCRC32).toBeDefined();
    expect(got.VersionId).toBeUndefined();
  });

  test('is described by HEAD, with its checksum only when asked', async () => {
    const plain = await local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'image' }));
    expect(plain).toMatchObject({ ContentLength: CONTENT.length, Metadata: { 'disk-format': 'qcow2' } });
    expect(plain.ChecksumCRC32).toBeUndefined();
    const asked = await local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'image', ChecksumMode: 'ENABLED' }));
    expect(asked.ChecksumCRC32).toBe(base64Crc32(CONTENT));
  });

  test('may be empty', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'empty', Body: Buffer.alloc(0) }));
    const got = await local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key: 'empty' }));
    expect(await got.Body?.transformToString()).toBe('');
    expect(got).toMatchObject({ ContentLength: 0, ETag: '"d41d8cd98f00b204e9800998ecf8427e"' });
  });

  test('may come as a stream, which the SDK sends in chunks with a trailer', async () => {
    const Body = Readable.from([CONTENT.subarray(0, 7), CONTENT.subarray(7)]);
    const put = new PutObjectCommand({ Bucket: PLAIN, Key: 'stream', Body, ContentLength: CONTENT.length });
    expect(await local.s3.send(put)).toMatchObject({ ETag: `"${MD5.toString('hex')}"` });
  });

  test.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] satisfies ChecksumAlgorithm[])(
    'keeps the %s that the SDK computes',
    async (algorithm) => {
      const key = { Bucket: PLAIN, Key: `with-${algorithm}` };
      const put = await local.s3.send(new PutObjectCommand({ ...key, Body: CONTENT, ChecksumAlgorithm: algorithm }));
      const head = await local.s3.send(new HeadObjectCommand({ ...key, ChecksumMode: 'ENABLED' }));
      expect(put[`Checksum${algorithm}`]).toBeDefined();
      expect(head[`Checksum${algorithm}`]).toBe(put[`Checksum${algorithm}`]);
    },
  );

  test('that is gone is NoSuchKey, and deleting it again succeeds', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'gone', Body: 'x' }));
    await local.s3.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: 'gone' }));
    await local.s3.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: 'gone' }));
    await expect(local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key: 'gone' }))).rejects.toMatchObject(
      refusal('NoSuchKey', 404),
    );
    await expect(local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'gone' }))).rejects.toMatchObject(
      refusal('NotFound', 404),
    );
  });

  test('can be deleted together with others', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'many & <one>', Body: 'x' }));
    const Objects = [{ Key: 'many & <one>' }, { Key: 'never there' }, { Key: 'k'.repeat(1025) }];
    const result = await local.s3.send(new DeleteObjectsCommand({ Bucket: PLAIN, Delete: { Objects } }));
    expect(result.Deleted).toEqual([{ Key: 'many & <one>' }, { Key: 'never there' }]);
    expect(result.Errors).toMatchObject([{ Code: 'KeyTooLongError' }]);
    await expect(local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'many & <one>' }))).rejects.toMatchObject(
      refusal('NotFound', 404),
    );
  });

  test('keeps its Content-Encoding as it was written', async () => {
    const place = { Bucket: PLAIN, Key: 'encoded' };
    await local.s3.send(new PutObjectCommand({ ...place, Body: 'x', ContentEncoding: 'deflate, gzip' }));
    expect((await local.s3.send(new HeadObjectCommand(place))).ContentEncoding).toBe('deflate, gzip');
  });

  test('is not deleted under a condition that only directory buckets know', async () => {
    const place = { Bucket: PLAIN, Key: 'conditional' };
    await local.s3.send(new PutObjectCommand({ ...place, Body: 'x' }));
    for (const condition of [{ IfMatchSize: 1 }, { IfMatchLastModifiedTime: new Date() }]) {
      const removal = new DeleteObjectCommand({ ...place, ...condition });
      await expect(local.s3.send(removal)).rejects.toMatchObject(refusal('NotImplemented', 501));
    }
    const { Key } = place;
    const Objects = [
      { Key, Size: 1 },
      { Key, LastModifiedTime: new Date() },
    ];
    const { Errors } = await local.s3.send(new DeleteObjectsCommand({ Bucket: PLAIN, Delete: { Objects } }));
    expect(Errors?.map(({ Code }) => Code)).toEqual(['NotImplemented', 'NotImplemented']);
    await local.s3.send(new HeadObjectCommand(place));
  });

  test('that is being read is read to its end while it is replaced and deleted', async () => {
    const key = { Bucket: PLAIN, Key: 'read-on' };
    const first = randomBytes(20_000_000);
    await local.s3.send(new PutObjectCommand({ ...key, Body: first }));
    const got = await local.s3.send(new GetObjectCommand(key));
    await local.s3.send(new PutObjectCommand({ ...key, Body: 'second' }));
    await local.s3.send(new DeleteObjectCommand(key));
    const bytes = await got.Body?.transformToByteArray();
    expect(first.equals(bytes ?? Buffer.alloc(0))).toBe(true);
  });
});

describe('a range', () => {
  test.each([
    ['bytes=0-9', 0, 10],
    ['bytes=299990-', 299_990, 300_000],
    ['bytes=-10', 299_990, 300_000],
    ['bytes=-999999', 0, 300_000],
    ['bytes=299999-999999', 299_999, 300_000],
  ])('%s is answered with 206', async (Range, start, end) => {
    const got = await local.s3.send(
      new GetObjectCommand({ Bucket: PLAIN, Key: 'image', Range, ChecksumMode: 'ENABLED' }),
    );
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(CONTENT.subarray(start, end));
    expect(got).toMatchObject({
      $metadata: { httpStatusCode: 206 },
      ContentRange: `bytes ${start}-${end - 1}/300000`,
      ContentLength: end - start,
    });
    expect(got.ChecksumCRC32).toBeUndefined();
  });

  test.each(['bytes=300000-', 'bytes=-0'])('%s holds nothing and is answered with 416', async (Range) => {
    await expect(local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key: 'image', Range }))).rejects.toMatchObject(
      refusal('InvalidRange', 416),
    );
  });

  test.each(['bytes=5-2', 'bytes=0-1,3-4', 'lines=1-2'])(
    '%s is not a range: the whole object is sent',
    async (Range) => {
      const head = await local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'image', Range }));
      expect(head).toMatchObject({ $metadata: { httpStatusCode: 200 }, ContentLength: CONTENT.length });
    },
  );

  test('by HEAD has the length of the range', async () => {
    const head = await local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'image', Range: 'bytes=1-2' }));
    expect(head).toMatchObject({ $metadata: { httpStatusCode: 206 }, ContentLength: 2 });
  });
});

describe('a conditional read', () => {
  const etag = `"${MD5.toString('hex')}"`;
  const past = new Date('2001-01-01');
  const future = new Date(Date.now() + 86_400_000);
  test.each([
    [200, { IfMatch: etag }],
    [200, { IfMatch: '*' }],
    [412, { IfMatch: '"other"' }],
    [304, { IfNoneMatch: etag }],
    [200, { IfNoneMatch: '"other"' }],
    [200, { IfModifiedSince: past }],
    [304, { IfModifiedSince: future }],
    [412, { IfUnmodifiedSince: past }],
    [200, { IfUnmodifiedSince: future }],
    [200, { IfMatch: etag, IfUnmodifiedSince: past }],
    [200, { IfNoneMatch: '"other"', IfModifiedSince: future }],
  ])('is answered with %i for %j', async (status, condition) => {
    const command = new HeadObjectCommand({ Bucket: PLAIN, Key: 'image', ...condition });
    const answer = await local.s3.send(command).catch((error: unknown) => error);
    expect(answer).toMatchObject({ $metadata: { httpStatusCode: status } });
  });
});

describe('a copy', () => {
  test('has content, headers, metadata and tags of its source', async () => {
    await local.s3.send(new CopyObjectCommand({ Bucket: PLAIN, Key: 'copy', CopySource: `${PLAIN}/image` }));
    const head = await local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'copy', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({
      ETag: `"${MD5.toString('hex')}"`,
      ContentType: 'application/x-qcow2',
      Metadata: { 'disk-format': 'qcow2' },
      TagCount: 2,
      ChecksumCRC32: base64Crc32(CONTENT),
    });
  });

  test('can have new metadata and tags', async () => {
    const command = new CopyObjectCommand({
      Bucket: PLAIN,
      Key: 'copy-replaced',
      CopySource: `/${PLAIN}/image`,
      MetadataDirective: 'REPLACE',
      Metadata: { name: 'new' },
      TaggingDirective: 'REPLACE',
      Tagging: 'only=one',
    });
    await local.s3.send(command);
    const head = await local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'copy-replaced' }));
    expect(head).toMatchObject({ Metadata: { name: 'new' }, TagCount: 1, ContentType: 'binary/octet-stream' });
  });

  test('onto itself is refused unless something changes', async () => {
    const itself = { Bucket: PLAIN, Key: 'image', CopySource: `${PLAIN}/image` };
    await expect(local.s3.send(new CopyObjectCommand(itself))).rejects.toMatchObject(refusal('InvalidRequest', 400));
  });

  test.each([
    ['NoSuchKey', 404, { CopySource: `${PLAIN}/nothing` }],
    ['NoSuchBucket', 404, { CopySource: 'nowhere/image' }],
    ['InvalidArgument', 400, { CopySource: 'nowhere' }],
    ['PreconditionFailed', 412, { CopySource: `${PLAIN}/image`, CopySourceIfMatch: '"other"' }],
    ['PreconditionFailed', 412, { CopySource: `${PLAIN}/image`, IfNoneMatch: '*' }],
  ])('is refused with %s (%i) for %j', async (name, status, change) => {
    const command = new CopyObjectCommand({ Bucket: PLAIN, Key: 'empty', ...change });
    await expect(local.s3.send(command)).rejects.toMatchObject(refusal(name, status));
  });
});

describe('the list of buckets', () => {
  const list = (input: ListBucketsCommandInput = {}) => local.s3.send(new ListBucketsCommand(input));
  const namesOf = ({ Buckets }: ListBucketsCommandOutput) => Buckets?.map(({ Name }) => Name);

  test('holds all of them', async () => {
    const all = await list();
    expect(namesOf(all)).toEqual(['plain', 'versioned']);
    expect(all.ContinuationToken).toBeUndefined();
  });

  test('comes page by page', async () => {
    const first = await list({ MaxBuckets: 1 });
    expect(namesOf(first)).toEqual(['plain']);
    const second = await list({ MaxBuckets: 1, ContinuationToken: first.ContinuationToken });
    expect([namesOf(second), second.ContinuationToken]).toEqual([['versioned'], undefined]);
  });

  test('can be of one prefix', async () => {
    expect(namesOf(await list({ Prefix: 'ver' }))).toEqual(['versioned']);
  });

  test('has no page of no buckets', async () => {
    await expect(list({ MaxBuckets: 0 })).rejects.toMatchObject(refusal('InvalidArgument', 400));
  });
});

function base64Crc32(content: Buffer): string {
  return Buffer.from(crc32(content).toString(16).padStart(8, '0'), 'hex').toString('base64');
}
