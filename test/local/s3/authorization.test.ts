import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  codeOf,
  type LocalS3,
  OPERATOR,
  ROLE,
  refusal,
  send,
  sendSigned,
  startLocalS3,
  VERSIONED,
} from './support/local-s3.ts';

const OBJECT = 'arn:aws:s3:::versioned/image';
const BUCKET = 'arn:aws:s3:::versioned';

let local: LocalS3;
let role: S3Client;
const place = { Bucket: VERSIONED, Key: 'image' };
/** Filled in when the object is there. */
const version = { ...place, VersionId: '' };
const upload = { ...place, UploadId: '' };

beforeAll(async () => {
  local = await startLocalS3();
  role = local.client({ credentials: ROLE, maxAttempts: 1 });
  version.VersionId =
    (await local.s3.send(new PutObjectCommand({ ...place, Body: 'x', Tagging: 'a=b' }))).VersionId ?? '';
  upload.UploadId = (await local.s3.send(new CreateMultipartUploadCommand(place))).UploadId ?? '';
});
afterAll(() => local.stop());

const source = 'versioned/image';
const Tagging = { TagSet: [] };
type Send = () => Promise<unknown>;
const operations: [needed: string[], name: string, send: Send][] = [
  [[`s3:GetObject ${OBJECT}`], 'GetObject', () => role.send(new GetObjectCommand(place))],
  [[`s3:GetObjectVersion ${OBJECT}`], 'GetObject of a version', () => role.send(new GetObjectCommand(version))],
  [[`s3:GetObject ${OBJECT}`], 'HeadObject', () => role.send(new HeadObjectCommand(place))],
  [[`s3:PutObject ${OBJECT}`], 'PutObject', () => role.send(new PutObjectCommand(place))],
  [
    [`s3:PutObject ${OBJECT}`, `s3:PutObjectTagging ${OBJECT}`],
    'PutObject with tags',
    () => role.send(new PutObjectCommand({ ...place, Tagging: 'a=b' })),
  ],
  [
    [`s3:PutObject ${OBJECT}`, `s3:GetObject ${OBJECT}`],
    'PutObject with If-Match',
    () => role.send(new PutObjectCommand({ ...place, IfMatch: '"x"' })),
  ],
  [
    [
      `s3:PutObject ${BUCKET}/copy`,
      `s3:GetObject ${OBJECT}`,
      `s3:GetObjectTagging ${OBJECT}`,
      `s3:PutObjectTagging ${BUCKET}/copy`,
    ],
    'CopyObject of an object with tags',
    () => role.send(new CopyObjectCommand({ Bucket: VERSIONED, Key: 'copy', CopySource: source })),
  ],
  [[`s3:DeleteObject ${OBJECT}`], 'DeleteObject', () => role.send(new DeleteObjectCommand(place))],
  [
    [`s3:DeleteObject ${OBJECT}`, `s3:GetObject ${OBJECT}`],
    'DeleteObject with If-Match',
    () => role.send(new DeleteObjectCommand({ ...place, IfMatch: '"x"' })),
  ],
  [
    [`s3:DeleteObjectVersion ${OBJECT}`],
    'DeleteObject of a version',
    () => role.send(new DeleteObjectCommand(version)),
  ],
  [[`s3:GetObjectTagging ${OBJECT}`], 'GetObjectTagging', () => role.send(new GetObjectTaggingCommand(place))],
  [
    [`s3:GetObjectVersionTagging ${OBJECT}`],
    'GetObjectTagging of a version',
    () => role.send(new GetObjectTaggingCommand(version)),
  ],
  [
    [`s3:PutObjectTagging ${OBJECT}`],
    'PutObjectTagging',
    () => role.send(new PutObjectTaggingCommand({ ...place, Tagging })),
  ],
  [
    [`s3:PutObjectVersionTagging ${OBJECT}`],
    'PutObjectTagging of a version',
    () => role.send(new PutObjectTaggingCommand({ ...version, Tagging })),
  ],
  [[`s3:DeleteObjectTagging ${OBJECT}`], 'DeleteObjectTagging', () => role.send(new DeleteObjectTaggingCommand(place))],
  [[`s3:PutObject ${OBJECT}`], 'CreateMultipartUpload', () => role.send(new CreateMultipartUploadCommand(place))],
  [[`s3:PutObject ${OBJECT}`], 'UploadPart', () => role.send(new UploadPartCommand({ ...upload, PartNumber: 1 }))],
  [
    [`s3:PutObject ${OBJECT}`, `s3:GetObject ${OBJECT}`],
    'UploadPartCopy',
    () => role.send(new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource: source })),
  ],
  [[`s3:PutObject ${OBJECT}`], 'CompleteMultipartUpload', () => role.send(new CompleteMultipartUploadCommand(upload))],
  [
    [`s3:AbortMultipartUpload ${OBJECT}`],
    'AbortMultipartUpload',
    () => role.send(new AbortMultipartUploadCommand(upload)),
  ],
  [[`s3:ListMultipartUploadParts ${OBJECT}`], 'ListParts', () => role.send(new ListPartsCommand(upload))],
  [
    [`s3:ListBucketMultipartUploads ${BUCKET}`],
    'ListMultipartUploads',
    () => role.send(new ListMultipartUploadsCommand({ Bucket: VERSIONED })),
  ],
  [[`s3:ListBucket ${BUCKET}`], 'ListObjects', () => role.send(new ListObjectsCommand({ Bucket: VERSIONED }))],
  [[`s3:ListBucket ${BUCKET}`], 'ListObjectsV2', () => role.send(new ListObjectsV2Command({ Bucket: VERSIONED }))],
  [
    [`s3:ListBucketVersions ${BUCKET}`],
    'ListObjectVersions',
    () => role.send(new ListObjectVersionsCommand({ Bucket: VERSIONED })),
  ],
  [[`s3:ListBucket ${BUCKET}`], 'HeadBucket', () => role.send(new HeadBucketCommand({ Bucket: VERSIONED }))],
  [
    [`s3:GetBucketVersioning ${BUCKET}`],
    'GetBucketVersioning',
    () => role.send(new GetBucketVersioningCommand({ Bucket: VERSIONED })),
  ],
  [
    [`s3:GetBucketLocation ${BUCKET}`],
    'GetBucketLocation',
    () => role.send(new GetBucketLocationCommand({ Bucket: VERSIONED })),
  ],
  [['s3:ListAllMyBuckets arn:aws:s3:::*'], 'ListBuckets', () => role.send(new ListBucketsCommand({}))],
];

