import { join } from 'node:path';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { StackFaults } from '../../local/faults.ts';
import { type EmbeddedStack, startStack } from '../../local/stack.ts';
import { type Fixture, STACK_NAME, temporaryFolder, writeAssembly } from './assembly-fixture.ts';

export interface FixtureOptions {
  readonly template: Fixture;
  readonly bundles?: Record<string, string>;
  readonly secrets?: Record<string, string>;
  readonly faults?: StackFaults | undefined;
}

export interface RunningFixture {
  readonly stack: EmbeddedStack;
  readonly sqs: SQSClient;
  /** What functions have logged, and the stack itself. */
  readonly lines: readonly string[];
  readonly folder: string;
  send(output: string, body: string): Promise<void>;
  /** Waits for one message and deletes it; with 0 seconds, undefined where there is none. */
  receive(output: string, waitSeconds?: number): Promise<Message | undefined>;
  stop(): Promise<void>;
}

/** A stack of its own for one test; stop() takes it away, folder and all. */
export async function startFixture({
  template,
  bundles = {},
  secrets = {},
  faults,
}: FixtureOptions): Promise<RunningFixture> {
  const folder = await temporaryFolder();
  const lines: string[] = [];
  const cloudAssembly = await writeAssembly(join(folder.path, 'cdk.out'), template, bundles);
  const state = join(folder.path, 'state');
  const onLog = (line: string) => lines.push(line);
  const wrong = faults === undefined ? {} : { faults };
  const stack = await startStack({ cloudAssembly, stackName: STACK_NAME, folder: state, secrets, onLog, ...wrong });
  const sqs = sqsClient(stack);
  return {
    ...{ stack, sqs, lines, folder: state },
    async send(output, body) {
      await sqs.send(new SendMessageCommand({ QueueUrl: stack.outputs[output], MessageBody: body }));
    },
    receive: (output, waitSeconds = 20) => receiveOne(sqs, stack.outputs[output], waitSeconds),
    async stop() {
      sqs.destroy();
      await stack.stop();
      await folder.remove();
    },
  };
}

export function sqsClient(stack: EmbeddedStack, credentials = stack.operator): SQSClient {
  // The client writes into the credentials that it is given.
  const options = { region: 'us-east-1', credentials: { ...credentials }, maxAttempts: 1 };
  return new SQSClient({ endpoint: stack.endpoints.sqs, ...options });
}

/** Waits for one message and deletes it; with 0 seconds, undefined where there is none. */
export async function receiveOne(sqs: SQSClient, QueueUrl: string | undefined, WaitTimeSeconds: number) {
  for (;;) {
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds }));
    if (message !== undefined) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
    if (message !== undefined || WaitTimeSeconds === 0) return message;
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until something holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 120_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come to pass within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
