import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sqsClient } from '../../lambda/adapters/aws-clients.ts';
import { sqsStages } from '../../lambda/adapters/sqs-stages.ts';
import { failure } from '../support/outcome.ts';
import { newQueue, withQueueService } from './queue-service.ts';

withQueueService();

let client: SQSClient;
beforeAll(() => {
  client = sqsClient();
});
afterAll(() => client.destroy());
// A few hundred messages take a busy machine some seconds.
jest.setTimeout(30_000);

async function stages(name: string) {
  const urls = async (stage: string) => ({
    queue: await newQueue(client, `${name}-${stage}`),
    deadLetters: await newQueue(client, `${name}-${stage}-dead`),
  });
  return {
    ingest: await urls('ingest'),
    unpack: await urls('unpack'),
    upload: await urls('upload'),
    status: await urls('status'),
  };
}

async function send(url: string, count: number): Promise<void> {
  const bodies = Array.from({ length: count }, (_, index) => `{"record":"${index}"}`);
  await Promise.all(bodies.map((body) => client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }))));
}

test('the messages that wait are counted by stage', async () => {
  const urls = await stages('counted');
  await send(urls.upload.queue, 3);
  await send(urls.status.queue, 1);
  expect(await sqsStages(client, urls).waiting()).toEqual({ ingest: 0, unpack: 0, upload: 3, status: 1 });
});

test('dead letters are read, all of them, and stay', async () => {
  const urls = await stages('dead');
  await send(urls.upload.deadLetters, 230);
  const letters = await sqsStages(client, urls).deadLetters('upload');
  expect(letters).toHaveLength(230);
  expect(new Set(letters.map(({ messageId }) => messageId)).size).toBe(230);
  expect(letters[0]).toMatchObject({ stage: 'upload', body: expect.stringMatching(/^\{"record"/) });
  expect(Math.abs((letters[0]?.sentAt?.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
  expect(
    await sqsStages(client, { ...urls, ingest: { ...urls.ingest, queue: urls.upload.deadLetters } }).waiting(),
  ).toMatchObject({ ingest: 0 });
  expect(await sqsStages(client, urls).deadLetters('ingest')).toEqual([]);
});

test('a queue that is not there is named', async () => {
  const urls = await stages('gone');
  const missing = { queue: `${urls.ingest.queue}-x`, deadLetters: `${urls.ingest.queue}-y` };
  const queues = sqsStages(client, { ...urls, ingest: missing });
  expect(await failure(queues.waiting())).toMatchObject({
    code: 'aws-unavailable',
    message: expect.stringContaining('-x'),
  });
  expect(await failure(queues.deadLetters('ingest'))).toMatchObject({ message: expect.stringContaining('-y') });
});
