import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalS3, type LocalS3Options, refusal, startLocalS3 } from './support/local-s3.ts';

const INGEST = 'arn:aws:sqs:us-east-1:000000000000:ingest';
const AUDIT = 'arn:aws:sqs:us-east-1:000000000000:audit';
const NOW = new Date();

interface EventRecord {
  readonly eventName: string;
  readonly s3: { readonly object: { readonly key: string; readonly versionId?: string; readonly sequencer: string } };
}

let local: LocalS3;
let told: { queueArn: string; record: EventRecord }[];
let failures: number;
const notify: LocalS3Options['notify'] = async (queueArn, body) => {
  if (failures > 0) {
    failures--;
    throw new Error('the queue is down');
  }
  told.push({ queueArn, record: JSON.parse(body).Records[0] });
};

beforeEach(async () => {
  told = [];
  failures = 0;
  const buckets = [
    {
      name: 'drops',
      versioned: true,
      notifications: [
        { events: ['s3:ObjectCreated:*'], queueArn: INGEST, prefix: 'in/', suffix: '.qcow2' },
        { events: ['s3:ObjectRemoved:*', 's3:ObjectCreated:Copy'], queueArn: AUDIT },
      ],
    },
    { name: 'plain', versioned: false, notifications: [{ events: ['s3:ObjectCreated:Put'], queueArn: INGEST }] },
  ];
  local = await startLocalS3({ buckets, notify, clock: () => NOW });
});
afterEach(() => local.stop());

describe('an event', () => {
  test('has the form of S3', async () => {
    const key = 'in/a ü+&/b.qcow2';
    const put = await local.s3.send(new PutObjectCommand({ Bucket: 'drops', Key: key, Body: 'hello' }));
    expect(told).toEqual([
      {
        queueArn: INGEST,
        record: {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          awsRegion: 'us-east-1',
          eventTime: NOW.toISOString(),
          eventName: 'ObjectCreated:Put',
          userIdentity: { principalId: 'AWS:operator' },
          requestParameters: { sourceIPAddress: '127.0.0.1' },
          responseElements: { 'x-amz-request-id': put.$metadata.requestId },
          s3: {
            s3SchemaVersion: '1.0',
            configurationId: 'notification-1',
            bucket: { name: 'drops', ownerIdentity: { principalId: 'LOCAL' }, arn: 'arn:aws:s3:::drops' },
            object: {
              key: 'in/a+%C3%BC%2B%26/b.qcow2',
              size: 5,
              eTag: '5d41402abc4b2a76b9719d911017c592',
              versionId: put.VersionId,
              sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
            },
          },
        },
      },
    ]);
  });

  test('has no version in a bucket without versions', async () => {
    await put('plain', 'image');
    expect(told[0]?.record.s3.object).not.toHaveProperty('versionId');
  });

  test('comes for each way to make an object, and to remove one', async () => {
    const place = { Bucket: 'drops', Key: 'in/x.qcow2' };
    await put(place.Bucket, place.Key);
    await local.s3.send(
      new CopyObjectCommand({ ...place, CopySource: 'drops/in/x.qcow2', MetadataDirective: 'REPLACE' }),
    );
    await multipart(local.s3, place);
    const { VersionId } = await local.s3.send(new DeleteObjectCommand(place));
    await local.s3.send(new DeleteObjectCommand({ ...place, VersionId }));
    expect(told.map(({ queueArn, record }) => `${record.eventName} to ${queueArn.split(':').at(-1)}`)).toEqual([
      'ObjectCreated:Put to ingest',
      'ObjectCreated:Copy to ingest',
      'ObjectCreated:Copy to audit',
      'ObjectCreated:CompleteMultipartUpload to ingest',
      'ObjectRemoved:DeleteMarkerCreated to audit',
      'ObjectRemoved:Delete to audit',
    ]);
  });

  test.each(['in/x.vmdk', 'out/x.qcow2', 'x/in/.qcow2x'])(
    'does not come for %s, which the filter leaves out',
    async (key) => {
      await put('drops', key);
      expect(told).toEqual([]);
    },
  );

  test('has a greater sequencer each time, though the clock stops and the server restarts', async () => {
    for (let i = 0; i < 3; i++) await put('plain', 'image');
    await local.restart();
    await put('plain', 'image');
    const sequencers = told.map(({ record }) => record.s3.object.sequencer);
    expect(sequencers).toEqual([...new Set(sequencers)].sort());
  });

  test('is handed over when the object can be read', async () => {
    let seen: string | undefined;
    await local.stop();
    local = await startLocalS3({
      buckets: [{ name: 'plain', versioned: false, notifications: [{ events: ['s3:*'], queueArn: INGEST }] }],
      notify: async () => {
        const got = await local.s3.send(new GetObjectCommand({ Bucket: 'plain', Key: 'image' }));
        seen = await got.Body?.transformToString();
      },
    });
    await put('plain', 'image');
    expect(seen).toBe('content of image');
  });
});

describe('when the queue does not take the event', () => {
  test('the write fails with 500 and has not happened, so that a conditional one can be tried again', async () => {
    const once = local.client({ maxAttempts: 1 });
    failures = 1;
    const create = new PutObjectCommand({ Bucket: 'plain', Key: 'image', Body: 'x', IfNoneMatch: '*' });
    await expect(once.send(create)).rejects.toMatchObject(refusal('InternalError', 500));
    await expect(once.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'image' }))).rejects.toMatchObject(
      refusal('NotFound', 404),
    );
    await once.send(create);
    expect(told).toHaveLength(1);
  });

  test('what the key held before is there again', async () => {
    await put('plain', 'image');
    failures = 1;
    const replace = new PutObjectCommand({ Bucket: 'plain', Key: 'image', Body: 'new' });
    await expect(local.client({ maxAttempts: 1 }).send(replace)).rejects.toMatchObject(refusal('InternalError', 500));
    await local.restart();
    const got = await local.s3.send(new GetObjectCommand({ Bucket: 'plain', Key: 'image' }));
    expect(await got.Body?.transformToString()).toBe('content of image');
  });

  test('the SDK tries again on its own', async () => {
    failures = 1;
    await multipart(local.s3, { Bucket: 'drops', Key: 'in/x.qcow2' });
    expect(told.map(({ record }) => record.eventName)).toEqual(['ObjectCreated:CompleteMultipartUpload']);
  });

  test('a delete has not happened either, of a version or by a marker', async () => {
    const place = { Bucket: 'drops', Key: 'image' };
    const { VersionId } = await put(place.Bucket, place.Key);
    const once = local.client({ maxAttempts: 1 });
    for (const which of [place, { ...place, VersionId }]) {
      failures = 1;
      await expect(once.send(new DeleteObjectCommand(which))).rejects.toMatchObject(refusal('InternalError', 500));
      await local.restart();
      expect((await local.s3.send(new HeadObjectCommand(place))).VersionId).toBe(VersionId);
    }
  });
});

function put(Bucket: string, Key: string) {
  return local.s3.send(new PutObjectCommand({ Bucket, Key, Body: `content of ${Key}` }));
}

async function multipart(s3: S3Client, place: { Bucket: string; Key: string }): Promise<void> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
  const { ETag } = await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: 'part' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }));
}
