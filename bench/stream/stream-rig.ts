import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { parse, stringify } from 'yaml';
import { dropId, recordKey } from '../../lambda/model/drop.ts';
import type { UploadPlan } from '../../lambda/model/image.ts';
import { newImage } from '../../lambda/model/new-image.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { moveTo, receive } from '../../lambda/model/record-changes.ts';
import { freePort } from '../../local/contributing/openstack/free-port.ts';
import { Environment } from '../../local/lambda/environment.ts';
import { clientVariables, functionVariables } from '../../local/lambda/variables.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import { readPlan } from '../../local/template/plan.ts';
import { simulatedCloud } from '../../test/pipeline/cloud.ts';
import { Pipeline } from '../../test/pipeline/pipeline.ts';
import type { Run } from '../measure/run.ts';
import { cpuSeconds } from '../measure/run.ts';
import { type Nginx, startNginx } from './nginx.ts';

const CLOUD = 'simulator';
/** Not the stack's own: there its function would take the messages. */
const QUEUE = 'bench';

/** The deployed bundle of stream-upload in a process of its own, between nginx and nginx. */
export class StreamRig {
  readonly nginx: Nginx;
  readonly cloudsYaml: string;
  readonly #folder: string;
  readonly #pipeline: Pipeline;
  readonly #queueUrl: string;
  #environment: Environment | undefined;

  private constructor(folder: string, pipeline: Pipeline, nginx: Nginx, cloudsYaml: string, queueUrl: string) {
    this.#folder = folder;
    this.#pipeline = pipeline;
    this.nginx = nginx;
    this.cloudsYaml = cloudsYaml;
    this.#queueUrl = queueUrl;
  }

  static async start(): Promise<StreamRig> {
    const folder = await mkdtemp(join(memoryFolder(), 'imagedrop-bench-'));
    const ports = { s3: await freePort(), cloud: await freePort() };
    const cloud = await simulatedCloud({ folder: join(folder, 'cloud') });
    const settings = parse(cloud.cloudsYaml).clouds[CLOUD];
    const { origin } = new URL(settings.auth.auth_url);
    const override = { image_endpoint_override: `http://127.0.0.1:${ports.cloud}/image` };
    const cloudsYaml = stringify({ clouds: { [CLOUD]: { ...settings, ...override } } });
    const pipeline = await Pipeline.start({ cloud: { ...cloud, cloudsYaml } });
    const { s3 } = pipeline.stack.endpoints;
    const nginx = await startNginx({ folder, bucket: pipeline.dropBucket, ports, s3, cloud: origin });
    await pipeline.sqs.send(new CreateQueueCommand({ QueueName: QUEUE }));
    const queueUrl = new URL(`../${QUEUE}`, `${pipeline.output('UploadQueueUrl')}/`).href;
    return new StreamRig(folder, pipeline, nginx, cloudsYaml, queueUrl);
  }

