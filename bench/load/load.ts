import { join } from 'node:path';
import { CreateQueueCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { parse } from 'yaml';
import { inTurns } from '../../bin/in-turns.ts';
import { Pipeline } from '../../test/pipeline/pipeline.ts';
import { rawDisk } from '../../test/support/disk.ts';
import { awaitOutcomes, countRequests, type FunctionFigures, functionFigures } from './counts.ts';
import { liveMib, sampleMemory } from './memory-samples.ts';

/** Small enough that the pipeline is measured and not the disk. */
const DROP_BYTES = 64 * 1024;
const PUTS_AT_A_TIME = 32;
/** The work is cut into so many equal pieces, so that one sees whether later ones take longer. */
const PIECES = 10;

export interface LoadFigures {
  readonly drops: number;
  /** How many records ended with each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Outcomes that were told more than once. */
  readonly repeated: number;
  /** Images in the cloud; as many as there are drops. */
  readonly images: number;
  /** Messages left in the queues of the stack, dead letters among them. */
  readonly messages: number;
  /** Until the last PUT was answered. */
  readonly putSeconds: number;
  /** From the first PUT to the last outcome. */
  readonly seconds: number;
  /** Drops in a second, in each tenth of them. */
  readonly rates: readonly number[];
  /** MiB, one figure for each second: the services and the simulator, and all functions together. */
  readonly memory: { readonly own: readonly number[]; readonly functions: readonly number[] };
  /** MiB that services and simulator kept after a collection of garbage, at the end of each tenth. */
  readonly live: readonly number[];
  readonly functions: readonly FunctionFigures[];
  /** By service and method; the drops themselves and the listening to their outcomes among them. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Puts so many small drops at once into a stack of its own, and waits until each has its outcome. */
export async function load(drops: number, progress: (done: number) => void = () => {}): Promise<LoadFigures> {
  const pipeline = await Pipeline.start();
  try {
    return await measured(pipeline, drops, progress);
  } finally {
    await pipeline.stop();
  }
}

async function measured(pipeline: Pipeline, drops: number, progress: (done: number) => void): Promise<LoadFigures> {
  const queueUrl = await outcomeQueue(pipeline);
  const memory = sampleMemory();
  const { s3, sqs } = pipeline.stack.endpoints;
  const cloud = parse(pipeline.cloud.cloudsYaml).clouds.simulator.auth.auth_url;
  const requests = countRequests({ S3: s3, 'other services': sqs, cloud });
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  const marks: number[] = [0];
  const live: number[] = [];
  const mark = (done: number) => {
    if (done >= (marks.length * drops) / PIECES) {
      marks.push(since());
      live.push(liveMib());
    }
    progress(done);
  };
  const put = inTurns(
    Array.from({ length: drops }, (_, index) => index),
    PUTS_AT_A_TIME,
    (index) => pipeline.drop(`load/${index}.img`, rawDisk(DROP_BYTES, index % 256)),
  ).then(since);
  const [putSeconds, { records, repeated }] = await Promise.all([
    put,
    awaitOutcomes(pipeline.sqs, queueUrl, drops, mark),
  ]);
  const seconds = since();
  await pipeline.idle();
  memory.stop();
  requests.stop();
  return {
    ...{ drops, repeated, putSeconds, seconds, memory, live, requests: requests.counts },
    statuses: counted(records.map(({ status, error }) => (error === undefined ? status : `${status} ${error.code}`))),
    images: await imageCount(pipeline),
    messages: await messagesLeft(pipeline),
    rates: marks.slice(1).map((at, index) => drops / PIECES / (at - (marks[index] ?? 0))),
    functions: await functionFigures(join(pipeline.folder, 'stack/logs')),
  };
}

/** A queue that hears all outcomes from now on. */
async function outcomeQueue(pipeline: Pipeline): Promise<string> {
  await pipeline.subscribe();
  const { QueueUrl = '' } = await pipeline.sqs.send(new CreateQueueCommand({ QueueName: 'outcomes' }));
  return QueueUrl;
}

async function imageCount(pipeline: Pipeline): Promise<number> {
  const client = await pipeline.imageClient();
  let count = 0;
  for (let next: string | undefined = '/v2/images?limit=1000'; next !== undefined; ) {
    const { json } = await client.ask('GET', next);
    count += json.images.length;
    next = json.next;
  }
  return count;
}

async function messagesLeft(pipeline: Pipeline): Promise<number> {
  const { QueueUrls: urls = [] } = await pipeline.sqs.send(new ListQueuesCommand());
  const counts = await Promise.all(urls.map((url) => pipeline.messagesIn(url)));
  return counts.reduce((sum, count) => sum + count, 0);
}

function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
