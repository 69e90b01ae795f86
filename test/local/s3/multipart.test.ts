import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createChecksum } from '../../../local/s3/checksums.ts';
import { type LocalS3, PLAIN, refusal, startLocalS3, VERSIONED } from './support/local-s3.ts';

const PART_BYTES = 5 * 1024 * 1024;
const CONTENT = randomBytes(2 * PART_BYTES + 1000);
const part = (index: number) => CONTENT.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
const PARTS = [part(0), part(1), part(2)];

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
});
afterAll(() => local.stop());

describe('a multipart upload', () => {
  test('becomes one object with the MD5 of its parts’ MD5s as ETag', async () => {
    const place = { Bucket: PLAIN, Key: 'whole' };
    const { upload, listed } = await uploadAll(place, { ContentType: 'image/x', Metadata: { a: 'b' }, Tagging: 'x=y' });
    const completed = await complete(upload, listed);
    const md5 = createHash('md5');
    for (const part of PARTS) md5.update(createHash('md5').update(part).digest());
    const ETag = `"${md5.digest('hex')}-3"`;
    expect(completed.ETag).toBe(ETag);
    const got = await local.s3.send(new GetObjectCommand(place));
    expect(got).toMatchObject({ ETag, ContentType: 'image/x', Metadata: { a: 'b' }, TagCount: 1 });
    expect(CONTENT.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  });

  test('can be read across its parts, and by part', async () => {
    const place = { Bucket: PLAIN, Key: 'ranges' };
    const { upload, listed } = await uploadAll(place);
    await complete(upload, listed);
    const Range = `bytes=${PART_BYTES - 10}-${2 * PART_BYTES + 9}`;
    const across = await local.s3.send(new GetObjectCommand({ ...place, Range }));
    const expected = CONTENT.subarray(PART_BYTES - 10, 2 * PART_BYTES + 10);
    expect(expected.equals((await across.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
    const second = await local.s3.send(new HeadObjectCommand({ ...place, PartNumber: 3 }));
    expect(second).toMatchObject({ ContentLength: 1000, PartsCount: 3, $metadata: { httpStatusCode: 206 } });
    await expect(local.s3.send(new GetObjectCommand({ ...place, PartNumber: 4 }))).rejects.toMatchObject(
      refusal('InvalidPartNumber', 416),
    );
  });

  test.each([
    ['CRC64NVME', undefined, 'FULL_OBJECT'],
    ['CRC32', 'FULL_OBJECT', 'FULL_OBJECT'],
    ['CRC32', undefined, 'COMPOSITE'],
    ['SHA256', undefined, 'COMPOSITE'],
  ] as const)('has a %s checksum of type %s as %s', async (ChecksumAlgorithm, ChecksumType, expectedType) => {
    const place = { Bucket: PLAIN, Key: `${ChecksumAlgorithm}-${expectedType}` };
    const { upload, listed } = await uploadAll(place, { ChecksumAlgorithm, ChecksumType });
    await complete(upload, listed);
    const head = await local.s3.send(new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumType).toBe(expectedType);
    expect(head[`Checksum${ChecksumAlgorithm}`]).toBe(wholeSum(ChecksumAlgorithm, expectedType));
  });

  test.each([
    ['CRC64NVME', 'FULL_OBJECT'],
    ['CRC32', 'FULL_OBJECT'],
    ['CRC32', 'COMPOSITE'],
    ['SHA256', 'COMPOSITE'],
  ] as const)(
    'takes the %s of the whole (%s) at its end, and refuses another',
    async (ChecksumAlgorithm, ChecksumType) => {
      const place = { Bucket: PLAIN, Key: `claimed-${ChecksumAlgorithm}-${ChecksumType}` };
      const { upload, listed } = await uploadAll(place, { ChecksumAlgorithm, ChecksumType });
      const claim = (value: string) => ({ ChecksumType, [`Checksum${ChecksumAlgorithm}`]: value });
      const whole = wholeSum(ChecksumAlgorithm, ChecksumType);
      const flipped = whole.replace(/^./, (it) => (it === 'A' ? 'B' : 'A'));
      await expect(complete(upload, listed, claim(flipped))).rejects.toMatchObject(refusal('BadDigest', 400));
      expect(await complete(upload, listed, claim(whole))).toMatchObject(claim(whole));
    },
  );

  test('that began without a checksum takes that of the whole all the same', async () => {
    const place = { Bucket: PLAIN, Key: 'claimed at the end' };
    const { upload, listed } = await uploadAll(place);
    const other = complete(upload, listed, { ChecksumCRC64NVME: 'AAAAAAAAAAA=' });
    await expect(other).rejects.toMatchObject(refusal('BadDigest', 400));
    const ChecksumCRC64NVME = wholeSum('CRC64NVME', 'FULL_OBJECT');
    await complete(upload, listed, { ChecksumCRC64NVME });
    const head = await local.s3.send(new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ChecksumCRC64NVME, ChecksumType: 'FULL_OBJECT' });
  });

  test('is refused with a checksum of another kind than it began with', async () => {
    const place = { Bucket: PLAIN, Key: 'another kind' };
    const { upload, listed } = await uploadAll(place, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const refused = refusal('InvalidRequest', 400);
    await expect(complete(upload, listed, { ChecksumType: 'COMPOSITE' })).rejects.toMatchObject(refused);
    const sha256 = { ChecksumSHA256: sum('SHA256', CONTENT).toString('base64') };
    await expect(complete(upload, listed, sha256)).rejects.toMatchObject(refused);
    await complete(upload, listed);
  });

  test('was last modified when it was initiated', async () => {
    const initiated = new Date();
    let now = initiated;
    const other = await startLocalS3({ clock: () => now });
    const { s3 } = other;
    try {
      const place = { Bucket: VERSIONED, Key: 'slow' };
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
      now = new Date(initiated.getTime() + 600_000);
      const { ETag } = await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: 'x' }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }));
      const LastModified = new Date(Math.floor(initiated.getTime() / 1000) * 1000);
      expect(await s3.send(new HeadObjectCommand(place))).toMatchObject({ LastModified });
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: VERSIONED }));
      expect(Contents).toMatchObject([{ LastModified }]);
    } finally {
      await other.stop();
    }
  });

  test('can be completed once more by a client that did not hear of its success', async () => {
    const { upload, listed } = await uploadAll({ Bucket: PLAIN, Key: 'again' });
    const first = await complete(upload, listed, { IfNoneMatch: '*' });
    const second = await complete(upload, listed, { IfNoneMatch: '*' });
    expect(second.ETag).toBe(first.ETag);
  });

  test('leaves no file behind, completed or aborted', async () => {
    const before = await blobCount();
    const aborted = await uploadAll({ Bucket: PLAIN, Key: 'aborted' });
    await local.s3.send(new AbortMultipartUploadCommand(aborted.upload));
    const { upload, listed } = await uploadAll({ Bucket: PLAIN, Key: 'completed' });
    await putPart(upload, 3, part(0));
    await complete(upload, [...listed.slice(0, 2)]);
    expect(await blobCount()).toBe(before + 2);
    await expect(local.s3.send(new ListPartsCommand(upload))).rejects.toMatchObject(refusal('NoSuchUpload', 404));
    await expect(putPart(aborted.upload, 1, part(0))).rejects.toMatchObject(refusal('NoSuchUpload', 404));
  });

  test('is refused when its parts are not those that were sent', async () => {
    const { upload, listed } = await uploadAll({ Bucket: PLAIN, Key: 'refused' });
    const [first, second, third] = listed as [CompletedPart, CompletedPart, CompletedPart];
    const other = { ...first, ETag: '"00000000000000000000000000000000"' };
    await expect(complete(upload, [other])).rejects.toMatchObject(refusal('InvalidPart', 400));
    await expect(complete(upload, [{ ...first, PartNumber: 9 }])).rejects.toMatchObject(refusal('InvalidPart', 400));
    await expect(complete(upload, [second, first])).rejects.toMatchObject(refusal('InvalidPartOrder', 400));
    await expect(complete(upload, [])).rejects.toMatchObject(refusal('MalformedXML', 400));
    const small = { ...third, PartNumber: 3 };
    const { ETag } = await putPart(upload, 4, Buffer.from('the last'));
    await expect(complete(upload, [first, small, { PartNumber: 4, ETag }])).rejects.toMatchObject(
      refusal('EntityTooSmall', 400),
    );
    await expect(complete({ ...upload, UploadId: 'none' }, listed)).rejects.toMatchObject(refusal('NoSuchUpload', 404));
    await expect(putPart(upload, 10_001, Buffer.from('x'))).rejects.toMatchObject(refusal('InvalidArgument', 400));
    await complete(upload, listed);
  });

  test('takes parts from another object', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'source', Body: CONTENT }));
    const place = { Bucket: PLAIN, Key: 'of copies' };
    const { UploadId } = await local.s3.send(new CreateMultipartUploadCommand(place));
    const copyPart = async (PartNumber: number, CopySourceRange: string) => {
      const command = new UploadPartCopyCommand({
        ...place,
        UploadId,
        PartNumber,
        CopySource: `${PLAIN}/source`,
        CopySourceRange,
      });
      return { PartNumber, ETag: (await local.s3.send(command)).CopyPartResult?.ETag };
    };
    const listed = [
      await copyPart(1, `bytes=0-${PART_BYTES - 1}`),
      await copyPart(2, `bytes=${PART_BYTES}-${CONTENT.length - 1}`),
    ];
    await complete({ ...place, UploadId }, listed);
    const got = await local.s3.send(new GetObjectCommand(place));
    expect(CONTENT.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  });
});

