import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetQueueAttributesCommand, type QueueAttributeName, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { arnOf, fn, type Grant, LOGGING, mapping, POLLING, queue, role } from './assembly-fixture.ts';
import { eventually, isAlive, type RunningFixture, startFixture } from './stack-fixture.ts';

let fixture: RunningFixture | undefined;
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});

interface Case {
  readonly handler: string;
  readonly properties?: Record<string, unknown>;
  readonly mapping?: Record<string, unknown>;
  readonly queue?: Record<string, unknown>;
  readonly mayLog?: boolean;
}

/** A queue that a function reads, with a dead-letter queue behind it. */
async function start(options: Case): Promise<RunningFixture> {
  const RedrivePolicy = { deadLetterTargetArn: arnOf('Dead'), maxReceiveCount: 2 };
  const grants: Grant[] = [[POLLING, [arnOf('In')]], ...(options.mayLog === false ? [] : [LOGGING])];
  fixture = await startFixture({
    template: {
      Resources: {
        In: queue({ VisibilityTimeout: 1, RedrivePolicy, ...options.queue }),
        Dead: queue(),
        Role: role(...grants),
        Fn: fn('code', 'Role', { Timeout: 1, ...options.properties }),
        Mapping: mapping('In', 'Fn', { BatchSize: 1, ...options.mapping }),
      },
      Outputs: { In: { Value: { Ref: 'In' } }, Dead: { Value: { Ref: 'Dead' } } },
    },
    bundles: { code: options.handler },
  });
  return fixture;
}

const logged = (text: string | RegExp) => fixture?.lines.filter((line) => line.match(text)) ?? [];

async function count(output: string, name: QueueAttributeName): Promise<number> {
  const QueueUrl = fixture?.stack.outputs[output];
  const answer = await fixture?.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }));
  return Number(answer?.Attributes?.[name]);
}

async function nothingLeft(): Promise<void> {
  await eventually(async () => (await count('In', 'ApproximateNumberOfMessages')) === 0);
  await eventually(async () => (await count('In', 'ApproximateNumberOfMessagesNotVisible')) === 0);
}

describe('a message', () => {
  test('reaches its function in the form of Lambda, and is deleted when that is done', async () => {
    const { send } = await start({ handler: 'export const handler = (event) => console.log(JSON.stringify(event))' });
    await send('In', 'hello');
    await eventually(() => logged('Records').length === 1);
    const { Records } = JSON.parse(String(logged('Records')[0]?.replace('Fixture-Fn: ', '')));
    expect(Records).toEqual([
      {
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
        body: 'hello',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {},
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Fixture-In',
        awsRegion: 'us-east-1',
      },
    ]);
    await nothingLeft();
  });

  test('reaches a warm function within 100 ms', async () => {
    const { send } = await start({
      handler: `export const handler = ({ Records: [{ body }] }) => console.log('took', Date.now() - Number(body))`,
    });
    for (let sent = 1; sent <= 5; sent += 1) {
      await send('In', String(Date.now()));
      await eventually(() => logged('took').length === sent);
    }
    const times = logged('took').map((line) => Number(/took (\d+)/.exec(line)?.[1]));
    // The first one starts the environment; of the others a busy machine may disturb some.
    expect(Math.min(...times.slice(1))).toBeLessThan(100);
  });

  test('whose function throws comes again, and goes to the dead-letter queue in the end', async () => {
    const { send, receive } = await start({
      handler: 'export const handler = () => { throw new TypeError("no good") }',
    });
    await send('In', 'bad');
    expect((await receive('Dead', 10))?.Body).toBe('bad');
    expect(logged(/ERROR\tInvoke Error.*"errorType":"TypeError","errorMessage":"no good"/)).toHaveLength(2);
  });

  test('carries its attributes to the function', async () => {
    const { sqs, stack } = await start({
      handler: 'export const handler = ({ Records }) => console.log(JSON.stringify(Records[0].messageAttributes))',
    });
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'image' } };
    const Entries = [{ Id: 'a', MessageBody: 'x', MessageAttributes }];
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.outputs.In, Entries }));
    const expected = '{"stringValue":"image","stringListValues":[],"binaryListValues":[],"dataType":"String"}';
    await eventually(() => fixture?.lines.some((line) => line.includes(`{"kind":${expected}}`)) ?? false);
  });
});

