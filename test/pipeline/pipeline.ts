import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand, GetObjectTaggingCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { recordKey } from '../../lambda/model/drop.ts';
import { RECONCILIATION_KEY } from '../../lambda/model/reconciliation.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import type { StackFaults } from '../../local/faults.ts';
import type { SimulatorOptions } from '../../local/simulator/settings.ts';
import { type EmbeddedStack, startStack } from '../../local/stack.ts';
import type { ImageClient } from '../local/simulator/cloud.ts';
import { cloudAssembly } from '../support/assembly.ts';
import { type PipelineCloud, simulatedCloud } from './cloud.ts';

const SECRET = 'imagedrop/clouds.yaml';

export interface PipelineOptions {
  /** Targets by name, as in the context of the CDK app. */
  readonly targets?: Readonly<Record<string, object>>;
  readonly simulator?: Omit<SimulatorOptions, 'folder'>;
  /** As in the context of the CDK app. */
  readonly reconcile?: object;
  /** As in the context of the CDK app. */
  readonly outcomeEmails?: object;
  /** In place of a simulator. */
  readonly cloud?: PipelineCloud;
  /** As in the context of the CDK app. */
  readonly publisherKeys?: readonly string[];
  /** What is to go wrong. @default nothing */
  readonly faults?: StackFaults;
  /** Whether versioning of the drop bucket is suspended, as its owner may do later. @default false */
  readonly suspended?: boolean;
  /** Where the stack keeps what it has; whoever gives one removes it. @default a folder of the pipeline's own */
  readonly stackFolder?: string;
}

export interface Dropped {
  readonly key: string;
  readonly versionId: string;
}

/** A copy of a cloud assembly in which versioning of the drop bucket is suspended. */
async function suspended(assembly: string, folder: string): Promise<string> {
  await cp(assembly, folder, { recursive: true });
  const file = join(folder, 'ImageDrop.template.json');
  const template = JSON.parse(await readFile(file, 'utf8'));
  const id = Object.keys(template.Resources).find((each) => /^ImageDropDropBucket[0-9A-F]{8}$/.test(each)) ?? '';
  template.Resources[id].Properties.VersioningConfiguration = { Status: 'Suspended' };
  await writeFile(file, JSON.stringify(template));
  return folder;
}

/** The whole stack as it is synthesized, in a folder of its own, and a cloud: a simulated one unless another is given. */
export class Pipeline {
  readonly folder: string;
  /** The folder of the cloud assembly. */
  readonly assembly: string;
  readonly stack: EmbeddedStack;
  readonly cloud: PipelineCloud;
  readonly s3: S3Client;
  readonly sqs: SQSClient;

  private constructor({ folder, assembly, stack, cloud }: Pick<Pipeline, 'folder' | 'assembly' | 'stack' | 'cloud'>) {
    this.folder = folder;
    this.assembly = assembly;
    this.stack = stack;
    this.cloud = cloud;
    const credentials = stack.operator;
    this.s3 = new S3Client({ endpoint: stack.endpoints.s3, region: 'us-east-1', credentials });
    this.sqs = new SQSClient({ endpoint: stack.endpoints.sqs, region: 'us-east-1', credentials });
  }

  static async start(options: PipelineOptions = {}): Promise<Pipeline> {
    const folder = await mkdtemp(join(tmpdir(), 'imagedrop-pipeline-'));
    const cloud = options.cloud ?? (await simulatedCloud({ folder: join(folder, 'simulator'), ...options.simulator }));
    const targets = options.targets ?? { [cloud.name]: { kind: 'glance' } };
    const { reconcile, outcomeEmails, publisherKeys } = options;
    const context = {
      ...(reconcile && { reconcile }),
      ...(outcomeEmails && { outcomeEmails }),
      ...(publisherKeys && { publisherKeys }),
    };
    const synthesized = await cloudAssembly({ targets, cloudsYamlSecret: SECRET, ...context }, join(folder, 'cdk.out'));
    const assembly = options.suspended === true ? await suspended(synthesized, join(folder, 'suspended')) : synthesized;
    const stack = await startStack({
      cloudAssembly: assembly,
      stackName: 'ImageDrop',
      folder: options.stackFolder ?? join(folder, 'stack'),
      secrets: { [SECRET]: cloud.cloudsYaml },
      ...(options.faults !== undefined && { faults: options.faults }),
    });
    return new Pipeline({ folder, assembly, stack, cloud });
  }

