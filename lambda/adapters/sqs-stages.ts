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
/** Letters of a stage that a run reads: a run of five minutes settles as many. */
const MAX_LETTERS = 10_000;
/** Readers of one queue at a time: ten thousand letters take them some ten seconds. */
const READERS = 8;
/** Long enough that no letter is read twice meanwhile, short enough that a redrive finds all soon. */
const HIDDEN_SECONDS = 60;

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

/** They are only looked at: none is deleted, and each becomes visible again. */
async function deadLetters(client: SQSClient, stage: QueueStage, url: string): Promise<readonly DeadLetter[]> {
  const letters = new Map<string, DeadLetter>();
  const read = async (): Promise<void> => {
    for (let batch = 0; batch < MAX_LETTERS / BATCH / READERS; batch += 1) {
      const messages = await receive(client, url);
      if (messages.length === 0) return;
      for (const message of messages) letters.set(message.MessageId ?? '', letterOf(stage, message));
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return [...letters.values()];
}

function letterOf(stage: QueueStage, { MessageId: messageId = '', Body: body = '', Attributes }: Message): DeadLetter {
  const sentAt = Attributes?.SentTimestamp;
  return { stage, messageId, body, ...(sentAt !== undefined && { sentAt: new Date(Number(sentAt)) }) };
}

async function receive(client: SQSClient, url: string): Promise<readonly Message[]> {
  try {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: BATCH,
      VisibilityTimeout: HIDDEN_SECONDS,
      MessageSystemAttributeNames: ['SentTimestamp'],
    });
    return (await client.send(command)).Messages ?? [];
  } catch (cause) {
    throw awsUnavailable(`The dead letters in ${url} could not be read`, cause);
  }
}