describe('of a batch', () => {
  const batch = async (reports: boolean) => {
    const running = await start({
      handler: `export const handler = ({ Records }) => {
        console.log('batch of ' + Records.length);
        const bad = Records.filter(({ body }) => body === 'bad');
        return { batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) };
      }`,
      mapping: { BatchSize: 10, FunctionResponseTypes: reports ? ['ReportBatchItemFailures'] : [] },
    });
    const Entries = ['good', 'bad'].map((body) => ({ Id: body, MessageBody: body }));
    await running.sqs.send(new SendMessageBatchCommand({ QueueUrl: running.stack.outputs.In, Entries }));
    await eventually(() => logged('batch of 2').length === 1);
    return running;
  };

  test('the messages that are reported come again, the others do not', async () => {
    const { receive } = await batch(true);
    expect((await receive('Dead', 10))?.Body).toBe('bad');
    await nothingLeft();
    expect(await receive('Dead', 0)).toBeUndefined();
  });

  test('none comes again when the mapping takes no reports', async () => {
    await batch(false);
    await nothingLeft();
    expect(logged('batch of')).toHaveLength(1);
  });

  test('the messages come together that arrive within its window', async () => {
    const { send } = await start({
      handler: `export const handler = ({ Records }) => console.log('batch of ' + Records.length)`,
      mapping: { BatchSize: 3, MaximumBatchingWindowInSeconds: 10 },
      queue: { VisibilityTimeout: 30 },
    });
    for (const body of ['a', 'b', 'c']) await send('In', body);
    await eventually(() => logged('batch of 3').length === 1);
  });
});