describe('a part that is copied', () => {
  test.each(['bytes=0-5', 'bytes=5-5', 'bytes=-2', 'bytes=2-', 'bytes=3-2', 'bytes=0-1,3-4', '0-4'])(
    'cannot be the range %s of five bytes',
    async (CopySourceRange) => {
      await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'five', Body: '12345' }));
      const place = { Bucket: PLAIN, Key: 'of bad ranges' };
      const { UploadId } = await local.s3.send(new CreateMultipartUploadCommand(place));
      const upload = { ...place, UploadId };
      const copy = { ...upload, PartNumber: 1, CopySource: `${PLAIN}/five` };
      await expect(local.s3.send(new UploadPartCopyCommand({ ...copy, CopySourceRange }))).rejects.toMatchObject(
        refusal('InvalidArgument', 400),
      );
      await local.s3.send(new UploadPartCopyCommand({ ...copy, CopySourceRange: 'bytes=0-4' }));
      await local.s3.send(new AbortMultipartUploadCommand(upload));
    },
  );
});

describe('listing', () => {
  test('of parts goes page by page', async () => {
    const place = { Bucket: PLAIN, Key: 'parts' };
    const { upload } = await uploadAll(place);
    const first = await local.s3.send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
    expect(first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, PART_BYTES],
      [2, PART_BYTES],
    ]);
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    const rest = await local.s3.send(new ListPartsCommand({ ...upload, PartNumberMarker: '2' }));
    expect(rest).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 3, Size: 1000 }] });
    await local.s3.send(new AbortMultipartUploadCommand(upload));
  });

  test('of uploads goes page by page and rolls up prefixes', async () => {
    const ids: (string | undefined)[] = [];
    for (const Key of ['up/a', 'up/a', 'up/b', 'up/c/d']) {
      ids.push((await local.s3.send(new CreateMultipartUploadCommand({ Bucket: PLAIN, Key }))).UploadId);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const listed: (string | undefined)[] = [];
    let marker: Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'> = {};
    do {
      const list = { Bucket: PLAIN, Prefix: 'up/', Delimiter: '/', MaxUploads: 1, ...marker };
      const page: ListMultipartUploadsCommandOutput = await local.s3.send(new ListMultipartUploadsCommand(list));
      listed.push(
        ...(page.Uploads ?? []).map((it) => it.UploadId),
        ...(page.CommonPrefixes ?? []).map((it) => it.Prefix),
      );
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    } while (marker.KeyMarker !== undefined);
    expect(listed).toEqual([...ids.slice(0, 3), 'up/c/']);
  });
});

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string | undefined;
}

