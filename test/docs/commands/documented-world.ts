import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { publishStack, STATE_FOLDER } from '../../../bin/stack/local.ts';
import type { RecordStatus } from '../../../lambda/model/record.ts';
import { type CloudFormation, startCloudFormation } from '../../bin/stack/deployed-stack.ts';
import { Pipeline } from '../../pipeline/pipeline.ts';
import { documentedCloud, TARGETS } from './documented-cloud.ts';
import { Reader } from './reader.ts';
import { AN_IMAGE, NO_IMAGE, writeFiles } from './reader-files.ts';

const STACK = 'ImageDrop';
/** What most commands of the documentation speak of. */
export const KEY = 'ubuntu-24.04.qcow2';
/** The region and the account of the embedded queues. */
const QUEUES = 'arn:aws:sqs:us-east-1:000000000000';

/**
 * The world of the documentation: a stack that runs in the reader's folder and is deployed as "ImageDrop" as well, a
 * cloud "mycloud" with another "huawei" beside it, and the files that the commands name.
 */
export class DocumentedWorld {
  readonly pipeline: Pipeline;
  /** Where a stack runs. */
  readonly reader: Reader;
  /** Where none does yet. */
  readonly newcomer: Reader;
  readonly #cloudFormation: CloudFormation;
  /** The version of the key that was dropped last. */
  #version = '';

  private constructor(pipeline: Pipeline, readers: readonly [Reader, Reader], cloudFormation: CloudFormation) {
    this.pipeline = pipeline;
    [this.reader, this.newcomer] = readers;
    this.#cloudFormation = cloudFormation;
  }

  static async start(): Promise<DocumentedWorld> {
    const reader = await Reader.open();
    const cloud = await documentedCloud(join(reader.folder, 'simulator'));
    const pipeline = await Pipeline.start({ cloud, targets: TARGETS });
    const cloudFormation = await startCloudFormation();
    cloudFormation.stacks[STACK] = pipeline.stack.outputs;
    const world = new DocumentedWorld(pipeline, [reader, await Reader.open()], cloudFormation);
    for (const each of [reader, world.newcomer]) await world.#equip(each, cloud.cloudsYaml);
    await mkdir(join(reader.folder, STATE_FOLDER));
    const published = { environment: pipeline.stack.environment(), outputs: pipeline.stack.outputs };
    await publishStack(join(reader.folder, STATE_FOLDER), published);
    return world;
  }

  async #equip(reader: Reader, cloudsYaml: string): Promise<void> {
    const AWS_ENDPOINT_URL_CLOUDFORMATION = this.#cloudFormation.url;
    Object.assign(reader.environment, this.pipeline.stack.environment(), { AWS_ENDPOINT_URL_CLOUDFORMATION });
    await reader.file('home/.config/openstack/clouds.yaml', cloudsYaml);
    await reader.file('clouds.yaml', cloudsYaml);
    await mkdir(join(reader.folder, 'home/.config/fish/completions'), { recursive: true });
    await writeFiles(reader);
  }

  async stop(): Promise<void> {
    await this.pipeline.stop();
    await this.#cloudFormation.close();
    await this.reader.close();
    await this.newcomer.close();
  }

  /** What the commands of AWS's own client are sent to. */
  get endpoints(): Readonly<Record<string, string>> {
    const { s3, sqs } = this.pipeline.stack.endpoints;
    return { s3, s3api: s3, sqs, cloudformation: this.#cloudFormation.url };
  }

  /** Has the newest drop of a key be an image at "mycloud", or have failed there; it goes nowhere else. */
  async has(key: string, state: 'active' | 'failed'): Promise<void> {
    const { name: targets } = this.pipeline.cloud;
    const dropped = await this.pipeline.drop(key, state === 'active' ? AN_IMAGE : NO_IMAGE, { targets });
    const { status } = await this.pipeline.settled(dropped);
    if (status !== state) throw new Error(`${key} is ${status}, not ${state}.`);
    this.#version = dropped.versionId;
  }

  /** What becomes of the newest drop of a key. */
  async statusOf(key: string): Promise<RecordStatus> {
    const head = new HeadObjectCommand({ Bucket: this.pipeline.dropBucket, Key: key });
    const { VersionId: versionId = '' } = await this.pipeline.s3.send(head);
    return (await this.pipeline.settled({ key, versionId })).status;
  }

  /** The command with its placeholders filled in. */
  filled(text: string): string {
    const { pipeline } = this;
    const deadLetters = pipeline.output('UploadDeadLetterQueueUrl').split('/').at(-1);
    const values: Readonly<Record<string, string>> = {
      'DROP-BUCKET': pipeline.dropBucket,
      's3://drops/': `s3://${pipeline.dropBucket}/`,
      'STATUS-BUCKET': pipeline.output('StatusBucketName'),
      VERSION: this.#version,
      'arn:aws:sqs:eu-west-1:123456789012:QUEUE': `${QUEUES}:${deadLetters}`,
      's3://BUCKET/KEY': `s3://${pipeline.dropBucket}/${KEY}`,
      FILE: KEY,
      '--stack NAME': `--stack ${STACK}`,
      // Another program may have that port.
      '--port 8400': '--port 0',
    };
    return Object.entries(values).reduce((command, [word, value]) => command.replaceAll(word, value), text);
  }
}