describe('a function', () => {
  test('that takes too long is killed, and its message comes again', async () => {
    const { send } = await start({
      handler: 'export const handler = () => new Promise(() => console.log("pid " + process.pid))',
    });
    await send('In', 'slow');
    await eventually(() => logged('Task timed out after 1.00 seconds').length === 2, 8000);
    const pids = logged(/pid \d+/).map((line) => Number(/\d+$/.exec(line)?.[0]));
    expect(new Set(pids).size).toBe(2);
    await eventually(() => !pids.some(isAlive));
  });

  test('that crashes fails its message and gets a new process', async () => {
    const { send } = await start({
      handler:
        'export const handler = ({ Records }) => Records[0].attributes.ApproximateReceiveCount === "1" ? process.exit(7) : console.log("second try")',
    });
    await send('In', 'crash');
    await eventually(() => logged('second try').length === 1);
    expect(logged('exited with the status 7 before it answered')).toHaveLength(1);
  });

  test.each([
    ['throws while it is loaded', 'throw new Error("no start")', /no start/],
    ['exports no handler', 'export const other = 1', /index.handler is undefined or not exported/],
  ])('that %s fails each invocation with the reason', async (_how, handler, message) => {
    const { stack } = await start({ handler });
    const outcome = await stack.invoke('Fn', {});
    expect(outcome).toMatchObject({ ok: false, error: { errorMessage: expect.stringMatching(message) } });
  });

  test('runs as often at one time as its mapping says, and no more', async () => {
    const { send } = await start({
      handler: `export const handler = async () => {
        console.log('+'); await new Promise((resolve) => setTimeout(resolve, 300)); console.log('-');
      }`,
      mapping: { ScalingConfig: { MaximumConcurrency: 2 } },
      queue: { VisibilityTimeout: 30 },
    });
    for (let message = 0; message < 6; message += 1) await send('In', String(message));
    await eventually(() => logged('Fn: -').length === 6, 8000);
    let running = 0;
    const depths = logged(/Fn: [+-]/).map((line) => {
      running += line.endsWith('+') ? 1 : -1;
      return running;
    });
    expect(Math.max(...depths)).toBe(2);
  });

  test('waits for its turn beyond its reserved concurrency', async () => {
    const { stack } = await start({
      handler: 'let n = 0; export const handler = async () => { n += 1; await null; return n }',
      properties: { ReservedConcurrentExecutions: 1 },
    });
    const outcomes = await Promise.all([1, 2, 3].map(() => stack.invoke('Fn', {})));
    expect(outcomes).toEqual([1, 2, 3].map((result) => ({ ok: true, result })));
  });

  test('finds its own environment and nothing of its host', async () => {
    process.env.HOST_SECRET = 'of the host';
    const { stack } = await start({
      handler:
        'export const handler = (event, context) => ({ env: process.env, event, context, left: context.getRemainingTimeInMillis() })',
      properties: { Environment: { Variables: { QUEUE: arnOf('In') } }, MemorySize: 256, Timeout: 20 },
      queue: { VisibilityTimeout: 20 },
    });
    delete process.env.HOST_SECRET;
    const outcome = await stack.invoke('Fn', { hello: 1 });
    if (!outcome.ok) throw new Error(outcome.error.errorMessage);
    const { env, event, context, left } = outcome.result as Record<string, never>;
    expect(event).toEqual({ hello: 1 });
    expect(left).toBeGreaterThan(15_000);
    expect(left).toBeLessThanOrEqual(20_000);
    expect(context).toMatchObject({
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionName: 'Fixture-Fn',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Fixture-Fn',
      memoryLimitInMB: '256',
    });
    expect(env).toMatchObject({
      QUEUE: 'arn:aws:sqs:us-east-1:000000000000:Fixture-In',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_SQS: stack.endpoints.sqs,
      NODE_OPTIONS: '--max-old-space-size=230 --enable-source-maps',
    });
    expect(env).not.toHaveProperty('HOST_SECRET');
    expect(env).not.toHaveProperty('HOME');
  });

  test('logs what it writes between START and REPORT, in a file of its own', async () => {
    const { stack, folder } = await start({
      handler: 'export const handler = () => { console.log("one"); console.error("two") }',
    });
    await stack.invoke('Fn', {});
    const log = await readFile(join(folder, 'logs', 'Fixture-Fn.log'), 'utf8');
    expect(log).toMatch(/^START RequestId: \S+ Version: \$LATEST\n(one\ntwo|two\none)\nREPORT RequestId: /);
    expect(log).toMatch(/REPORT .*\tDuration: [\d.]+ ms\t.*Memory Size: 128 MB/);
  });

  test('whose role may not log runs without a log, and the stack says so', async () => {
    const { stack, lines } = await start({
      handler: 'export const handler = () => console.log("unheard")',
      mayLog: false,
    });
    expect(await stack.invoke('Fn', {})).toEqual({ ok: true, result: null });
    expect(lines).toContain('Fixture-Fn: its role does not allow it to write its log');
    expect(logged('unheard')).toEqual([]);
  });
});

test('a mapping whose role may not read the queue is refused at the start', async () => {
  const started = startFixture({
    template: { Resources: { In: queue(), Role: role(), Fn: fn('code', 'Role'), Mapping: mapping('In', 'Fn') } },
    bundles: { code: '' },
  });
  await expect(started).rejects.toThrow('Role does not allow sqs:ReceiveMessage on arn:aws:sqs');
});

test('a queue whose messages come again before the function is killed is refused at the start', async () => {
  const refused = start({ handler: '', properties: { Timeout: 31 }, queue: { VisibilityTimeout: 30 } });
  await expect(refused).rejects.toThrow(/Fixture-In \(30 s\) is shorter than the time-out of Fn \(31 s\)/);
});
