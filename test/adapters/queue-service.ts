import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from '@jest/globals';
import { buildApp } from 'fauxqs';
import { useAws } from './aws-environment.ts';

/** Runs SQS and SNS for all tests of a file; the clients of aws-clients.ts find them. */
export function withQueueService(): void {
  const service = buildApp({ logger: false });
  beforeAll(async () => {
    useAws(await service.listen({ port: 0, host: '127.0.0.1' }));
  });
  afterAll(async () => {
    await service.close();
  });
}

/** @returns the queue's URL, under the address that the service is found at */
export async function newQueue(sqs: SQSClient, name: string): Promise<string> {
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return new URL(new URL(url).pathname, process.env.AWS_ENDPOINT_URL).href;
}
