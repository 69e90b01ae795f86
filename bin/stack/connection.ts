import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { WrongUse } from '../terminal/exit-codes.ts';
import { type FoundStack, findStack } from './find-stack.ts';
import { type StackTarget, targetsIn } from './targets.ts';

/** A stack to work with, deployed or on this machine. */
export interface StackConnection {
  /** As a sentence may begin with it: "The stack ImageDrop in eu-west-1". */
  readonly what: string;
  readonly isLocal: boolean;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  /** Where drops go. */
  readonly targets: readonly StackTarget[];
  /** ARN of the key that signs receipts; undefined: they are not signed. */
  readonly receiptKey: string | undefined;
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
  const found = await findStack(stackName);
  // The SDKs find region, keys and addresses in these variables.
  Object.assign(process.env, found.environment);
  return connection(found);
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

function connection({ what, isLocal, outputs }: FoundStack): StackConnection {
  const s3 = new S3Client();
  const sqs = new SQSClient();
  const lambda = new LambdaClient({ requestHandler: { requestTimeout: ANSWER_TIMEOUT_MS }, maxAttempts: 1 });
  return {
    what,
    isLocal,
    s3,
    sqs,
    lambda,
    targets: targetsIn(outputs.Targets),
    receiptKey: outputs.ReceiptKeyArn,
    output(name) {
      const value = outputs[name];
      if (value !== undefined) return value;
      throw new WrongUse(`${what} has no output ${name}: it is of an older version, or not an ImageDropStack.`);
    },
    close: () => [s3, sqs, lambda].forEach((client) => void client.destroy()),
  };
}
