import { createHash } from 'node:crypto';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { asciiJson } from '../../lambda/adapters/sqs-queue.ts';
import { recordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { askForRetry } from '../../lambda/steps/record-message.ts';
import type { EmbeddedStack } from '../../local/stack.ts';

export const STAGES = ['Ingest', 'Unpack', 'Upload', 'Status'] as const;

type StackEntry = Pick<EmbeddedStack, 'endpoints' | 'operator' | 'outputs'>;

const OUTCOMES = 'chaos-outcomes';

/** What the topic has told of a record. */
export interface Outcome {
  /** "active <image id>", "failed <code>" or "superseded". */
  readonly outcome: string;
  readonly revision: number;
}

/** The queues of a stack as its operator uses them. */
export class Queues {
  readonly #stack: StackEntry;
  readonly #sqs: SQSClient;
  readonly #told = new Map<string, Outcome[]>();
  readonly #left = new Set<string>();
  readonly #recordsLeft = new Set<string>();
  #outcomesUrl = '';

  constructor(stack: StackEntry) {
    this.#stack = stack;
    const { endpoints, operator: credentials } = stack;
    this.#sqs = new SQSClient({ endpoint: endpoints.sqs, region: 'us-east-1', credentials });
  }

  /** What the outcome topic tells from now on is heard. */
  async listen(): Promise<void> {
    const { QueueUrl: url = '' } = await this.#sqs.send(new CreateQueueCommand({ QueueName: OUTCOMES }));
    this.#outcomesUrl = url;
    const { endpoints, operator: credentials, outputs } = this.#stack;
    const sns = new SNSClient({ endpoint: endpoints.sns, region: 'us-east-1', credentials });
    const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${OUTCOMES}`;
    const Attributes = { RawMessageDelivery: 'true' };
    await sns.send(new SubscribeCommand({ TopicArn: outputs.OutcomeTopicArn, Protocol: 'sqs', Endpoint, Attributes }));
    sns.destroy();
  }

  /** What was told of each record so far, in the order of its coming. */
  async told(): Promise<ReadonlyMap<string, readonly Outcome[]>> {
    await this.#each(this.#outcomesUrl, async ({ Body = '' }) => {
      const record = JSON.parse(Body) as DropRecord;
      const key = recordKey(record.drop, record.target);
      const outcome = { outcome: outcomeOf(record), revision: record.revision };
      this.#told.set(key, [...(this.#told.get(key) ?? []), outcome]);
    });
    return this.#told;
  }

  /** Sends two of three dead letters back to where they came from, as an operator does; the others stay. */
  async redrive(): Promise<void> {
    for (const stage of STAGES) {
      const to = this.#url(`${stage}QueueUrl`);
      await this.#each(this.#url(`${stage}DeadLetterQueueUrl`), async ({ Body: body = '', MessageId: id = '' }) => {
        if (stays(body)) return this.#leave(id, body);
        await this.#sqs.send(new SendMessageCommand({ QueueUrl: to, MessageBody: body }));
        return undefined;
      });
    }
  }

  /** Keys of the records whose messages stay among the dead letters. */
  get recordsLeft(): ReadonlySet<string> {
    return this.#recordsLeft;
  }

  #leave(id: string, body: string): void {
    this.#left.add(id);
    const { record } = JSON.parse(body) as { readonly record?: string };
    if (record !== undefined) this.#recordsLeft.add(record);
  }

  /** Asks for a failed drop once more, as `imagedrop retry` does. */
  async retry(record: DropRecord): Promise<void> {
    const key = recordKey(record.drop, record.target);
    const MessageBody = asciiJson(askForRetry({ key, record }));
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#url('IngestQueueUrl'), MessageBody }));
  }

  /** Messages that wait, are delayed or under way, by queue; dead letters that stay are subtracted. */
  async counts(): Promise<Record<string, number>> {
    const names = STAGES.flatMap((stage) => [`${stage}QueueUrl`, `${stage}DeadLetterQueueUrl`]);
    const counts = await Promise.all(names.map(async (name) => [name, await this.#count(this.#url(name))] as const));
    return Object.fromEntries([...counts, ['left among the dead letters', -this.#left.size]]);
  }

  close(): void {
    this.#sqs.destroy();
  }

  #url(output: string): string {
    return this.#stack.outputs[output] ?? '';
  }

  async #each(QueueUrl: string, work: (message: Message) => Promise<void>): Promise<void> {
    for (;;) {
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 });
      const { Messages: messages = [] } = await this.#sqs.send(receive);
      if (messages.length === 0) return;
      for (const message of messages) {
        await work(message);
        if (this.#left.has(message.MessageId ?? '')) continue;
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      }
    }
  }

  async #count(QueueUrl: string): Promise<number> {
    const { Attributes: attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed } =
      attributes;
    return [
      ApproximateNumberOfMessages,
      ApproximateNumberOfMessagesNotVisible,
      ApproximateNumberOfMessagesDelayed,
    ].reduce((sum, count) => sum + Number(count ?? 0), 0);
  }
}

/** "active <image id>", "failed <code>" or "superseded", and what else does not belong there. */
export const outcomeOf = ({ status, image, error }: DropRecord): string =>
  [status, image?.id, error?.code].filter((word) => word !== undefined).join(' ');

/** One dead letter in three: its operator never looks. */
const stays = (body: string): boolean => createHash('sha256').update(body).digest().readUInt8() % 3 === 0;
