import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from '@jest/globals';
import { arnOf, fn, LOGGING, mapping, POLLING, queue, role } from './assembly-fixture.ts';
import { eventually, type RunningFixture, startFixture } from './stack-fixture.ts';

const sdk = (name: string) => import.meta.resolve(`@aws-sdk/client-${name}`);
/** Reads the object that arrived, writes it in capitals into the other bucket, and sends word of it. */
const capitals = `
  import { GetObjectCommand, PutObjectCommand, S3Client } from '${sdk('s3')}';
  import { SendMessageCommand, SQSClient } from '${sdk('sqs')}';
  const s3 = new S3Client();
  const sqs = new SQSClient();
  export const handler = async ({ Records: [{ body }] }) => {
    const [{ s3: { bucket, object } }] = JSON.parse(body).Records;
    const Key = decodeURIComponent(object.key.replaceAll('+', ' '));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
    const text = await Body.transformToString();
    await s3.send(new PutObjectCommand({ Bucket: process.env.DONE, Key, Body: text.toUpperCase() }));
    await sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: Key }));
  };`;

const objectsOf = (bucket: string) => ({ 'Fn::Join': ['', [arnOf(bucket), '/*']] });

function template(mayWrite: boolean) {
  const QueueConfigurations = [{ Event: 's3:ObjectCreated:*', Queue: arnOf('In') }];
  const writing = mayWrite ? ['s3:PutObject'] : [];
  return {
    Resources: {
      Drops: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration: { QueueConfigurations } } },
      Done: { Type: 'AWS::S3::Bucket' },
      In: queue(),
      Out: queue(),
      Role: role(
        [POLLING, [arnOf('In')]],
        [['s3:GetObject'], [objectsOf('Drops')]],
        [writing, [objectsOf('Done')]],
        [['sqs:SendMessage'], [arnOf('Out')]],
        LOGGING,
      ),
      Capitals: fn('capitals', 'Role', { Environment: { Variables: { OUT: { Ref: 'Out' }, DONE: { Ref: 'Done' } } } }),
      Mapping: mapping('In', 'Capitals'),
    },
    Outputs: { Drops: { Value: { Ref: 'Drops' } }, Done: { Value: { Ref: 'Done' } }, Out: { Value: { Ref: 'Out' } } },
  };
}

let fixture: RunningFixture | undefined;
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});

function s3Client({ stack }: RunningFixture): S3Client {
  return new S3Client({ endpoint: stack.endpoints.s3, region: 'us-east-1', credentials: { ...stack.operator } });
}

test('an object that arrives reaches the function, which writes and tells', async () => {
  fixture = await startFixture({ template: template(true), bundles: { capitals } });
  const { outputs } = fixture.stack;
  const s3 = s3Client(fixture);
  const Key = 'in/a file+ü.txt';
  await s3.send(new PutObjectCommand({ Bucket: outputs.Drops, Key, Body: 'hello' }));
  expect((await fixture.receive('Out', 10))?.Body).toBe(Key);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: outputs.Done, Key }));
  expect(await Body?.transformToString()).toBe('HELLO');
  expect(fixture.stack.access.usage()).toMatchObject({ unused: [], denied: [] });
});

test('a function cannot write where its role does not let it', async () => {
  fixture = await startFixture({ template: template(false), bundles: { capitals } });
  const { stack, lines } = fixture;
  await s3Client(fixture).send(new PutObjectCommand({ Bucket: stack.outputs.Drops, Key: 'a', Body: 'hello' }));
  await eventually(() => lines.some((line) => line.includes('"errorType":"AccessDenied"')));
  const resource = 'arn:aws:s3:::fixture-done/a';
  expect(stack.access.usage().denied).toContainEqual({ role: 'Role', action: 's3:PutObject', resource });
});
