import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type StorageClass,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalS3, PLAIN, refusal, startLocalS3 } from './support/local-s3.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  for (const StorageClass of ['STANDARD', 'STANDARD_IA', 'GLACIER', 'DEEP_ARCHIVE', 'GLACIER_IR'] as const) {
    const place = { Bucket: PLAIN, Key: `classes/${StorageClass}` };
    await local.s3.send(new PutObjectCommand({ ...place, Body: 'x', StorageClass }));
  }
});
afterAll(() => local.stop());

const head = (Key: string) => local.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key }));
const get = (Key: string) => local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key }));

describe('the storage class of an object', () => {
  test('is reported by HEAD and GET, except STANDARD', async () => {
    expect((await head('classes/STANDARD')).StorageClass).toBeUndefined();
    expect((await head('classes/DEEP_ARCHIVE')).StorageClass).toBe('DEEP_ARCHIVE');
    expect((await get('classes/STANDARD_IA')).StorageClass).toBe('STANDARD_IA');
  });

  test('is reported by both listings', async () => {
    const list = { Bucket: PLAIN, Prefix: 'classes/' };
    const expected = ['DEEP_ARCHIVE', 'GLACIER', 'GLACIER_IR', 'STANDARD', 'STANDARD_IA'];
    const { Contents } = await local.s3.send(new ListObjectsV2Command(list));
    expect(Contents?.map(({ StorageClass }) => StorageClass)).toEqual(expected);
    const { Versions } = await local.s3.send(new ListObjectVersionsCommand(list));
    expect(Versions?.map(({ StorageClass }) => StorageClass)).toEqual(expected);
  });

  test('is that of the multipart upload which made it', async () => {
    const place = { Bucket: PLAIN, Key: 'in parts' };
    const { UploadId } = await local.s3.send(
      new CreateMultipartUploadCommand({ ...place, StorageClass: 'GLACIER_IR' }),
    );
    const { Uploads } = await local.s3.send(new ListMultipartUploadsCommand({ Bucket: PLAIN }));
    expect(Uploads).toMatchObject([{ StorageClass: 'GLACIER_IR' }]);
    const { ETag } = await local.s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: 'x' }));
    const listed = await local.s3.send(new ListPartsCommand({ ...place, UploadId }));
    expect(listed.StorageClass).toBe('GLACIER_IR');
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await local.s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }));
    expect((await head('in parts')).StorageClass).toBe('GLACIER_IR');
  });

  test('is not taken from the source of a copy', async () => {
    const copy = { Bucket: PLAIN, CopySource: `${PLAIN}/classes/STANDARD_IA` };
    await local.s3.send(new CopyObjectCommand({ ...copy, Key: 'copy' }));
    expect((await head('copy')).StorageClass).toBeUndefined();
    await local.s3.send(new CopyObjectCommand({ ...copy, Key: 'copy', StorageClass: 'ONEZONE_IA' }));
    expect((await head('copy')).StorageClass).toBe('ONEZONE_IA');
  });

  test('may be the only change of a copy onto itself', async () => {
    const itself = { Bucket: PLAIN, Key: 'itself', CopySource: `${PLAIN}/itself` };
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'itself', Body: 'x' }));
    await local.s3.send(new CopyObjectCommand({ ...itself, StorageClass: 'GLACIER' }));
    expect((await head('itself')).StorageClass).toBe('GLACIER');
  });

  test('is refused where S3 does not know it', async () => {
    const put = new PutObjectCommand({ Bucket: PLAIN, Key: 'odd', Body: 'x', StorageClass: 'TAPE' as StorageClass });
    await expect(local.s3.send(put)).rejects.toMatchObject(refusal('InvalidStorageClass', 400));
  });
});

describe.each(['GLACIER', 'DEEP_ARCHIVE'] as const)('an object in %s', (StorageClass) => {
  const Key = `classes/${StorageClass}`;

  test('cannot be read', async () => {
    await expect(get(Key)).rejects.toMatchObject({ ...refusal('InvalidObjectState', 403), StorageClass });
    await expect(local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key, Range: 'bytes=0-0' }))).rejects.toMatchObject(
      refusal('InvalidObjectState', 403),
    );
  });

  test('cannot be copied, nor be copied from in part', async () => {
    const copy = { Bucket: PLAIN, Key: 'thawed', CopySource: `${PLAIN}/${Key}` };
    await expect(local.s3.send(new CopyObjectCommand(copy))).rejects.toMatchObject(refusal('InvalidObjectState', 403));
    const { UploadId } = await local.s3.send(new CreateMultipartUploadCommand({ Bucket: PLAIN, Key: 'thawed' }));
    await expect(local.s3.send(new UploadPartCopyCommand({ ...copy, UploadId, PartNumber: 1 }))).rejects.toMatchObject(
      refusal('InvalidObjectState', 403),
    );
  });
});

test('an object in GLACIER_IR can be read at once', async () => {
  expect(await (await get('classes/GLACIER_IR')).Body?.transformToString()).toBe('x');
});
