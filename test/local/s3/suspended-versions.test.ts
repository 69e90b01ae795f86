import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalS3, refusal, startLocalS3 } from './support/local-s3.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:ingest';
const Bucket = 'drops';
const place = { Bucket, Key: 'image' };

let told: { eventName: string; versionId: string | undefined }[];
let suspended: boolean;
let local: LocalS3;
beforeEach(async () => {
  told = [];
  suspended = true;
  const notifications = [{ events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'], queueArn: QUEUE }];
  local = await startLocalS3({
    buckets: [
      {
        name: Bucket,
        versioned: true,
        get suspended() {
          return suspended;
        },
        notifications,
      },
    ],
    notify: (_, body) => {
      const { eventName, s3 } = JSON.parse(body).Records[0];
      told.push({ eventName, versionId: s3.object.versionId });
    },
  });
});
afterEach(() => local.stop());

const put = (Body: string) => local.s3.send(new PutObjectCommand({ ...place, Body }));
const read = async (VersionId?: string) =>
  (await local.s3.send(new GetObjectCommand({ ...place, VersionId }))).Body?.transformToString();
const versions = async () => {
  const { Versions = [], DeleteMarkers = [] } = await local.s3.send(new ListObjectVersionsCommand({ Bucket }));
  return { versions: Versions.map((it) => it.VersionId), markers: DeleteMarkers.map((it) => it.VersionId) };
};

describe('a bucket whose versioning is suspended', () => {
  test('answers so', async () => {
    expect((await local.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Suspended');
  });

  test('names the version null everywhere', async () => {
    expect((await put('one')).VersionId).toBe('null');
    expect((await local.s3.send(new HeadObjectCommand(place))).VersionId).toBe('null');
    expect((await local.s3.send(new GetObjectCommand(place))).VersionId).toBe('null');
    expect(await read('null')).toBe('one');
    const copied = await local.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/image` }));
    expect(copied).toMatchObject({ VersionId: 'null', CopySourceVersionId: 'null' });
    const tagged = await local.s3.send(new PutObjectTaggingCommand({ ...place, Tagging: { TagSet: [] } }));
    expect(tagged.VersionId).toBe('null');
    expect((await local.s3.send(new GetObjectTaggingCommand(place))).VersionId).toBe('null');
    expect(await versions()).toEqual({ versions: ['null', 'null'], markers: [] });
    expect(told.map(({ versionId }) => versionId)).toEqual(['null', 'null']);
  });

  test('keeps one null version of a key', async () => {
    await put('one');
    await put('two');
    expect(await versions()).toEqual({ versions: ['null'], markers: [] });
    expect(await read()).toBe('two');
  });

  test('puts a null marker in the place of the null version that a DELETE names no version of', async () => {
    await put('one');
    const marker = { VersionId: 'null', DeleteMarker: true };
    expect(await local.s3.send(new DeleteObjectCommand(place))).toMatchObject(marker);
    expect(await versions()).toEqual({ versions: [], markers: ['null'] });
    await expect(read()).rejects.toMatchObject(refusal('NoSuchKey', 404));
    const many = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'image', VersionId: 'null' }] } });
    expect((await local.s3.send(many)).Deleted).toMatchObject([{ DeleteMarker: true, DeleteMarkerVersionId: 'null' }]);
    expect(told).toEqual([
      { eventName: 'ObjectCreated:Put', versionId: 'null' },
      { eventName: 'ObjectRemoved:DeleteMarkerCreated', versionId: 'null' },
      { eventName: 'ObjectRemoved:Delete', versionId: 'null' },
    ]);
  });

  test('keeps the versions from before, and those after, when versioning is on again', async () => {
    suspended = false;
    const first = (await put('first')).VersionId;
    suspended = true;
    await put('null');
    suspended = false;
    const last = (await put('last')).VersionId;
    expect(await versions()).toEqual({ versions: [last, 'null', first], markers: [] });
    expect([await read(), await read('null'), await read(first)]).toEqual(['last', 'null', 'first']);
    expect((await local.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(1);
  });
});
