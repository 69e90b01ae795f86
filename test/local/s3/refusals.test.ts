import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, RestoreObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalS3, ROLE, refusal, startLocalS3 } from './support/local-s3.ts';

const KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/k';
const Bucket = 'drops';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:q';

let local: LocalS3;
const events: { Records: { eventName: string; s3: { object: object } }[] }[] = [];

beforeAll(async () => {
  local = await startLocalS3({
    buckets: [{ name: Bucket, versioned: true, notifications: [{ events: ['s3:ObjectRestore:*'], queueArn: QUEUE }] }],
    notify: (_queue, body) => void events.push(JSON.parse(body)),
  });
});
afterAll(() => local.stop());

const get = (Key: string) => local.s3.send(new GetObjectCommand({ Bucket, Key }));

describe('an archived object that is restored', () => {
  test('can be read for the days that were asked for, and is announced', async () => {
    const place = { Bucket, Key: 'cold' };
    const { VersionId: versionId } = await local.s3.send(
      new PutObjectCommand({ ...place, Body: 'x', StorageClass: 'GLACIER' }),
    );
    await local.s3.send(new RestoreObjectCommand({ ...place, RestoreRequest: { Days: 2 } }));
    expect(await (await get('cold')).Body?.transformToString()).toBe('x');
    expect((await local.s3.send(new HeadObjectCommand(place))).Restore).toMatch(
      /^ongoing-request="false", expiry-date="\w{3}, .+ GMT"$/,
    );
    expect(events.at(-1)?.Records).toMatchObject([
      { eventName: 'ObjectRestore:Completed', s3: { object: { key: 'cold', versionId, size: 1 } } },
    ]);
  });

  test('must be archived', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket, Key: 'warm', Body: 'x' }));
    const restore = new RestoreObjectCommand({ Bucket, Key: 'warm', RestoreRequest: { Days: 1 } });
    await expect(local.s3.send(restore)).rejects.toMatchObject(refusal('InvalidObjectState', 403));
  });
});

test('an object of a key of its writer is refused without that key', async () => {
  const SSECustomerKey = 'k'.repeat(32);
  // The SDK sends keys over TLS only; the header alone says which kind of object it is.
  const put = new PutObjectCommand({ Bucket, Key: 'own key', Body: 'x' });
  put.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-server-side-encryption-customer-algorithm'] = 'AES256';
      headers['x-amz-server-side-encryption-customer-key'] = Buffer.from(SSECustomerKey).toString('base64');
      return next(args);
    },
    { step: 'build' },
  );
  await local.s3.send(put);
  await expect(get('own key')).rejects.toMatchObject(refusal('InvalidRequest', 400));
  await expect(local.s3.send(new HeadObjectCommand({ Bucket, Key: 'own key' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 400 },
  });
});

test('an object of a KMS key is given to those who may decrypt with it', async () => {
  await local.s3.send(
    new PutObjectCommand({
      Bucket,
      Key: 'encrypted',
      Body: 'x',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: KEY_ARN,
    }),
  );
  const role = local.client({ credentials: ROLE });
  local.grant('s3:GetObject');
  await expect(role.send(new GetObjectCommand({ Bucket, Key: 'encrypted' }))).rejects.toMatchObject({
    ...refusal('AccessDenied', 403),
    message: expect.stringContaining('kms:Decrypt'),
  });
  local.grant('s3:GetObject', 'kms:Decrypt');
  const { Body: body } = await role.send(new GetObjectCommand({ Bucket, Key: 'encrypted' }));
  expect(await body?.transformToString()).toBe('x');
  expect(local.asked).toContain(`kms:Decrypt ${KEY_ARN}`);
});
