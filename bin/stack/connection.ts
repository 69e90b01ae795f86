import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { WrongUse } from '../commands/wrong-use.ts';
import { runningStack, STATE_FOLDER } from './local.ts';

/** A stack to work with, deployed or on this machine. */
export interface StackConnection {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  /** One of the stack's outputs. @throws WrongUse when it has none of that name */
  output(name: string): string;
  close(): void;
}

/** A run of reconcile may take five minutes, in which Lambda says nothing. */
const ANSWER_TIMEOUT_MS = 330_000;

/**
 * Connects to a deployed stack by its name, with the AWS credentials of the environment, or to the one that runs here.
 * @throws WrongUse when there is none
 */
export async function connectTo(stackName: string | undefined): Promise<StackConnection> {
  return stackName === undefined ? connectHere() : connectToDeployed(stackName);
}

/** Works with a stack, as connectTo finds it, and lets it go in the end. */
export async function withStack<T>(name: string | undefined, work: (stack: StackConnection) => Promise<T>): Promise<T> {
  const stack = await connectTo(name);
  try {
    return await work(stack);
  } finally {
    stack.close();
  }
}

async function connectHere(): Promise<StackConnection> {
  const stack = await runningStack(join(process.env.INIT_CWD ?? process.cwd(), STATE_FOLDER));
  if (stack === undefined) {
    throw new WrongUse('No stack runs in this folder: run `npm start` in another terminal, or name one with --stack.');
  }
  // The SDKs find region, keys and addresses in these variables.
  Object.assign(process.env, stack.environment);
  return connection('The stack on this machine', stack.outputs);
}

async function connectToDeployed(stackName: string): Promise<StackConnection> {
  const client = new CloudFormationClient();
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
    return connection(`The stack ${stackName}`, Object.fromEntries(outputs));
  } catch (error) {
    throw new WrongUse(`The stack ${stackName} could not be found: ${(error as Error).message}`, { cause: error });
  } finally {
    client.destroy();
  }
}

function connection(what: string, outputs: Readonly<Record<string, string>>): StackConnection {
  const s3 = new S3Client();
  const sqs = new SQSClient();
  const lambda = new LambdaClient({ requestHandler: { requestTimeout: ANSWER_TIMEOUT_MS }, maxAttempts: 1 });
  return {
    s3,
    sqs,
    lambda,
    output(name) {
      const value = outputs[name];
      if (value !== undefined) return value;
      throw new WrongUse(`${what} has no output ${name}: it is of an older version, or not an ImageDropStack.`);
    },
    close: () => [s3, sqs, lambda].forEach((client) => void client.destroy()),
  };
}
