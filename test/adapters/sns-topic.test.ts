import { CreateTopicCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { snsClient, sqsClient } from '../../lambda/adapters/aws-clients.ts';
import { snsTopic } from '../../lambda/adapters/sns-topic.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { failure } from '../support/outcome.ts';
import { recordDraft } from './drop-record.ts';
import { newQueue, withQueueService } from './queue-service.ts';

withQueueService();

let client: SNSClient;

beforeAll(() => {
  client = snsClient();
});

afterAll(() => client.destroy());

/** A topic with a queue behind it. */
async function newTopic(name: string, attributes: Record<string, string> = {}) {
  const sqs = sqsClient();
  const { TopicArn: arn = '' } = await client.send(new CreateTopicCommand({ Name: name }));
  const url = await newQueue(sqs, name);
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] });
  const { Attributes: { QueueArn: queueArn } = {} } = await sqs.send(command);
  await client.send(
    new SubscribeCommand({ TopicArn: arn, Protocol: 'sqs', Endpoint: queueArn, Attributes: attributes }),
  );
  const received = async () => {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
    );
    return messages.map(({ Body: body = '' }) => JSON.parse(body));
  };
  return { arn, received };
}

const ACTIVE: DropRecord = { ...recordDraft({ status: 'active', image: { id: 'i1' } }), revision: 7, nonce: 'n' };

describe('the outcome topic', () => {
  test('tells what came of a drop, with status and target to filter by', async () => {
    const { arn, received } = await newTopic('outcome');
    await snsTopic(client, arn).publish('a.qcow2/v1/here.json', ACTIVE);
    const [message] = await received();
    expect(message.Subject).toBe('imagedrop active: a.qcow2');
    expect(message.MessageAttributes).toEqual({
      status: { Type: 'String', Value: 'active' },
      target: { Type: 'String', Value: 'here' },
    });
    expect(JSON.parse(message.Message)).toEqual({
      record: 'a.qcow2/v1/here.json',
      revision: 7,
      status: 'active',
      target: 'here',
      drop: ACTIVE.drop,
      image: { id: 'i1' },
    });
  });

  test('reaches those who asked for its status only', async () => {
    const { arn, received } = await newTopic('filtered', { FilterPolicy: '{"status":["failed"]}' });
    const topic = snsTopic(client, arn);
    await topic.publish('a', ACTIVE);
    await topic.publish('b', { ...ACTIVE, status: 'failed' });
    expect((await received()).map(({ Subject }) => Subject)).toEqual(['imagedrop failed: a.qcow2']);
  });

  test('has a subject that SNS takes, whatever the key', async () => {
    const { arn, received } = await newTopic('subjects');
    const key = `läufer\n🙈${'x'.repeat(200)}`;
    await snsTopic(client, arn).publish('a', { ...ACTIVE, drop: { ...ACTIVE.drop, key } });
    const [message] = await received();
    expect(message.Subject).toBe(`imagedrop active: l?ufer??${'x'.repeat(200)}`.slice(0, 99));
    expect(JSON.parse(message.Message).drop.key).toBe(key);
  });

  test('fails with aws-unavailable and names the record where there is no topic', async () => {
    const arn = 'arn:aws:sns:us-east-1:000000000000:missing';
    const error = await failure(snsTopic(client, arn).publish('a.json', ACTIVE));
    expect(error).toMatchObject({ code: 'aws-unavailable', retryable: true });
    expect(error.message).toContain(`The outcome of a.json could not be published to ${arn}: status 404, `);
  });
});
