import { ListObjectsCommand, ListObjectsV2Command, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalS3, PLAIN, refusal, sendSigned, startLocalS3 } from './support/local-s3.ts';

const KEYS = ['a', 'b/1', 'b/2', 'b/c/3', 'd e+f', 'é', '\uff5e', '💿'];

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  for (const Key of KEYS.toReversed()) await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body: Key }));
});
afterAll(() => local.stop());

describe('ListObjectsV2', () => {
  test('gives the keys in the order of their bytes, with size and ETag', async () => {
    const page = await local.s3.send(new ListObjectsV2Command({ Bucket: PLAIN }));
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(KEYS);
    expect(page.Contents?.[0]).toMatchObject({
      Size: 1,
      ETag: '"0cc175b9c0f1b6a831c399e269772661"',
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: ['CRC32'],
    });
    expect(page).toMatchObject({ KeyCount: KEYS.length, IsTruncated: false });
  });

  test.each([1, 2, 3])('gives every key once in pages of %i', async (pageSize) => {
    const listed: (string | undefined)[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: local.s3, pageSize }, { Bucket: PLAIN })) {
      listed.push(...Contents.map(({ Key }) => Key));
    }
    expect(listed).toEqual(KEYS);
  });

  test('rolls keys up to the delimiter', async () => {
    const page = await local.s3.send(new ListObjectsV2Command({ Bucket: PLAIN, Prefix: 'b/', Delimiter: '/' }));
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(['b/1', 'b/2']);
    expect(page.CommonPrefixes).toEqual([{ Prefix: 'b/c/' }]);
    expect(page.KeyCount).toBe(3);
  });

  test('begins behind start-after', async () => {
    const page = await local.s3.send(new ListObjectsV2Command({ Bucket: PLAIN, StartAfter: 'b/2' }));
    expect(page.Contents?.[0]?.Key).toBe('b/c/3');
  });

  test('writes keys in url encoding when asked', async () => {
    const page = await local.s3.send(new ListObjectsV2Command({ Bucket: PLAIN, Prefix: 'd e', EncodingType: 'url' }));
    expect(page).toMatchObject({ Prefix: 'd+e', Contents: [{ Key: 'd+e%2Bf' }] });
  });

  test.each([
    ['a token that is none', { ContinuationToken: '***' }],
    ['an unknown encoding', { EncodingType: 'base64' as 'url' }],
    ['a negative number of keys', { MaxKeys: -1 }],
  ])('refuses %s', async (_, change) => {
    const list = new ListObjectsV2Command({ Bucket: PLAIN, ...change });
    await expect(local.s3.send(list)).rejects.toMatchObject(refusal('InvalidArgument', 400));
  });
});

describe('ListObjects', () => {
  test('goes on behind the last key, or the NextMarker where there is a delimiter', async () => {
    const first = await local.s3.send(new ListObjectsCommand({ Bucket: PLAIN, MaxKeys: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, Marker: '' });
    expect(first.NextMarker).toBeUndefined();
    const rolled = await local.s3.send(new ListObjectsCommand({ Bucket: PLAIN, MaxKeys: 2, Delimiter: '/' }));
    expect(rolled).toMatchObject({ NextMarker: 'b/', CommonPrefixes: [{ Prefix: 'b/' }] });
    const rest = await local.s3.send(new ListObjectsCommand({ Bucket: PLAIN, Delimiter: '/', Marker: 'b/' }));
    expect(rest.Contents?.map(({ Key }) => Key)).toEqual(KEYS.slice(4));
    expect(rest.CommonPrefixes).toBeUndefined();
  });
});

test('what is not implemented says so', async () => {
  const answer = await sendSigned(local.server.endpoint, { method: 'GET', path: `/${PLAIN}`, query: { acl: '' } });
  expect(answer.status).toBe(501);
  expect(answer.text).toContain('GET of a bucket with ?acl is not implemented by this local S3.');
});
