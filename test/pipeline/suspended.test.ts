import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropId } from '../../lambda/model/drop.ts';
import { rawDisk } from '../support/disk.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start({ suspended: true });
});
afterAll(() => pipeline?.stop());

async function drop(Key: string, input: Partial<PutObjectCommandInput> = {}): Promise<Dropped> {
  const place = { Bucket: pipeline.dropBucket, Key };
  expect(await pipeline.s3.send(new PutObjectCommand({ ...place, Body: rawDisk(), ...input }))).toMatchObject({
    VersionId: 'null',
  });
  const { ETag: etag = '', LastModified: lastModified } = await pipeline.s3.send(new HeadObjectCommand(place));
  const id = dropId({ etag: etag.replaceAll('"', ''), lastModified: lastModified ?? new Date(0) });
  return { key: Key, versionId: id };
}

describe('a drop in a bucket whose versioning is suspended', () => {
  test('becomes an active image, and its object is tagged', async () => {
    const record = await pipeline.settled(await drop('a.img'));
    expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
    expect(record.drop).not.toHaveProperty('versionId');
    await pipeline.idle();
    const { TagSet: tags } = await pipeline.s3.send(
      new GetObjectTaggingCommand({ Bucket: pipeline.dropBucket, Key: 'a.img' }),
    );
    expect(tags).toEqual([{ Key: `imagedrop:${pipeline.cloud.name}`, Value: `active ${record.image?.id}` }]);
  });

  test('fails at once in an archive, and goes on when it is restored', async () => {
    const dropped = await drop('cold.img', { StorageClass: 'GLACIER' });
    expect(await pipeline.settled(dropped)).toMatchObject({
      status: 'failed',
      attempts: 0,
      error: { code: 'object-archived', nextStep: expect.stringContaining('aws s3api restore-object') },
    });
    const place = { Bucket: pipeline.dropBucket, Key: 'cold.img' };
    await pipeline.s3.send(new RestoreObjectCommand({ ...place, RestoreRequest: { Days: 1 } }));
    await pipeline.idle();
    expect(await pipeline.settled(dropped)).toMatchObject({ status: 'active', retriedFrom: 2 });
  });
});
