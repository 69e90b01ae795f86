import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { arnOf } from '../assembly-fixture.ts';
import { eventually, isAlive } from '../stack-fixture.ts';
import { logged, RETRIED_SOON, startCase } from './lambda-case.ts';

describe('a function', () => {
  test('that takes too long is killed, and its message comes again', async () => {
    const { send } = await startCase({
      handler: 'export const handler = () => new Promise(() => console.log("pid " + process.pid))',
      ...RETRIED_SOON,
    });
    await send('In', 'slow');
    await eventually(() => logged('Task timed out after 5.00 seconds').length === 2);
    const pids = logged(/pid \d+/).map((line) => Number(/\d+$/.exec(line)?.[0]));
    expect(new Set(pids).size).toBe(2);
    await eventually(() => !pids.some(isAlive));
  });

  test('that crashes fails its message and gets a new process', async () => {
    const { send } = await startCase({
      handler:
        'export const handler = ({ Records }) => Records[0].attributes.ApproximateReceiveCount === "1" ? process.exit(7) : console.log("second try")',
      ...RETRIED_SOON,
    });
    await send('In', 'crash');
    await eventually(() => logged('second try').length === 1);
    expect(logged('exited with the status 7 before it answered')).toHaveLength(1);
  });

  test.each([
    ['throws while it is loaded', 'throw new Error("no start")', /no start/],
    ['exports no handler', 'export const other = 1', /index.handler is undefined or not exported/],
  ])('that %s fails each invocation with the reason', async (_how, handler, message) => {
    const { stack } = await startCase({ handler });
    const outcome = await stack.invoke('Fn', {});
    expect(outcome).toMatchObject({ ok: false, error: { errorMessage: expect.stringMatching(message) } });
  });

  test('runs as often at one time as its mapping says, and no more', async () => {
    const { send } = await startCase({
      handler: `export const handler = async () => {
        console.log('+'); await new Promise((resolve) => setTimeout(resolve, 300)); console.log('-');
      }`,
      mapping: { ScalingConfig: { MaximumConcurrency: 2 } },
    });
    for (let message = 0; message < 6; message += 1) await send('In', String(message));
    await eventually(() => logged('Fn: -').length === 6);
    let running = 0;
    const depths = logged(/Fn: [+-]/).map((line) => {
      running += line.endsWith('+') ? 1 : -1;
      return running;
    });
    expect(Math.max(...depths)).toBe(2);
  });

  test('waits for its turn beyond its reserved concurrency', async () => {
    const { stack } = await startCase({
      handler: 'let n = 0; export const handler = async () => { n += 1; await null; return n }',
      properties: { ReservedConcurrentExecutions: 1 },
    });
    const outcomes = await Promise.all([1, 2, 3].map(() => stack.invoke('Fn', {})));
    expect(outcomes).toEqual([1, 2, 3].map((result) => ({ ok: true, result })));
  });

  test('finds its own environment and nothing of its host', async () => {
    process.env.HOST_SECRET = 'of the host';
    const { stack } = await startCase({
      handler:
        'export const handler = (event, context) => ({ env: process.env, event, context, left: context.getRemainingTimeInMillis() })',
      properties: { Environment: { Variables: { QUEUE: arnOf('In') } }, MemorySize: 256, Timeout: 900 },
      queue: { VisibilityTimeout: 900 },
    });
    delete process.env.HOST_SECRET;
    const outcome = await stack.invoke('Fn', { hello: 1 });
    if (!outcome.ok) throw new Error(outcome.error.errorMessage);
    const { env, event, context, left } = outcome.result as Record<string, never>;
    expect(event).toEqual({ hello: 1 });
    expect(left).toBeGreaterThan(600_000);
    expect(left).toBeLessThanOrEqual(900_000);
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
      NODE_OPTIONS: '--max-old-space-size=230',
    });
    expect(env).not.toHaveProperty('HOST_SECRET');
    expect(env).not.toHaveProperty('HOME');
  });

  test('logs what it writes between START and REPORT, in a file of its own', async () => {
    const { stack, folder } = await startCase({
      handler: 'export const handler = () => { console.log("one"); console.error("two") }',
    });
    await stack.invoke('Fn', {});
    const log = await readFile(join(folder, 'logs', 'Fixture-Fn.log'), 'utf8');
    expect(log).toMatch(/^START RequestId: \S+ Version: \$LATEST\n(one\ntwo|two\none)\nREPORT RequestId: /);
    expect(log).toMatch(/REPORT .*\tDuration: [\d.]+ ms\t.*Memory Size: 128 MB/);
  });

  test('whose role may not log runs without a log, and the stack says so', async () => {
    const { stack, lines } = await startCase({
      handler: 'export const handler = () => console.log("unheard")',
      mayLog: false,
    });
    expect(await stack.invoke('Fn', {})).toEqual({ ok: true, result: null });
    expect(lines).toContain('Fixture-Fn: its role does not allow it to write its log');
    expect(logged('unheard')).toEqual([]);
  });
});
