import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../lambda/adapters/ascii-json.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { askForRetry } from '../../lambda/steps/redriven.ts';
import type { UiStack } from './stack.ts';
import { UiError } from './ui-error.ts';

/** Brings a failed drop back from the start. @throws UiError where it has not failed */
export async function retryDrop(key: string, record: DropRecord, { sqs, ingestQueueUrl }: UiStack): Promise<void> {
  if (record.status !== 'failed') {
    throw new UiError(409, 'not-failed', `The drop is ${record.status}: only one that has failed can begin again.`);
  }
  const MessageBody = asciiJson(askForRetry(key, record));
  await sqs.send(new SendMessageCommand({ QueueUrl: ingestQueueUrl, MessageBody }));
}