async function uploadAll(
  place: { Bucket: string; Key: string },
  options: Partial<CreateMultipartUploadCommandInput> = {},
) {
  const { UploadId } = await local.s3.send(new CreateMultipartUploadCommand({ ...place, ...options }));
  const upload = { ...place, UploadId };
  const listed: CompletedPart[] = [];
  for (const [index, part] of PARTS.entries()) {
    const { ETag } = await putPart(upload, index + 1, part, options.ChecksumAlgorithm);
    listed.push({ PartNumber: index + 1, ETag });
  }
  return { upload, listed };
}

function putPart(
  upload: Target,
  PartNumber: number,
  Body: Buffer,
  ChecksumAlgorithm?: CreateMultipartUploadCommandInput['ChecksumAlgorithm'],
) {
  return local.s3.send(new UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm }));
}

function complete(upload: Target, Parts: readonly CompletedPart[], more: object = {}) {
  const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...Parts] }, ...more });
  return local.s3.send(command);
}

type Algorithm = 'CRC64NVME' | 'CRC32' | 'SHA256';

function wholeSum(algorithm: Algorithm, type: 'FULL_OBJECT' | 'COMPOSITE'): string {
  if (type === 'FULL_OBJECT') return sum(algorithm, CONTENT).toString('base64');
  const sums = PARTS.map((part) => sum(algorithm, part));
  return `${sum(algorithm, Buffer.concat(sums)).toString('base64')}-3`;
}

function sum(algorithm: Algorithm, content: Buffer): Buffer {
  const checksum = createChecksum(algorithm);
  checksum.update(content);
  return checksum.digest();
}

async function blobCount(): Promise<number> {
  return (await readdir(join(local.folder, PLAIN, 'blobs'))).length;
}
