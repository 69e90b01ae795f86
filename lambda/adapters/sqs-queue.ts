import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { MessageQueue } from '../steps/ports.ts';
import { awsUnavailable } from './aws-errors.ts';

/** Amazon SQS, ChangeMessageVisibility: VisibilityTimeout. */
const LONGEST_VISIBILITY_SECONDS = 43_200;

/** Sends fail with `aws-unavailable`. */
export function sqsQueue(client: SQSClient, url: string): MessageQueue {
  return {
    async send(message, delaySeconds = 0) {
      const body = asciiJson(message);
      try {
        await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, DelaySeconds: delaySeconds }));
      } catch (cause) {
        throw awsUnavailable(`The message ${body} could not be sent to ${url}`, cause);
      }
    },
  };
}

/**
 * Keeps a message invisible for some seconds from now; 0 shows it again at once.
 * @throws `aws-unavailable`
 */
export async function holdMessage(
  client: SQSClient,
  url: string,
  receiptHandle: string,
  seconds: number,
): Promise<void> {
  const command = new ChangeMessageVisibilityCommand({
    QueueUrl: url,
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: Math.min(Math.max(Math.ceil(seconds), 0), LONGEST_VISIBILITY_SECONDS),
  });
  try {
    await client.send(command);
  } catch (cause) {
    throw awsUnavailable(`A message of ${url} could not be held for ${seconds} s`, cause);
  }
}

/**
 * JSON in ASCII: a key may hold any character, but a queue refuses some of them (Amazon SQS API reference, SendMessage:
 * "A message can include only XML, JSON, and unformatted text", #xFFFE and #xFFFF are not among its characters).
 */
export function asciiJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[^\x20-\x7e\n]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
