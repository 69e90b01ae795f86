import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { arnOf, fn, queue, role } from '../assembly-fixture.ts';
import { type RunningFixture, sqsClient, startFixture } from '../stack-fixture.ts';

const template = {
  Resources: {
    Allowed: queue(),
    Forbidden: queue(),
    Listener: queue(),
    Topic: { Type: 'AWS::SNS::Topic' },
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        Protocol: 'sqs',
        Endpoint: arnOf('Listener'),
        TopicArn: { Ref: 'Topic' },
        RawMessageDelivery: true,
      },
    },
    Inside: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'from the template' } },
    Empty: { Type: 'AWS::SecretsManager::Secret' },
    Role: role(
      [['sqs:SendMessage'], [arnOf('Allowed')]],
      [['secretsmanager:GetSecretValue'], ['arn:aws:secretsmanager:us-east-1:000000000000:secret:clouds-??????']],
    ),
    Keys: fn('keys', 'Role'),
  },
  Outputs: Object.fromEntries(
    ['Allowed', 'Forbidden', 'Listener', 'Topic', 'Inside', 'Empty'].map((name) => [name, { Value: { Ref: name } }]),
  ),
};
/** Gives away the keys of its role. */
const keys = `export const handler = () =>
  ({ accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY });`;

let fixture: RunningFixture;
let roleKeys: { accessKeyId: string; secretAccessKey: string };
beforeAll(async () => {
  fixture = await startFixture({ template, bundles: { keys }, secrets: { clouds: 'handed in' } });
  const outcome = await fixture.stack.invoke('Keys', {});
  roleKeys = (outcome as { result: typeof roleKeys }).result;
});
afterAll(() => fixture.stop());

const url = (output: string) => fixture.stack.outputs[output];
const clientOptions = (endpoint: string, credentials: typeof roleKeys) => ({
  ...{ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 },
});

describe('a queue', () => {
  const send = (credentials: typeof roleKeys, output: string) =>
    sqsClient(fixture.stack, credentials).send(new SendMessageCommand({ QueueUrl: url(output), MessageBody: 'hello' }));

  test('takes messages of a role that may send', async () => {
    await send(roleKeys, 'Allowed');
    expect((await fixture.receive('Allowed'))?.Body).toBe('hello');
  });

  test('refuses a role that may not, in the words of AWS', async () => {
    await expect(send(roleKeys, 'Forbidden')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(/Role.* is not authorized to perform: sqs:SendMessage on resource: .*Forbidden/),
    });
    expect(fixture.stack.access.usage().denied).toContainEqual({
      ...{ role: 'Role', action: 'sqs:SendMessage' },
      resource: 'arn:aws:sqs:us-east-1:000000000000:Fixture-Forbidden',
    });
  });

  test('asks a batch for the permission of the single message', async () => {
    const Entries = [{ Id: 'a', MessageBody: 'in a batch' }];
    const client = sqsClient(fixture.stack, roleKeys);
    await client.send(new SendMessageBatchCommand({ QueueUrl: url('Allowed'), Entries }));
    expect((await fixture.receive('Allowed'))?.Body).toBe('in a batch');
  });

  test('refuses an unknown key and a wrong secret', async () => {
    const unknown = { ...roleKeys, accessKeyId: 'AKIA0000000000000000' };
    await expect(send(unknown, 'Allowed')).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    const wrong = { ...roleKeys, secretAccessKey: 'guessed' };
    await expect(send(wrong, 'Allowed')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  test('refuses requests without a signature', async () => {
    const response = await fetch(fixture.stack.endpoints.sqs, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' },
      body: '{}',
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('MissingAuthenticationToken');
  });

  test('refuses a delay of more than 900 seconds, and in a batch that entry alone', async () => {
    const late = { MessageBody: 'late', DelaySeconds: 901 };
    const QueueUrl = url('Allowed');
    const single = fixture.sqs.send(new SendMessageCommand({ QueueUrl, ...late }));
    await expect(single).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    const Entries = [
      { Id: 'late', ...late },
      { Id: 'good', MessageBody: 'good', DelaySeconds: 0 },
    ];
    const batch = await fixture.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(batch.Failed).toMatchObject([{ Id: 'late', SenderFault: true, Code: 'InvalidParameterValue' }]);
    expect(batch.Successful).toMatchObject([{ Id: 'good' }]);
    expect((await fixture.receive('Allowed'))?.Body).toBe('good');
  });

  test('gives a message again at once when its visibility time-out is set to nothing', async () => {
    const QueueUrl = url('Allowed');
    await fixture.send('Allowed', 'again');
    const { Messages: [first] = [] } = await fixture.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const ReceiptHandle = first?.ReceiptHandle;
    const change = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
    await fixture.sqs.send(new ChangeMessageVisibilityCommand(change));
    expect((await fixture.receive('Allowed'))?.Body).toBe('again');
  });

  test('can be made by the operator', async () => {
    const { QueueUrl } = await fixture.sqs.send(new CreateQueueCommand({ QueueName: 'of-my-own' }));
    expect(QueueUrl).toMatch(/of-my-own$/);
  });
});

describe('a topic', () => {
  const publish = (credentials: typeof roleKeys) =>
    new SNSClient(clientOptions(fixture.stack.endpoints.sns, credentials)).send(
      new PublishCommand({ TopicArn: url('Topic'), Message: 'news <&>' }),
    );

  test('tells the queue that the template subscribes', async () => {
    await publish(fixture.stack.operator);
    expect((await fixture.receive('Listener'))?.Body).toBe('news <&>');
  });

  test('tells a queue that the operator subscribes', async () => {
    const client = new SNSClient(clientOptions(fixture.stack.endpoints.sns, fixture.stack.operator));
    const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:Fixture-Forbidden';
    await client.send(new SubscribeCommand({ TopicArn: url('Topic'), Protocol: 'sqs', Endpoint }));
    await publish(fixture.stack.operator);
    expect(JSON.parse((await fixture.receive('Forbidden'))?.Body ?? '').Message).toBe('news <&>');
  });

  test('refuses a role that may not publish', async () => {
    await expect(publish(roleKeys)).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
      message: expect.stringContaining('sns:Publish'),
    });
  });
});

describe('a secret', () => {
  const read = (SecretId: string | undefined, credentials = fixture.stack.operator) =>
    new SecretsManagerClient(clientOptions(fixture.stack.endpoints.secretsManager, credentials)).send(
      new GetSecretValueCommand({ SecretId }),
    );

  test('that was handed in is found by name, ARN and part of the ARN', async () => {
    const { ARN = '' } = await read('clouds');
    for (const id of ['clouds', ARN, ARN.slice(0, -7)]) expect((await read(id)).SecretString).toBe('handed in');
  });

  test('of the template has the value of the template', async () => {
    expect((await read(url('Inside'))).SecretString).toBe('from the template');
  });

  test('without a value, or not there at all, is not found', async () => {
    await expect(read(url('Empty'))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(read('nowhere')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('is read by the role that may, and by that role alone', async () => {
    expect((await read('clouds', roleKeys)).SecretString).toBe('handed in');
    await expect(read(url('Inside'), roleKeys)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