  async stop(): Promise<void> {
    await this.renew();
    await this.nginx.stop();
    await this.#pipeline.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The next stream runs in a new process. */
  async renew(): Promise<void> {
    await this.#environment?.kill();
    this.#environment = undefined;
  }

  /** @returns where nginx gives a file that lies in its folder, under its own name */
  async sourceUrl(file: string): Promise<string> {
    const name = `${randomUUID()}.img`;
    await link(file, join(this.nginx.sourceFolder, name));
    return `${this.nginx.s3Url}/${this.#pipeline.dropBucket}/${name}`;
  }

  /** Streams a file of nginx's into an image of nginx's, as the function does it for a message. */
  async stream(file: string): Promise<Run & { readonly sha512: string }> {
    const environment = await this.#running();
    const { record, key } = await this.#created(file);
    const event = await this.#event(key);
    const [cpuBefore, began] = [cpuSeconds(environment.pid ?? 0), performance.now()];
    const outcome = await environment.invoke({ requestId: randomUUID(), functionArn: 'bench', event }, 900);
    const seconds = (performance.now() - began) / 1000;
    const cpu = cpuSeconds(environment.pid ?? 0) - cpuBefore;
    const after = await this.#record(key);
    if (after.status !== 'processing') throw new Error(`The stream failed: ${JSON.stringify({ outcome, after })}`);
    const sunk = join(this.nginx.sinkFolder, `image/v2/images/${record.image?.id}/file`);
    const { size } = await stat(sunk);
    await rm(sunk);
    await rm(join(this.nginx.sourceFolder, record.drop.key));
    if (size !== record.drop.size) throw new Error(`Of ${record.drop.size} bytes ${size} have arrived.`);
    return { seconds, cpuSeconds: cpu, peakMib: environment.maxMemoryMib() ?? 0, sha512: after.hashes?.sha512 ?? '' };
  }

  async #running(): Promise<Environment> {
    if (this.#environment?.alive) return this.#environment;
    const { assembly: cloudAssembly, stack } = this.#pipeline;
    const assembly = await readAssembly(cloudAssembly, 'ImageDrop');
    const { functions } = readPlan(assembly, { stackName: 'ImageDrop', gateUrl: stack.endpoints.sqs });
    const plan = functions.find(({ name }) => name.includes('StreamUpload'));
    if (plan === undefined) throw new Error('The stack has no function StreamUpload.');
    const client = clientVariables(
      { ...stack.operator, name: 'operator' },
      { ...stack.endpoints, s3: this.nginx.s3Url },
    );
    const variables = {
      ...functionVariables(plan, client, 'bench'),
      UPLOAD_QUEUE_URL: this.#queueUrl,
      STATUS_QUEUE_URL: this.#queueUrl,
    };
    const environment = new Environment({ variables, folder: plan.folder, onLine: () => {} });
    const ready = await environment.ready;
    if (!ready.ok) throw new Error(`stream-upload does not start: ${JSON.stringify(ready.error)}`);
    this.#environment = environment;
    return environment;
  }

  /** A record whose image waits for its data. */
  async #created(file: string): Promise<{ readonly record: DropRecord; readonly key: string }> {
    const url = await this.sourceUrl(file);
    const name = basename(url);
    const { headers } = await fetch(url, { method: 'HEAD' });
    const etag = (headers.get('etag') ?? '').replaceAll('"', '');
    const lastModified = new Date(headers.get('last-modified') ?? 0);
    const size = Number(headers.get('content-length'));
    const bucket = this.#pipeline.dropBucket;
    const id = dropId({ etag, lastModified });
    const drop = { bucket, key: name, id, etag, size, droppedAt: lastModified.toISOString() };
    const found = { format: 'raw', virtualSize: size } as const;
    const plan: UploadPlan = {
      route: 'stream',
      reason: 'It is measured.',
      diskFormat: 'raw',
      range: { offset: 0, length: size },
      // What Glance reports is sha512, unless its operator has chosen otherwise.
      algorithms: ['sha512'],
    };
    const record = {
      ...moveTo(receive(drop, CLOUD, new Date()), 'created', new Date()),
      found,
      plan,
      sent: newImage({ drop, target: CLOUD, generation: 1, found, plan, metadata: {} }),
      image: { id: await this.#image(name) },
      revision: 1,
      nonce: randomUUID(),
    };
    const key = recordKey(drop, CLOUD);
    const Bucket = this.#pipeline.output('StatusBucketName');
    await this.#pipeline.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: JSON.stringify(record) }));
    return { record, key };
  }

  async #image(name: string): Promise<string> {
    const client = await this.#pipeline.imageClient();
    const body = JSON.stringify({ name, disk_format: 'raw', container_format: 'bare' });
    const { json } = await client.ask('POST', '/v2/images', body, { 'content-type': 'application/json' });
    return json.id;
  }

  async #event(record: string): Promise<object> {
    const QueueUrl = this.#queueUrl;
    const { sqs } = this.#pipeline;
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ record }) }));
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
    const { MessageId: messageId, ReceiptHandle: receiptHandle, Body: body } = message ?? {};
    const attributes = { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) };
    return { Records: [{ messageId, receiptHandle, body, attributes }] };
  }

  async #record(Key: string): Promise<DropRecord> {
    const Bucket = this.#pipeline.output('StatusBucketName');
    const { Body: body } = await this.#pipeline.s3.send(new GetObjectCommand({ Bucket, Key }));
    return JSON.parse((await body?.transformToString()) ?? '');
  }
}

/** Where files are memory. */
function memoryFolder(): string {
  const folder = '/dev/shm';
  return existsSync(folder) ? folder : tmpdir();
}