describe('of a role that may do nothing yet', () => {
  test.each(operations)('%j is asked for %s, and its lack refused', async (needed, _, sendIt) => {
    const actions = needed.map((it) => it.split(' ')[0] ?? '');
    local.grant(...actions.slice(0, -1));
    await expect(sendIt()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect(local.asked).toEqual(needed);
  });

  test('each key of a multi-delete is asked for on its own', async () => {
    local.grant();
    const Objects = [{ Key: 'a' }, { Key: 'b', VersionId: 'v' }];
    const { Errors } = await role.send(new DeleteObjectsCommand({ Bucket: VERSIONED, Delete: { Objects } }));
    expect(Errors?.map(({ Code }) => Code)).toEqual(['AccessDenied', 'AccessDenied']);
    expect(local.asked).toEqual([`s3:DeleteObject ${BUCKET}/a`, `s3:DeleteObjectVersion ${BUCKET}/b`]);
  });
});

describe('a missing key', () => {
  test.each([
    ['NoSuchKey', 404, ['s3:GetObject', 's3:ListBucket']],
    ['AccessDenied', 403, ['s3:GetObject']],
  ])('is %s (%i) to who may do %j', async (name, status, actions) => {
    local.grant(...actions);
    const get = new GetObjectCommand({ Bucket: VERSIONED, Key: 'nothing' });
    await expect(role.send(get)).rejects.toMatchObject(refusal(name, status));
  });
});

test('creating a bucket that is there succeeds, as in us-east-1, and changes nothing', async () => {
  const created = await local.s3.send(new CreateBucketCommand({ Bucket: VERSIONED }));
  expect(created.Location).toBe(`/${VERSIONED}`);
  expect((await local.s3.send(new HeadObjectCommand(place))).VersionId).toBe(version.VersionId);
});

describe('a request that names the owner it expects', () => {
  const ExpectedBucketOwner = '000000000000';
  const stranger = '111111111111';

  test('is served where the bucket is of that account', async () => {
    await local.s3.send(new HeadObjectCommand({ ...place, ExpectedBucketOwner }));
    await local.s3.send(new ListObjectsV2Command({ Bucket: VERSIONED, ExpectedBucketOwner }));
  });

  test.each<[string, Send]>([
    ['a read', () => local.s3.send(new GetObjectCommand({ ...place, ExpectedBucketOwner: stranger }))],
    ['a write', () => local.s3.send(new PutObjectCommand({ ...place, ExpectedBucketOwner: stranger }))],
    ['a listing', () => local.s3.send(new ListObjectsV2Command({ Bucket: VERSIONED, ExpectedBucketOwner: stranger }))],
    [
      'a copy, for its source',
      () => local.s3.send(new CopyObjectCommand({ ...copy, ExpectedSourceBucketOwner: stranger })),
    ],
    [
      'a copy of a part, for its source',
      () => local.s3.send(new UploadPartCopyCommand({ ...copy, ...part, ExpectedSourceBucketOwner: stranger })),
    ],
  ])('is refused where it is of another: %s', async (_, sendIt) => {
    await expect(sendIt()).rejects.toMatchObject(refusal('AccessDenied', 403));
  });

  const copy = { Bucket: VERSIONED, Key: 'copy', CopySource: source };
  const part = {
    Key: 'image',
    PartNumber: 1,
    get UploadId() {
      return upload.UploadId;
    },
  };
});

test('a missing bucket is NoSuchBucket', async () => {
  await expect(local.s3.send(new ListObjectsV2Command({ Bucket: 'nowhere' }))).rejects.toMatchObject(
    refusal('NoSuchBucket', 404),
  );
});

describe('without a valid signature', () => {
  test.each([
    ['nothing is allowed to who does not sign', 'AccessDenied', {}],
    ['an old signature is refused', 'InvalidRequest', { authorization: 'AWS AKIA:x' }],
    ['a malformed one is refused', 'AuthorizationHeaderMalformed', { authorization: 'AWS4-HMAC-SHA256 x' }],
  ])('%s', async (_, code, headers) => {
    const request = {
      method: 'GET',
      path: '/versioned/image',
      headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    };
    const answer = await send(local.server.endpoint, { ...request, headers: { ...request.headers, ...headers } });
    expect(codeOf(answer)).toBe(code);
  });

  test.each([
    ['SignatureDoesNotMatch', { ...OPERATOR, secretAccessKey: 'another' }, new Date()],
    ['InvalidAccessKeyId', { ...OPERATOR, accessKeyId: 'AKIANOBODY' }, new Date()],
    ['RequestTimeTooSkewed', OPERATOR, new Date(Date.now() - 16 * 60_000)],
  ])('the code is %s', async (code, principal, now) => {
    const request = { method: 'GET', path: '/versioned/image', principal, now };
    const answer = await sendSigned(local.server.endpoint, request);
    expect([answer.status, codeOf(answer)]).toEqual([403, code]);
  });
});
