import { buildApp, type FauxqsServer } from 'fauxqs';
import type { QueuePlan, SubscriptionPlan, TopicPlan } from '../template/messaging.ts';
import { nameOfArn, REGION } from '../template/names.ts';
import { type MessageAttribute, MessageFile, type StoredMessage } from './message-file.ts';

export interface EngineOptions {
  /** The longest delay and visibility timeout, in seconds. Longer ones are cut. @default no limit */
  readonly longestPauseSeconds?: number | undefined;
  /** Receives errors of storing the messages. */
  readonly onError: (error: unknown) => void;
}

export interface EngineAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A message as ReceiveMessage returns it, with all attributes. */
export interface ReceivedMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

/** The answer to `GET /_fauxqs/queues/NAME`. */
type Inspection = NonNullable<ReturnType<FauxqsServer['inspectQueue']>>;

/** Amazon SQS API reference, SetQueueAttributes, VisibilityTimeout. */
const DEFAULT_VISIBILITY_SECONDS = 30;
const JSON_TYPE = 'application/x-amz-json-1.0';
const FORM_TYPE = 'application/x-www-form-urlencoded';
/** Requests that leave all messages as they are. */
const READ_ONLY = /^AmazonSQS\.(ReceiveMessage|ChangeMessageVisibility(Batch)?|Get\w+|List\w+)$/;

/**
 * SQS and SNS inside this process: fauxqs without a port of its own, because its server listens on all interfaces and
 * checks no signature. Messages are stored in a file, and a restart makes all of them visible, in-flight ones too.
 */
export class QueueEngine {
  readonly #app = buildApp({ logger: false, defaultRegion: REGION });
  readonly #queues = new Map<string, QueuePlan>();
  readonly #file: MessageFile;
  readonly #longestPauseSeconds: number;

  /** @param folder messages are kept there */
  constructor(folder: string, { longestPauseSeconds = Number.POSITIVE_INFINITY, onError }: EngineOptions) {
    this.#longestPauseSeconds = longestPauseSeconds;
    this.#file = new MessageFile(folder, { messages: () => this.#messages(), onError });
  }

  /** Creates what the template names, and puts back the messages of the last start. */
  async provide(plan: {
    readonly queues: readonly QueuePlan[];
    readonly topics: readonly TopicPlan[];
    readonly subscriptions: readonly SubscriptionPlan[];
  }): Promise<void> {
    for (const queue of plan.queues) await this.#createQueue(queue);
    for (const { name } of plan.topics) await this.#sns('CreateTopic', { Name: name });
    for (const subscription of plan.subscriptions) await this.#subscribe(subscription);
    for (const message of await this.#file.read()) await this.#restore(message);
  }

  async #createQueue(queue: QueuePlan): Promise<void> {
    this.#queues.set(queue.arn, queue);
    // fauxqs makes the queue's URL from the host.
    const { host } = new URL(queue.url);
    await this.#sqs('CreateQueue', { QueueName: queue.name, Attributes: queue.attributes }, { host });
  }