  async stop(): Promise<void> {
    this.s3.destroy();
    this.sqs.destroy();
    await this.stack.stop();
    await this.cloud.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get dropBucket(): string {
    return this.output('DropBucketName');
  }

  output(name: string): string {
    const value = this.stack.outputs[name];
    if (value === undefined) throw new Error(`The stack has no output ${name}`);
    return value;
  }

  async drop(key: string, body: Buffer, metadata: Record<string, string> = {}): Promise<Dropped> {
    const put = new PutObjectCommand({ Bucket: this.dropBucket, Key: key, Body: body, Metadata: metadata });
    const { VersionId: versionId = '' } = await this.s3.send(put);
    return { key, versionId };
  }

  async record(dropped: Dropped, target = this.cloud.name): Promise<DropRecord | undefined> {
    const text = await this.#inStatusBucket(recordKey({ key: dropped.key, id: dropped.versionId }, target));
    return text === undefined ? undefined : JSON.parse(text);
  }

  async #inStatusBucket(key: string): Promise<string | undefined> {
    try {
      const get = new GetObjectCommand({ Bucket: this.output('StatusBucketName'), Key: key });
      const { Body: body } = await this.s3.send(get);
      return await body?.transformToString();
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  /**
   * Waits until the run of reconcile with which a stack begins is over. On a busy machine it may come late, and find what
   * a test loses for its own run.
   */
  async reconciledOnce(): Promise<void> {
    while ((await this.#inStatusBucket(RECONCILIATION_KEY)) === undefined) await pause(50);
  }

  /** The record of a drop once it is settled and announced; by default a little sooner than a test's own limit. */
  async settled(dropped: Dropped, target = this.cloud.name, withinMs = 800_000): Promise<DropRecord> {
    const until = Date.now() + withinMs;
    // Rarer from look to look: on a busy machine the looks would keep the functions from their work.
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.2, 1000)) {
      const record = await this.record(dropped, target);
      if (record?.announcedAt !== undefined) return record;
      if (Date.now() > until) throw new Error(`${dropped.key} did not settle: ${JSON.stringify(record, undefined, 2)}`);
      await pause(pauseMs);
    }
  }

  /** The tags of an object, which follow its outcome. */
  async tags(dropped: Dropped): Promise<Record<string, string>> {
    await this.idle();
    const { key: Key, versionId: VersionId } = dropped;
    const { TagSet = [] } = await this.s3.send(
      new GetObjectTaggingCommand({ Bucket: this.dropBucket, Key, VersionId }),
    );
    return Object.fromEntries(TagSet.map((tag) => [tag.Key, tag.Value]));
  }

  async send(queueUrlOutput: string, message: unknown): Promise<void> {
    const body = JSON.stringify(message);
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.output(queueUrlOutput), MessageBody: body }));
  }

  /** A queue that hears what the outcome topic says from now on, and a way to take the next outcome from it. */
  async subscribe(): Promise<() => Promise<DropRecord>> {
    const { QueueUrl: queueUrl = '' } = await this.sqs.send(new CreateQueueCommand({ QueueName: 'outcomes' }));
    const sns = new SNSClient({
      endpoint: this.stack.endpoints.sns,
      region: 'us-east-1',
      credentials: this.stack.operator,
    });
    const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:outcomes';
    const Attributes = { RawMessageDelivery: 'true' };
    const TopicArn = this.output('OutcomeTopicArn');
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
    sns.destroy();
    return () => this.#receive(queueUrl);
  }

  async #receive(QueueUrl: string): Promise<DropRecord> {
    const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
    let message: Message | undefined;
    while (message === undefined) [message] = (await this.sqs.send(receive)).Messages ?? [];
    await this.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    return JSON.parse(message.Body ?? '');
  }

  /** The bytes that the image service stored. */
  storedBytes(record: DropRecord): Promise<Buffer> {
    return readFile(this.cloud.imageFile(record.image?.id ?? ''));
  }

  /** The event that S3 sends of a version. */
  event({ key, versionId }: Dropped, body: Buffer): unknown {
    const object = {
      key: encodeURIComponent(key).replaceAll('%20', '+'),
      size: body.length,
      eTag: createHash('md5').update(body).digest('hex'),
      versionId,
      sequencer: '0061',
    };
    const s3 = { bucket: { name: this.dropBucket, arn: `arn:aws:s3:::${this.dropBucket}` }, object };
    const common = { eventVersion: '2.3', eventSource: 'aws:s3', awsRegion: 'us-east-1' };
    return { Records: [{ ...common, eventTime: new Date().toISOString(), eventName: 'ObjectCreated:Put', s3 }] };
  }

  /** Waits until no queue has a message any more. */
  async idle(): Promise<void> {
    for (const name of ['IngestQueueUrl', 'UnpackQueueUrl', 'UploadQueueUrl', 'StatusQueueUrl']) {
      while ((await this.messages(name)) > 0) await pause(50);
    }
  }

  /** Messages in a queue: waiting, delayed and under way. */
  messages(queueUrlOutput: string): Promise<number> {
    return this.messagesIn(this.output(queueUrlOutput));
  }

  async messagesIn(queueUrl: string): Promise<number> {
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await this.sqs.send(command);
    const counts = ['', 'NotVisible', 'Delayed'].map(
      (state) => Attributes[`ApproximateNumberOfMessages${state}` as QueueAttributeName],
    );
    return counts.reduce((sum, count) => sum + Number(count), 0);
  }

  /** Another client of one of the image services. */
  imageClient(service: 'image' | 'ims' = 'image'): Promise<ImageClient> {
    return this.cloud.client(service);
  }

  /** Every image that the uploader can see. */
  async images(service: 'image' | 'ims' = 'image'): Promise<{ id: string; name: string; status: string }[]> {
    const reply = await (await this.imageClient(service)).ask('GET', '/v2/images?limit=1000');
    return reply.json.images;
  }
}
