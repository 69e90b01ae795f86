import { readdir } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalS3, PLAIN, refusal, startLocalS3, VERSIONED } from './support/local-s3.ts';

const OTHER = '"00000000000000000000000000000000"';

let local: LocalS3;
let keys = 0;
beforeAll(async () => {
  local = await startLocalS3();
});
afterAll(() => local.stop());

describe.each([PLAIN, VERSIONED])('in the %s bucket', (Bucket) => {
  test('If-None-Match: * creates once', async () => {
    const place = { Bucket, Key: newKey() };
    await put(place, '1', { IfNoneMatch: '*' });
    await expect(put(place, '2', { IfNoneMatch: '*' })).rejects.toMatchObject(refusal('PreconditionFailed', 412));
    await local.s3.send(new DeleteObjectCommand(place));
    await put(place, '3', { IfNoneMatch: '*' });
    expect(await read(place)).toBe('3');
  });

  test('If-Match replaces only what is known', async () => {
    const place = { Bucket, Key: newKey() };
    const { ETag } = await put(place, '1');
    await put(place, '2', { IfMatch: ETag });
    await expect(put(place, '3', { IfMatch: ETag })).rejects.toMatchObject(refusal('PreconditionFailed', 412));
    expect(await read(place)).toBe('2');
  });

  test('If-Match on a key that is not there, or no more, is NoSuchKey', async () => {
    const place = { Bucket, Key: newKey() };
    await expect(put(place, '1', { IfMatch: OTHER })).rejects.toMatchObject(refusal('NoSuchKey', 404));
    const { ETag } = await put(place, '1');
    await local.s3.send(new DeleteObjectCommand(place));
    await expect(put(place, '2', { IfMatch: ETag })).rejects.toMatchObject(refusal('NoSuchKey', 404));
  });

  test('of writers that race, one succeeds and the others learn it', async () => {
    const place = { Bucket, Key: newKey() };
    const { ETag } = await put(place, 'start');
    const racers = Array.from({ length: 10 }, (_, i) => put(place, `racer ${i}`, { IfMatch: ETag }));
    const outcomes = await Promise.allSettled(racers);
    const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(await read(place)).toBe(`racer ${winners[0]}`);
    const statuses = outcomes.flatMap((it) => (it.status === 'rejected' ? [it.reason.$metadata.httpStatusCode] : []));
    expect(statuses.every((status) => status === 409 || status === 412)).toBe(true);
  });

  test('a delete with If-Match deletes only what is known', async () => {
    const place = { Bucket, Key: newKey() };
    const { ETag } = await put(place, '1');
    const conditional = (IfMatch: string | undefined) => local.s3.send(new DeleteObjectCommand({ ...place, IfMatch }));
    await expect(conditional(OTHER)).rejects.toMatchObject(refusal('PreconditionFailed', 412));
    await conditional(ETag);
    await expect(conditional(ETag)).rejects.toMatchObject(refusal('NoSuchKey', 404));
  });

  test('a multi-delete heeds the ETag of each object', async () => {
    const [kept, deleted] = [newKey(), newKey()];
    await put({ Bucket, Key: kept }, '1');
    const { ETag } = await put({ Bucket, Key: deleted }, '1');
    const Objects = [
      { Key: kept, ETag: OTHER },
      { Key: deleted, ETag },
    ];
    const result = await local.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(result.Errors).toMatchObject([{ Key: kept, Code: 'PreconditionFailed' }]);
    expect(result.Deleted).toMatchObject([{ Key: deleted }]);
  });
});

test('a condition that held at the start and not at the end is a conflict', async () => {
  const place = { Bucket: PLAIN, Key: newKey() };
  const body = new PassThrough();
  // Less is written when it is all there.
  const beginning = Buffer.alloc(100_000);
  body.write(beginning);
  const slow = local.s3.send(
    new PutObjectCommand({ ...place, Body: body, ContentLength: beginning.length + 'ended'.length, IfNoneMatch: '*' }),
  );
  await begun();
  await put(place, 'in between');
  body.end('ended');
  await expect(slow).rejects.toMatchObject(refusal('ConditionalRequestConflict', 409));
  expect(await read(place)).toBe('in between');
});

test('a refused write is refused before its content is sent', async () => {
  const place = { Bucket: PLAIN, Key: newKey() };
  await put(place, '1');
  const neverEnding = new PassThrough();
  neverEnding.write('x');
  const refused = local.s3.send(
    new PutObjectCommand({ ...place, Body: neverEnding, ContentLength: 10_000_000, IfNoneMatch: '*' }),
  );
  await expect(refused).rejects.toMatchObject(refusal('PreconditionFailed', 412));
  neverEnding.destroy();
});

test('copies and completed uploads heed If-None-Match too', async () => {
  const place = { Bucket: PLAIN, Key: newKey() };
  await put(place, '1');
  const copy = new CopyObjectCommand({ ...place, CopySource: `${PLAIN}/${place.Key}`, IfNoneMatch: '*' });
  await expect(local.s3.send(copy)).rejects.toMatchObject(refusal('PreconditionFailed', 412));
  const { UploadId } = await local.s3.send(new CreateMultipartUploadCommand(place));
  const { ETag } = await local.s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: '2' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const complete = new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload, IfNoneMatch: '*' });
  await expect(local.s3.send(complete)).rejects.toMatchObject(refusal('PreconditionFailed', 412));
  expect(await read(place)).toBe('1');
});

function newKey(): string {
  keys++;
  return `key-${keys}`;
}

function put(place: { Bucket: string; Key: string }, Body: string, condition: object = {}) {
  return local.s3.send(new PutObjectCommand({ ...place, Body, ...condition }));
}

async function read(place: { Bucket: string; Key: string }): Promise<string | undefined> {
  return (await local.s3.send(new GetObjectCommand(place))).Body?.transformToString();
}

/** Until the server has a file for the bytes that are coming. */
async function begun(): Promise<void> {
  const blobs = `${local.folder}/${PLAIN}/blobs`;
  const before = (await readdir(blobs)).length;
  while ((await readdir(blobs)).length === before) await new Promise((resolve) => setTimeout(resolve, 5));
}
