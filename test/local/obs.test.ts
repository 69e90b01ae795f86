import {
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type EmbeddedObs, startObs } from '../../local/obs.ts';
import { arnOf, fn, LOGGING, role, temporaryFolder } from './assembly-fixture.ts';
import { startFixture } from './stack-fixture.ts';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let obs: EmbeddedObs;
beforeEach(async () => {
  folder = await temporaryFolder();
  obs = await startObs({ folder: folder.path });
});
afterEach(async () => {
  await obs.stop();
  await folder.remove();
});

function client(endpoint: string, { accessKeyId, secretAccessKey }: Keys): S3Client {
  return new S3Client({
    endpoint,
    region: 'ims-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
}

const put = (Bucket: string) => new PutObjectCommand({ Bucket, Key: 'disk.raw', Body: 'bytes' });
const get = (Bucket: string) => new GetObjectCommand({ Bucket, Key: 'disk.raw' });

describe('the object storage beside the stack', () => {
  test('takes and gives objects of its one bucket', async () => {
    const s3 = client(obs.endpoint, obs);
    await s3.send(put(obs.bucket));
    const { Body } = await s3.send(get(obs.bucket));
    expect(await Body?.transformToString()).toBe('bytes');
  });

  test('lets its key do nothing outside the bucket', async () => {
    await expect(client(obs.endpoint, obs).send(new ListBucketsCommand())).rejects.toThrow('not authorized');
  });

  test('keeps objects, key and port for the next start', async () => {
    const { endpoint, accessKeyId, secretAccessKey } = obs;
    await client(endpoint, obs).send(put(obs.bucket));
    await obs.stop();
    obs = await startObs({ folder: folder.path });
    expect(obs).toMatchObject({ endpoint, accessKeyId, secretAccessKey });
    expect(await client(endpoint, obs).send(get(obs.bucket))).toMatchObject({ ContentLength: 5 });
  });

  test('holds an object of 130 GiB without room for it', async () => {
    const size = 130 * 2 ** 30;
    await obs.putSparse({ key: 'huge.raw', size });
    const head = new HeadObjectCommand({ Bucket: obs.bucket, Key: 'huge.raw' });
    expect(await client(obs.endpoint, obs).send(head)).toMatchObject({ ContentLength: size });
  });

  test('refuses a second server in its folder, and a bucket name that S3 does not allow', async () => {
    await expect(startObs({ folder: folder.path })).rejects.toThrow('running in');
    const other = await temporaryFolder();
    await expect(startObs({ folder: other.path, bucket: 'No' })).rejects.toThrow('not a valid bucket name');
    const again = await startObs({ folder: other.path });
    await again.stop();
    await other.remove();
  });
});

test('the keys of a stack are worth nothing at OBS, nor that of OBS at the stack', async () => {
  const template = {
    Resources: {
      Drops: { Type: 'AWS::S3::Bucket' },
      Role: role([['s3:*'], ['*']], LOGGING),
      Keys: fn('keys', 'Role'),
    },
    Outputs: { Drops: { Value: { Ref: 'Drops' } }, Arn: { Value: arnOf('Drops') } },
  };
  const keys = `export const handler = async () => ({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY });`;
  const { stack, stop } = await startFixture({ template, bundles: { keys } });
  try {
    const outcome = await stack.invoke('Keys', {});
    const functionKeys = JSON.parse(JSON.stringify(outcome)).result as Keys;
    const unknown = { name: 'InvalidAccessKeyId' };
    const drops = stack.outputs.Drops ?? '';
    await client(stack.endpoints.s3, functionKeys).send(put(drops));
    await expect(client(obs.endpoint, functionKeys).send(put(obs.bucket))).rejects.toMatchObject(unknown);
    await expect(client(obs.endpoint, stack.operator).send(get(obs.bucket))).rejects.toMatchObject(unknown);
    await expect(client(stack.endpoints.s3, obs).send(get(drops))).rejects.toMatchObject(unknown);
  } finally {
    await stop();
  }
});

test('a stack takes an object of any size in no time from its owner', async () => {
  const template = {
    Resources: { Drops: { Type: 'AWS::S3::Bucket' } },
    Outputs: { Drops: { Value: { Ref: 'Drops' } } },
  };
  const { stack, stop } = await startFixture({ template });
  try {
    const bucket = stack.outputs.Drops ?? '';
    await stack.putSparse({ bucket, key: 'disk.raw', size: 2 ** 40 });
    const head = new HeadObjectCommand({ Bucket: bucket, Key: 'disk.raw' });
    expect(await client(stack.endpoints.s3, stack.operator).send(head)).toMatchObject({ ContentLength: 2 ** 40 });
  } finally {
    await stop();
  }
});
