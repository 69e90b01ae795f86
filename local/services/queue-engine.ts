import type { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';
import type { QueuePlan, SubscriptionPlan, TopicPlan } from '../template/messaging.ts';
import { nameOfArn, REGION } from '../template/names.ts';

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
type Queue = NonNullable<ReturnType<Stores['sqsStore']['getQueueByName']>>;
type Persistence = NonNullable<Queue['persistence']>;

export interface EngineOptions {
  /** Seconds to which every delay and every visibility time-out that is asked for is cut. @default as they are asked for */
  readonly longestPauseSeconds?: number | undefined;
}

export interface EngineAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A message as ReceiveMessage gives it, with all its attributes. */
export interface ReceivedMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/**
 * A visibility time-out of nothing, in seconds: fauxqs 2.4.1 loses a message that is made visible with 0 while it is
 * kept on disk (it stores NULL as its receive count). A millisecond takes the way of all others.
 */
export const AT_ONCE_SECONDS = 0.001;

/**
 * SQS and SNS inside this process. The parts of fauxqs are put together here because its own `startFauxqs` listens on
 * all interfaces and lets everyone in; here only calls from inside reach it.
 */
export class QueueEngine {
  readonly #stores: Stores;
  readonly #persistence: Persistence;
  readonly #app: ReturnType<typeof buildApp>;
  readonly #longestPauseSeconds: number;

  private constructor(stores: Stores, persistence: Persistence, options: EngineOptions) {
    this.#longestPauseSeconds = options.longestPauseSeconds ?? Number.POSITIVE_INFINITY;
    this.#stores = stores;
    this.#persistence = persistence;
    this.#app = buildApp({ logger: false, defaultRegion: REGION, stores });
  }

  /** @param folder queues, messages and subscriptions are kept there */
  static async open(folder: string, options: EngineOptions = {}): Promise<QueueEngine> {
    const { SqsStore } = await part<{ SqsStore: new () => Stores['sqsStore'] }>('sqs/sqsStore.js');
    const { SnsStore } = await part<{ SnsStore: new () => Stores['snsStore'] }>('sns/snsStore.js');
    const { S3Store } = await part<{ S3Store: new () => Stores['s3Store'] }>('s3/s3Store.js');
    const { PersistenceManager } = await part<{ PersistenceManager: new (folder: string) => Persistence }>(
      'persistence.js',
    );
    const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
    const persistence = new PersistenceManager(folder);
    // What a killed process has written stays; waiting for the disk at each message would be all that it takes.
    databaseOf(persistence).exec('PRAGMA synchronous = NORMAL');
    // What is stored must be there before the stores write through: creating a queue again deletes its messages.
    persistence.loadSqsAndSns(stores.sqsStore, stores.snsStore);
    stores.sqsStore.persistence = persistence;
    stores.snsStore.persistence = persistence;
    for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;
    return new QueueEngine(stores, persistence, options);
  }

  /** Brings a queue to what the template says of it; its messages stay. */
  provideQueue({ name, url, arn, attributes }: QueuePlan): void {
    const queue = this.#stores.sqsStore.getQueueByName(name);
    if (queue === undefined) this.#stores.sqsStore.createQueue(name, url, arn, { ...attributes });
    else queue.setAttributes({ RedrivePolicy: '', ...attributes });
  }

  provideTopic({ name }: TopicPlan): void {
    this.#stores.snsStore.createTopic(name, undefined, undefined, REGION);
  }

  /** Subscribes a queue to a topic, in place of an earlier subscription of the same two. */
  provideSubscription({ topicArn, protocol, endpoint, attributes }: SubscriptionPlan): void {
    const { snsStore } = this.#stores;
    const earlier = snsStore.listSubscriptionsByTopic(topicArn).subscriptions;
    for (const subscription of earlier) {
      if (subscription.protocol === protocol && subscription.endpoint === endpoint)
        snsStore.unsubscribe(subscription.arn);
    }
    snsStore.subscribe(topicArn, protocol, endpoint, { ...attributes });
  }

  /**
   * Makes visible what was in flight. For queues that only functions of this process read: when it starts, none of them
   * works on anything, and what a killed process left behind need not wait for hours.
   */
  releaseInFlight(queueArn: string): void {
    const queue = this.#stores.sqsStore.getQueueByArn(queueArn);
    for (const handle of [...(queue?.inflightMessages.keys() ?? [])]) queue?.changeVisibility(handle, AT_ONCE_SECONDS);
  }

  visibilitySeconds(queueArn: string): number {
    return Number(this.#stores.sqsStore.getQueueByArn(queueArn)?.getAttribute('VisibilityTimeout'));
  }

  /** Wakes everyone who waits for a message of this queue; they go with nothing. */
  wakeWaiters(queueArn: string): void {
    this.#stores.sqsStore.getQueueByArn(queueArn)?.cancelWaiters();
  }

  async send(queueArn: string, body: string, delaySeconds = 0): Promise<void> {
    await this.#sqs('SendMessage', { QueueUrl: nameOfArn(queueArn), MessageBody: body, DelaySeconds: delaySeconds });
  }

  /**
   * @param maxMessages 1 to 10
   * @param signal ends the wait at the next wakeWaiters; no message is taken then
   */
  async receive(
    queueArn: string,
    maxMessages: number,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<readonly ReceivedMessage[]> {
    const messages = await this.#receiveNow(queueArn, maxMessages);
    if (messages.length > 0 || waitSeconds <= 0 || signal.aborted) return messages;
    await this.#stores.sqsStore.getQueueByArn(queueArn)?.waitForMessages(waitSeconds);
    return signal.aborted ? [] : await this.#receiveNow(queueArn, maxMessages);
  }

  async #receiveNow(queueArn: string, maxMessages: number): Promise<readonly ReceivedMessage[]> {
    const answer = await this.#sqs('ReceiveMessage', {
      QueueUrl: nameOfArn(queueArn),
      MaxNumberOfMessages: maxMessages,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return (answer as { Messages?: ReceivedMessage[] }).Messages ?? [];
  }

  async delete(queueArn: string, message: ReceivedMessage): Promise<void> {
    await this.#sqs('DeleteMessage', { QueueUrl: nameOfArn(queueArn), ReceiptHandle: message.ReceiptHandle });
  }

  /** Moves a message to the dead letters of its queue, as after too many receipts. */
  async bury(queueArn: string, message: ReceivedMessage): Promise<void> {
    const policy = this.#stores.sqsStore.getQueueByArn(queueArn)?.getAttribute('RedrivePolicy');
    const { deadLetterTargetArn } = JSON.parse(policy || '{}') as { deadLetterTargetArn?: string };
    if (deadLetterTargetArn === undefined) throw new Error(`${queueArn} has no dead letters.`);
    await this.send(deadLetterTargetArn, message.Body);
    await this.delete(queueArn, message);
  }

  /** Gives a message back that nobody has worked on; by default it is visible again at once. */
  async giveBack(queueArn: string, message: ReceivedMessage, seconds = AT_ONCE_SECONDS): Promise<void> {
    await this.#sqs('ChangeMessageVisibility', {
      QueueUrl: nameOfArn(queueArn),
      ReceiptHandle: message.ReceiptHandle,
      VisibilityTimeout: seconds,
    });
  }

  /** One request as it came over the wire: SQS in its JSON protocol, SNS in its query protocol. */
  async request(headers: Readonly<Record<string, string>>, body: string): Promise<EngineAnswer> {
    const answer = await this.#app.inject({ method: 'POST', url: '/', headers, payload: this.#hurried(body) });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  #hurried(body: string): string {
    if (!Number.isFinite(this.#longestPauseSeconds)) return body;
    return body.replace(/"(DelaySeconds|VisibilityTimeout)":(\d+)/g, (_, name, seconds) => {
      return `"${name}":${Math.min(Number(seconds), this.#longestPauseSeconds)}`;
    });
  }

  async close(): Promise<void> {
    await this.#app.close();
    this.#persistence.close();
  }

  async #sqs(action: string, input: object): Promise<unknown> {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` };
    const { status, body } = await this.request(headers, JSON.stringify(input));
    if (status !== 200) throw new Error(`${action} failed: ${body}`);
    return body === '' ? {} : JSON.parse(body);
  }
}

/** Private to the package's types. */
function databaseOf(persistence: Persistence): DatabaseSync {
  return (persistence as unknown as { db: DatabaseSync }).db;
}

/** The package exports its entry point alone; what that is made of lies beside it. */
async function part<T>(path: string): Promise<T> {
  return (await import(new URL(path, import.meta.resolve('fauxqs')).href)) as T;
}
