import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sqsClient } from '../../lambda/adapters/aws-clients.ts';
import { holdMessage, sqsQueue } from '../../lambda/adapters/sqs-queue.ts';
import { failure } from '../support/outcome.ts';
import { newQueue, withQueueService } from './queue-service.ts';

withQueueService();

let client: SQSClient;

beforeAll(() => {
  client = sqsClient();
});

afterAll(() => client.destroy());

async function receive(url: string, waitSeconds = 0) {
  const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: waitSeconds, VisibilityTimeout: 30 });
  const { Messages: [message] = [] } = await client.send(command);
  return message;
}

describe('sending a message', () => {
  test('puts it into the queue as JSON', async () => {
    const url = await newQueue(client, 'sent');
    await sqsQueue(client, url).send({ record: 'a/b/here.json' });
    expect(JSON.parse((await receive(url))?.Body ?? '')).toEqual({ record: 'a/b/here.json' });
  });

  test('with a delay shows it only after that', async () => {
    const url = await newQueue(client, 'delayed');
    await sqsQueue(client, url).send({ record: 'a' }, 1);
    expect(await receive(url)).toBeUndefined();
    expect(await receive(url, 3)).toBeDefined();
  });

  test('fails with aws-unavailable and names the message where there is no queue', async () => {
    const url = `${await newQueue(client, 'other')}-missing`;
    const error = await failure(sqsQueue(client, url).send({ record: 'a' }));
    expect(error).toMatchObject({ code: 'aws-unavailable', retryable: true });
    expect(error.message).toContain(`The message {"record":"a"} could not be sent to ${url}: status 400, `);
  });
});

describe('holding a message', () => {
  async function received(name: string) {
    const url = await newQueue(client, name);
    await sqsQueue(client, url).send({ record: 'a' });
    return { url, handle: (await receive(url))?.ReceiptHandle ?? '' };
  }

  test('shows it again when the time is over, rounded up to a second', async () => {
    const { url, handle } = await received('held');
    await holdMessage(client, url, handle, 0.2);
    expect(await receive(url)).toBeUndefined();
    expect(await receive(url, 3)).toBeDefined();
  });

  test.each([0, -5])('shows it again at once for %i seconds', async (seconds) => {
    const { url, handle } = await received(`shown${seconds}`);
    await holdMessage(client, url, handle, seconds);
    expect(await receive(url, 3)).toBeDefined();
  });

  test('is done for the 12 hours that SQS allows when more is asked for', async () => {
    const { url, handle } = await received('long');
    await expect(holdMessage(client, url, handle, 100_000)).resolves.toBeUndefined();
    expect(await receive(url)).toBeUndefined();
  });

  test('fails with aws-unavailable for a message that SQS does not know', async () => {
    const error = await failure(holdMessage(client, await newQueue(client, 'unknown'), 'no-such-handle', 10));
    expect(error).toMatchObject({ code: 'aws-unavailable' });
    expect(error.message).toMatch(/^A message of .+unknown could not be held for 10 s: status 400, /);
  });
});
