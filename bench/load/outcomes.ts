import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DropRecord } from '../../lambda/model/record.ts';

/** The most that one ReceiveMessage gives (Amazon SQS API reference). */
const MAX_MESSAGES = 10;

/**
 * Hears the outcomes that are published until so many drops have come to one.
 * @param told of each drop that is done, with how many are
 * @returns the last record of each drop, and how many outcomes were told twice
 */
export async function awaitOutcomes(
  sqs: SQSClient,
  queueUrl: string,
  drops: number,
  told: (done: number) => void,
): Promise<{ readonly records: readonly DropRecord[]; readonly repeated: number }> {
  const records = new Map<string, DropRecord>();
  let repeated = 0;
  while (records.size < drops) {
    for (const record of await receive(sqs, queueUrl)) {
      if (records.has(record.drop.id)) repeated += 1;
      records.set(record.drop.id, record);
      told(records.size);
    }
  }
  return { records: [...records.values()], repeated };
}

async function receive(sqs: SQSClient, QueueUrl: string): Promise<readonly DropRecord[]> {
  const command = { QueueUrl, MaxNumberOfMessages: MAX_MESSAGES, WaitTimeSeconds: 20 };
  const { Messages: messages = [] } = await sqs.send(new ReceiveMessageCommand(command));
  if (messages.length === 0) return [];
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  return messages.map(({ Body }) => JSON.parse(Body ?? ''));
}
