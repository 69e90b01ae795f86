import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type EmbeddedStack, startStack } from '../../local/stack.ts';
import {
  arnOf,
  type Fixture,
  fn,
  type Grant,
  LOGGING,
  mapping,
  POLLING,
  queue,
  role,
  STACK_NAME,
  temporaryFolder,
  writeAssembly,
} from './assembly-fixture.ts';
import { eventually, isAlive, receiveOne, sqsClient } from './stack-fixture.ts';

// Processes are started and ended, which a busy machine takes its time for.
const SDK = import.meta.resolve('@aws-sdk/client-sqs');
/** Sends on what it gets, some of it late. */
const relay = `
  import { SendMessageCommand, SQSClient } from '${SDK}';
  const sqs = new SQSClient();
  const told = new Promise((resolve) => process.once('SIGTERM', resolve));
  export const handler = async ({ Records: [{ body }] }) => {
    console.log('pid ' + process.pid + ' got ' + body);
    if (body === 'until told') await told;
    if (body === 'slow') await new Promise((resolve) => setTimeout(resolve, 60_000));
    await sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: 'relayed ' + body }));
  };`;
const template = {
  Resources: {
    In: queue({ VisibilityTimeout: 600 }),
    Out: queue(),
    Role: role([POLLING, [arnOf('In')]], [['sqs:SendMessage'], [arnOf('Out')]], LOGGING),
    Relay: fn('relay', 'Role', { Timeout: 90, Environment: { Variables: { OUT: { Ref: 'Out' } } } }),
    Mapping: mapping('In', 'Relay', { BatchSize: 1 }),
  },
  Outputs: { In: { Value: { Ref: 'In' } }, Out: { Value: { Ref: 'Out' } } },
};

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts stacks in one folder, one after the other. */
async function stacks({ fixture = template, shutdownMs = 3000 }: { fixture?: Fixture; shutdownMs?: number } = {}) {
  const { path, remove } = await temporaryFolder();
  cleanups.push(remove);
  const cloudAssembly = await writeAssembly(join(path, 'cdk.out'), fixture, { relay });
  const folder = join(path, 'state');
  const lines: string[] = [];
  const options = { cloudAssembly, stackName: STACK_NAME, folder, secrets: {}, shutdownMs };
  const start = async (): Promise<EmbeddedStack> => {
    const stack = await startStack({ ...options, onLog: (line) => lines.push(line) });
    cleanups.push(() => stack.stop());
    return stack;
  };
  return { start, options, folder, lines };
}

async function send(stack: EmbeddedStack, body: string): Promise<void> {
  const { SendMessageCommand } = await import('@aws-sdk/client-sqs');
  const QueueUrl = stack.outputs.In;
  await sqsClient(stack).send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
}

const relayed = async (stack: EmbeddedStack) => (await receiveOne(sqsClient(stack), stack.outputs.Out, 20))?.Body;

function pidIn(text: string): number {
  return Number(/pid (\d+)/.exec(text)?.[1]);
}

test('a message goes from a queue through a function to the next queue', async () => {
  const { start } = await stacks();
  const stack = await start();
  await send(stack, 'hello');
  expect(await relayed(stack)).toBe('relayed hello');
  expect(stack.access.usage().unused).toEqual([]);
});

describe('a stack that stops', () => {
  test('leaves no process behind, even where a function is at work', async () => {
    const { start, lines } = await stacks();
    const stack = await start();
    await send(stack, 'slow');
    await eventually(() => lines.some((line) => line.includes('got slow')));
    await stack.stop();
    expect(isAlive(pidIn(lines.join()))).toBe(false);
  });

  test('lets a function end properly', async () => {
    const { start, lines } = await stacks({ shutdownMs: 120_000 });
    const stack = await start();
    await send(stack, 'until told');
    await eventually(() => lines.some((line) => line.includes('got until told')));
    await stack.stop();
    expect(await relayed(await start())).toBe('relayed until told');
  });

  test('keeps keys, ports and messages for the next start', async () => {
    const { start, lines } = await stacks();
    const first = await start();
    await send(first, 'hello');
    await eventually(() => lines.some((line) => line.includes('REPORT')));
    await first.stop();
    const second = await start();
    expect(second.operator).toEqual(first.operator);
    expect(second.endpoints).toEqual(first.endpoints);
    expect(await relayed(second)).toBe('relayed hello');
  });

  test('lets only its owner read the keys', async () => {
    const { start, folder } = await stacks();
    await start();
    expect((await stat(join(folder, 'stack.json'))).mode & 0o777).toBe(0o600);
  });
});

describe('a stack whose process is killed', () => {
  test('loses no message, and its functions do not live on', async () => {
    const { start, options, folder } = await stacks();
    const host = hostProcess(options);
    const [outputs] = (await once(host, 'message')) as [{ stack: EmbeddedStack }];
    await send(outputs.stack, 'until told');
    const log = join(folder, 'logs', 'Fixture-Relay.log');
    const read = () => readFileSync(log, { encoding: 'utf8', flag: 'a+' });
    await eventually(() => read().includes('got until told'));
    host.kill('SIGKILL');
    await eventually(() => !isAlive(pidIn(read())));

    await start();
    await eventually(() => read().match(/got until told/g)?.length === 2);
  });
});

/** Runs a stack in a process of its own. */
function hostProcess(options: object): ChildProcess {
  const stack = pathToFileURL(join(import.meta.dirname, '../../local/stack.ts')).href;
  const source = `
    const { startStack } = await import('${stack}');
    const { outputs, endpoints, operator } = await startStack(${JSON.stringify(options)});
    process.send({ stack: { outputs, endpoints, operator } });`;
  const host = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {},
  });
  cleanups.push(async () => {
    host.kill('SIGKILL');
  });
  return host;
}

test('a second stack in the same folder is refused', async () => {
  const { start } = await stacks();
  await start();
  await expect(start()).rejects.toThrow(/A stack is running in .* already/);
});

test('a stack that cannot start leaves its folder free', async () => {
  const broken = { ...template, Outputs: { In: { Value: { Ref: 'Nowhere' } } } };
  const { start } = await stacks({ fixture: broken });
  await expect(start()).rejects.toThrow('no resource Nowhere');
  await expect(start()).rejects.toThrow('no resource Nowhere');
});

describe('a schedule', () => {
  const scheduled = (Target: object, grants: Grant[]): Fixture => ({
    Resources: {
      ...{ Out: queue(), SchedulerRole: role(...grants) },
      Schedule: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: 'rate(1 hour)',
          Target: { RoleArn: arnOf('SchedulerRole'), ...Target },
        },
      },
    },
    Outputs: { Out: { Value: { Ref: 'Out' } } },
  });

  test('of EventBridge Scheduler fires when the stack starts', async () => {
    const grants: Grant[] = [[['sqs:SendMessage'], [arnOf('Out')]]];
    const { start } = await stacks({ fixture: scheduled({ Arn: arnOf('Out'), Input: '{"now":true}' }, grants) });
    expect(await relayed(await start())).toBe('{"now":true}');
  });

  test('does nothing that its role does not allow', async () => {
    const { start, lines } = await stacks({ fixture: scheduled({ Arn: arnOf('Out') }, []) });
    await start();
    await eventually(() => lines.some((line) => line.includes('is not authorized to perform: sqs:SendMessage')));
  });
});
