import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { QueueEngine } from '../../../local/services/queue-engine.ts';
import { arn } from '../../../local/template/names.ts';

const queue = (name: string) => ({ name, arn: arn('sqs', name), url: `http://127.0.0.1:1/0/${name}`, attributes: {} });
const JOBS = arn('sqs', 'jobs');
const NEVER = new AbortController().signal;

let folder: string;
let engines: QueueEngine[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-'));
  engines = [];
});
afterEach(async () => {
  for (const engine of engines) await engine.close();
  rmSync(folder, { recursive: true });
});

async function start(...names: string[]): Promise<QueueEngine> {
  const onError = (error: unknown) => {
    throw error;
  };
  const engine = new QueueEngine(folder, { onError });
  engines.push(engine);
  await engine.provide({ queues: names.map(queue), topics: [], subscriptions: [] });
  return engine;
}

const stop = () => engines.pop()?.close();
const bodies = async (engine: QueueEngine) => (await engine.receive(JOBS, 10, 0, NEVER)).map(({ Body }) => Body);

test('a waiting receive gets a message as soon as it is sent, without a timer', async () => {
  const engine = await start('jobs');
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  try {
    const received = engine.receive(JOBS, 1, 20, NEVER);
    await setImmediate();
    await engine.send(JOBS, 'hello');
    expect(await received).toMatchObject([{ Body: 'hello' }]);
  } finally {
    jest.useRealTimers();
  }
});

describe('the next start', () => {
  test('finds messages with their attributes, and those in flight are visible', async () => {
    const first = await start('jobs');
    const kind = { DataType: 'String', StringValue: 'image' };
    const input = { QueueUrl: 'jobs', MessageBody: 'a', MessageAttributes: { kind } };
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' };
    await first.request(headers, JSON.stringify(input));
    await first.receive(JOBS, 1, 0, NEVER);
    await first.send(JOBS, 'b');
    await stop();
    const received = await (await start('jobs')).receive(JOBS, 10, 0, NEVER);
    expect(received).toMatchObject([{ Body: 'a', MessageAttributes: { kind } }, { Body: 'b' }]);
  });

  test('lets a delayed message wait for the rest of its delay', async () => {
    await (await start('jobs')).send(JOBS, 'later', 600);
    await stop();
    const second = await start('jobs');
    expect(await bodies(second)).toEqual([]);
    await stop();
    const [{ visibleAtMs }] = JSON.parse(readFileSync(join(folder, 'messages.json'), 'utf8'));
    expect(visibleAtMs).toBeGreaterThan(Date.now() + 500_000);
  });

  test('does not find a deleted message, nor one whose queue has left the template', async () => {
    const first = await start('jobs', 'old');
    await first.send(arn('sqs', 'old'), 'x');
    await first.send(JOBS, 'done');
    const [message] = await first.receive(JOBS, 1, 0, NEVER);
    if (message !== undefined) await first.delete(JOBS, message);
    await stop();
    expect(await bodies(await start('jobs'))).toEqual([]);
    await stop();
    expect(readFileSync(join(folder, 'messages.json'), 'utf8')).toBe('[]');
  });
});

test('only the owner of the folder can read the messages', async () => {
  await start('jobs');
  await stop();
  expect(statSync(join(folder, 'messages.json')).mode & 0o777).toBe(0o600);
});

test('a wait for messages ends when its signal does', async () => {
  const abort = new AbortController();
  const waiting = (await start('jobs')).receive(JOBS, 1, 20, abort.signal);
  abort.abort();
  expect(await waiting).toEqual([]);
});
