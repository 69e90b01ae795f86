import { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { WrongUse } from '../terminal/exit-codes.ts';
import { type FoundStack, findStack } from './find-stack.ts';
import { useEnvironment } from './local.ts';
import { type StackTarget, targetsIn } from './targets.ts';

/** A stack to work with, deployed or on this machine. */
export interface StackConnection {
  /** As a sentence may begin with it: "The stack ImageDrop in eu-west-1". */
  readonly what: string;
  readonly isLocal: boolean;
  readonly s3: S3Client;
  /** Loaded when first used: most commands work with S3 alone, and loading a client takes a tenth of a second. */
  sqs(): Promise<SQSClient>;
  /** Where drops go. */
  readonly targets: readonly StackTarget[];
  /** ARN of the key that signs receipts; undefined: they are not signed. */
  readonly receiptKey: string | undefined;
  /** One of the stack's outputs. @throws WrongUse when it has none of that name */
  output(name: string): string;
  close(): void;
}

/**
 * Connects to a deployed stack by its name, with the AWS credentials of the environment, or to the one that runs here.
 * @throws WrongUse when there is none
 */
export async function connectTo(stackName: string | undefined): Promise<StackConnection> {
  const found = await findStack(stackName);
  // The SDKs find region, keys and addresses in these variables.
  useEnvironment(found.environment);
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
  let sqs: Promise<SQSClient> | undefined;
  return {
    what,
    isLocal,
    s3,
    sqs() {
      sqs ??= import('@aws-sdk/client-sqs').then((sdk) => new sdk.SQSClient());
      return sqs;
    },
    targets: targetsIn(outputs.Targets),
    receiptKey: outputs.ReceiptKeyArn,
    output(name) {
      const value = outputs[name];
      if (value !== undefined) return value;
      throw new WrongUse(`${what} has no output ${name}: it is of an older version, or not an ImageDropStack.`);
    },
    close() {
      s3.destroy();
      sqs?.then((client) => client.destroy());
    },
  };
}
