import { GetQueueAttributesCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { QUEUE_STAGES, type QueueStage } from '../model/record.ts';
import type { DeadLetter, StageQueues } from '../steps/reconcile/ports.ts';
import { awsUnavailable } from './aws-errors.ts';

/** The URLs of a stage's queue and of its dead letters. */
export interface StageUrls {
  readonly queue: string;
  readonly deadLetters: string;
}

/** Amazon SQS API reference, ReceiveMessage: MaxNumberOfMessages. */
const BATCH = 10;
/** Batches read at most of a stage: more letters than that have one cause, and the next runs come to the others. */
const MAX_BATCHES = 10;
/** Long enough that the next batch brings others, short enough that a redrive finds all soon. */
const HIDDEN_SECONDS = 30;

/** The queues of all stages. Fails with `aws-unavailable`. */
export function sqsStages(client: SQSClient, urls: Readonly<Record<QueueStage, StageUrls>>): StageQueues {
  return {
    waiting: async () => {
      const counts = QUEUE_STAGES.map(async (stage) => [stage, await waitingIn(client, urls[stage].queue)] as const);
      return Object.fromEntries(await Promise.all(counts)) as Record<QueueStage, number>;
    },
    deadLetters: (stage) => deadLetters(client, stage, urls[stage].deadLetters),
  };
}

async function waitingIn(client: SQSClient, url: string): Promise<number> {
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] });
    const { Attributes: attributes } = await client.send(command);
    return Number(attributes?.ApproximateNumberOfMessages ?? 0);
  } catch (cause) {
    throw awsUnavailable(`The messages of ${url} could not be counted`, cause);
  }
}

/** They are only looked at: none is deleted, and each shows again by itself. */
async function deadLetters(client: SQSClient, stage: QueueStage, url: string): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const messages = await receive(client, url);
    letters.push(...messages.map(({ MessageId = '', Body = '' }) => ({ stage, messageId: MessageId, body: Body })));
    if (messages.length < BATCH) break;
  }
  return letters;
}

async function receive(client: SQSClient, url: string): Promise<readonly Message[]> {
  try {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: BATCH,
      VisibilityTimeout: HIDDEN_SECONDS,
    });
    return (await client.send(command)).Messages ?? [];
  } catch (cause) {
    throw awsUnavailable(`The dead letters in ${url} could not be read`, cause);
  }
}
