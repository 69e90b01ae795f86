import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { MessageQueue } from '../steps/ports.ts';

/** Amazon SQS, ChangeMessageVisibility: VisibilityTimeout. */
const LONGEST_VISIBILITY_SECONDS = 43_200;

export function sqsQueue(client: SQSClient, url: string): MessageQueue {
  return {
    async send(message, delaySeconds = 0) {
      const body = JSON.stringify(message);
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, DelaySeconds: delaySeconds }));
    },
  };
}

/** Keeps a message invisible for so many seconds from now; 0 shows it again at once. */
export async function holdMessage(
  client: SQSClient,
  url: string,
  receiptHandle: string,
  seconds: number,
): Promise<void> {
  const visibilityTimeout = Math.min(Math.max(Math.ceil(seconds), 0), LONGEST_VISIBILITY_SECONDS);
  await client.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: visibilityTimeout,
    }),
  );
}
