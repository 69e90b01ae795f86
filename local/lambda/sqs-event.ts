import type { MessageAttribute } from '../services/message-file.ts';
import type { ReceivedMessage } from '../services/queue-engine.ts';
import { REGION } from '../template/names.ts';

/** The event that a function gets for messages of a queue ("Using Lambda with Amazon SQS", example event). */
export function sqsEvent(messages: readonly ReceivedMessage[], queueArn: string): object {
  return {
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes: eventAttributes(message.MessageAttributes ?? {}),
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: REGION,
    })),
  };
}

function eventAttributes(attributes: Readonly<Record<string, MessageAttribute>>): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        ...(StringValue === undefined ? {} : { stringValue: StringValue }),
        ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
      },
    ]),
  );
}

/**
 * Which messages a function has not done ("Reporting batch item failures"): none for an answer that is empty or has no
 * list; all for one that cannot be read or names a message that is not in the batch.
 */
export function failedMessages(messages: readonly ReceivedMessage[], result: unknown): readonly ReceivedMessage[] {
  const failures = (result as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return messages;
  const ids = failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier);
  const known = ids.every((id) => messages.some(({ MessageId }) => MessageId === id));
  return known ? messages.filter(({ MessageId }) => ids.includes(MessageId)) : messages;
}
