import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { DropRecord } from '../model/record.ts';
import type { OutcomeTopic } from '../steps/ports.ts';
import { awsUnavailable } from './aws-errors.ts';
import { asciiJson } from './sqs-queue.ts';

/** Amazon SNS API reference, Publish: a subject is "less than 100 characters long", and of ASCII for e-mail. */
const MAX_SUBJECT_CHARACTERS = 99;

/**
 * Publishes settled records; subscribers filter by the attributes `status` and `target`. Fails with `aws-unavailable`.
 */
export function snsTopic(client: SNSClient, arn: string): OutcomeTopic {
  return {
    async publish(recordKey, record) {
      const command = new PublishCommand({
        TopicArn: arn,
        Subject: subject(record),
        Message: asciiJson(outcome(recordKey, record), 2),
        MessageAttributes: {
          status: { DataType: 'String', StringValue: record.status },
          target: { DataType: 'String', StringValue: record.target },
        },
      });
      try {
        await client.send(command);
      } catch (cause) {
        throw awsUnavailable(`The outcome of ${recordKey} could not be published to ${arn}`, cause);
      }
    },
  };
}

function subject({ status, drop }: DropRecord): string {
  return `imagedrop ${status}: ${drop.key}`.replace(/[^\x20-\x7e]/gu, '?').slice(0, MAX_SUBJECT_CHARACTERS);
}

function outcome(recordKey: string, record: DropRecord) {
  const { revision, status, target, drop, found, image, sent, verification, receipt, error } = record;
  const name = sent?.name;
  return { record: recordKey, revision, status, target, drop, found, image, name, verification, receipt, error };
}
