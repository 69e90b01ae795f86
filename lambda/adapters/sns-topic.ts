import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { DropRecord } from '../model/record.ts';
import type { OutcomeTopic } from '../steps/ports.ts';

/** Amazon SNS, Publish: a subject is at most 100 printable ASCII characters. */
const MAX_SUBJECT_CHARACTERS = 100;

/** Publishes settled records; subscribers filter by the attributes `status` and `target`. */
export function snsTopic(client: SNSClient, arn: string): OutcomeTopic {
  return {
    async publish(recordKey, record) {
      await client.send(
        new PublishCommand({
          TopicArn: arn,
          Subject: subject(record),
          Message: JSON.stringify(outcome(recordKey, record), undefined, 2),
          MessageAttributes: {
            status: { DataType: 'String', StringValue: record.status },
            target: { DataType: 'String', StringValue: record.target },
          },
        }),
      );
    },
  };
}

function subject({ status, drop }: DropRecord): string {
  return `imagedrop ${status}: ${drop.key}`.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SUBJECT_CHARACTERS);
}

function outcome(recordKey: string, { status, target, drop, found, image, sent, verification, error }: DropRecord) {
  return { record: recordKey, status, target, drop, found, image, name: sent?.name, verification, error };
}