  async #subscribe({ topicArn, protocol, endpoint, attributes }: SubscriptionPlan): Promise<void> {
    const entries = Object.entries(attributes).flatMap(([key, value], index) => [
      [`Attributes.entry.${index + 1}.key`, key],
      [`Attributes.entry.${index + 1}.value`, value],
    ]);
    const input = { TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint, ...Object.fromEntries(entries) };
    await this.#sns('Subscribe', input);
  }

  /** A message of a queue that the template no longer has is dropped. */
  async #restore({ queueArn, body, attributes, visibleAtMs }: StoredMessage): Promise<void> {
    if (!this.#queues.has(queueArn)) return;
    await this.#sqs('SendMessage', {
      QueueUrl: nameOfArn(queueArn),
      MessageBody: body,
      MessageAttributes: attributes,
      DelaySeconds: Math.max(Math.ceil((visibleAtMs - Date.now()) / 1000), 0),
    });
  }

  visibilitySeconds(queueArn: string): number {
    return Number(this.#queues.get(queueArn)?.attributes.VisibilityTimeout ?? DEFAULT_VISIBILITY_SECONDS);
  }

  async send(queueArn: string, body: string, delaySeconds = 0): Promise<void> {
    await this.#sqs('SendMessage', { QueueUrl: nameOfArn(queueArn), MessageBody: body, DelaySeconds: delaySeconds });
  }

  /**
   * @param maxMessages 1 to 10
   * @param signal ends the wait. A message that arrives later stays in flight until the next start
   */
  async receive(
    queueArn: string,
    maxMessages: number,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<readonly ReceivedMessage[]> {
    const input = {
      QueueUrl: nameOfArn(queueArn),
      MaxNumberOfMessages: maxMessages,
      WaitTimeSeconds: signal.aborted ? 0 : waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    };
    const { promise: aborted, resolve } = Promise.withResolvers<object>();
    const onAbort = () => resolve({});
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await Promise.race([this.#sqs('ReceiveMessage', input), aborted]);
      return (answer as { Messages?: ReceivedMessage[] }).Messages ?? [];
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async delete(queueArn: string, message: ReceivedMessage): Promise<void> {
    await this.#sqs('DeleteMessage', { QueueUrl: nameOfArn(queueArn), ReceiptHandle: message.ReceiptHandle });
  }

  /** Moves a message to the dead-letter queue, as SQS does after too many receives. */
  async bury(queueArn: string, message: ReceivedMessage): Promise<void> {
    const policy = this.#queues.get(queueArn)?.attributes.RedrivePolicy;
    const { deadLetterTargetArn } = JSON.parse(policy || '{}') as { deadLetterTargetArn?: string };
    if (deadLetterTargetArn === undefined) throw new Error(`${queueArn} has no dead-letter queue.`);
    await this.send(deadLetterTargetArn, message.Body);
    await this.delete(queueArn, message);
  }

  /** Makes a received message visible again, by default at once. */
  async giveBack(queueArn: string, message: ReceivedMessage, seconds = 0): Promise<void> {
    await this.#sqs('ChangeMessageVisibility', {
      QueueUrl: nameOfArn(queueArn),
      ReceiptHandle: message.ReceiptHandle,
      VisibilityTimeout: seconds,
    });
  }

  /** One request as it came over the wire: SQS in its JSON protocol, SNS in its query protocol. */
  async request(headers: Readonly<Record<string, string>>, body: string): Promise<EngineAnswer> {
    const answer = await this.#app.inject({ method: 'POST', url: '/', headers, payload: this.#shortened(body) });
    if (!READ_ONLY.test(headers['x-amz-target'] ?? '')) this.#file.changed();
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  #shortened(body: string): string {
    if (!Number.isFinite(this.#longestPauseSeconds)) return body;
    return body.replace(/"(DelaySeconds|VisibilityTimeout)":(\d+)/g, (_, name, seconds) => {
      return `"${name}":${Math.min(Number(seconds), this.#longestPauseSeconds)}`;
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#app.close();
  }

  /** All messages: visible, delayed and in flight. */
  async #messages(): Promise<readonly StoredMessage[]> {
    const messages: StoredMessage[] = [];
    for (const { arn, name } of this.#queues.values()) {
      const { body } = await this.#app.inject({ method: 'GET', url: `/_fauxqs/queues/${name}` });
      const { ready, delayed, inflight } = (JSON.parse(body) as Inspection).messages;
      for (const message of [...inflight.map((entry) => entry.message), ...ready, ...delayed]) {
        messages.push({
          queueArn: arn,
          body: message.body,
          attributes: message.messageAttributes,
          visibleAtMs: message.delayUntil ?? 0,
        });
      }
    }
    return messages;
  }

  async #sqs(action: string, input: object, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const target = { 'content-type': JSON_TYPE, 'x-amz-target': `AmazonSQS.${action}` };
    const { status, body } = await this.request({ ...headers, ...target }, JSON.stringify(input));
    if (status !== 200) throw new Error(`${action} failed: ${body}`);
    return body === '' ? {} : JSON.parse(body);
  }

  async #sns(action: string, input: Readonly<Record<string, string>>): Promise<void> {
    const form = new URLSearchParams({ Action: action, ...input });
    const { status, body } = await this.request({ 'content-type': FORM_TYPE }, form.toString());
    if (status !== 200) throw new Error(`${action} failed: ${body}`);
  }
}
