import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DropRecord } from '../../lambda/model/record.ts';

/** Node.js, "Diagnostics channel": built-in channels of http. */
const CHANNEL = 'http.server.request.start';

export interface RequestCounts {
  /** By service and method: `S3 GET`. */
  readonly counts: Readonly<Record<string, number>>;
  stop(): void;
}

/**
 * Counts the requests that servers of this process take.
 * @param services addresses by the name of a service; other servers are left alone
 */
export function countRequests(services: Readonly<Record<string, string>>): RequestCounts {
  const names = new Map(Object.entries(services).map(([name, url]) => [Number(new URL(url).port), name]));
  const counts: Record<string, number> = {};
  const count = (message: unknown) => {
    const { request, server } = message as { request: IncomingMessage; server: Server };
    const address = server.address();
    const name = address !== null && typeof address === 'object' ? names.get(address.port) : undefined;
    if (name === undefined) return;
    const kind = `${name} ${request.method}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  subscribe(CHANNEL, count);
  return { counts, stop: () => void unsubscribe(CHANNEL, count) };
}

export interface FunctionFigures {
  readonly name: string;
  readonly invocations: number;
  /** Of all invocations together. */
  readonly billedSeconds: number;
  /** MB that one process held at most. */
  readonly peakMemory: number;
  /** Lines of level ERROR, and invocations that did not end by themselves. */
  readonly errors: readonly string[];
}

const REPORT = /^REPORT .*\tBilled Duration: (\d+) ms\t/;
const MEMORY = /Max Memory Used: (\d+) MB/;
const ERROR = /"level":"ERROR"|\tERROR\t|Task timed out|before it answered/;

/** What the functions did, by the lines that Lambda writes into their logs. */
export async function functionFigures(logs: string): Promise<readonly FunctionFigures[]> {
  return Promise.all((await readdir(logs)).sort().map((file) => figuresOf(logs, file)));
}

async function figuresOf(logs: string, file: string): Promise<FunctionFigures> {
  let [invocations, billedMs, peakMemory] = [0, 0, 0];
  const errors: string[] = [];
  for await (const line of createInterface({ input: createReadStream(join(logs, file)) })) {
    if (ERROR.test(line)) errors.push(line);
    const [, billed] = REPORT.exec(line) ?? [];
    if (billed === undefined) continue;
    invocations += 1;
    billedMs += Number(billed);
    peakMemory = Math.max(peakMemory, Number(MEMORY.exec(line)?.[1] ?? 0));
  }
  const name = file.replace(/^ImageDrop-(?:ImageDrop)?|Function.*$/g, '').replace(/\.log$/, '');
  return { name, invocations, billedSeconds: billedMs / 1000, peakMemory, errors };
}

/** The most that one ReceiveMessage gives (Amazon SQS API reference). */
const MAX_MESSAGES = 10;

/**
 * Collects the published outcomes until the expected number of drops has one.
 * @param told of each drop that is done, with how many are
 * @returns the last record of each drop, and how many outcomes were told twice
 */
export async function awaitOutcomes(
  sqs: SQSClient,
  queueUrl: string,
  drops: number,
  told: (done: number) => void,
): Promise<{ readonly records: readonly DropRecord[]; readonly repeated: number }> {
  const records = new Map<string, DropRecord>();
  let repeated = 0;
  while (records.size < drops) {
    for (const record of await receive(sqs, queueUrl)) {
      if (records.has(record.drop.id)) repeated += 1;
      records.set(record.drop.id, record);
      told(records.size);
    }
  }
  return { records: [...records.values()], repeated };
}

async function receive(sqs: SQSClient, QueueUrl: string): Promise<readonly DropRecord[]> {
  const command = { QueueUrl, MaxNumberOfMessages: MAX_MESSAGES, WaitTimeSeconds: 20 };
  const { Messages: messages = [] } = await sqs.send(new ReceiveMessageCommand(command));
  if (messages.length === 0) return [];
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  return messages.map(({ Body }) => JSON.parse(Body ?? ''));
}
