import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { WrongUse } from '../terminal/exit-codes.ts';
import { runningStack, STATE_FOLDER } from './local.ts';
import { type DeployedStack, memoryFile, remember, rememberedStack } from './remembered.ts';

/** A stack as it was found. */
export interface FoundStack {
  /** As a sentence may begin with it. */
  readonly what: string;
  readonly isLocal: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  /** AWS_* variables by which it is reached. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The name by which the stack on this machine is asked for. */
export const LOCAL = 'local';

/** Every stack of this version has them. One that is remembered without was found before it was deployed anew. */
const NEEDED = ['DropBucketName', 'StatusBucketName', 'Targets'];

/**
 * The stack of that name (or of IMAGEDROP_STACK); without one, the stack that runs in this folder, else the one that was
 * named last. A deployed one is looked up once and remembered.
 * @throws WrongUse when there is none
 */
export async function findStack(name = process.env.IMAGEDROP_STACK || undefined): Promise<FoundStack> {
  if (name !== undefined && name !== LOCAL) return deployed(await deployedStack(name));
  const local = await runningStack(join(process.env.INIT_CWD ?? process.cwd(), STATE_FOLDER));
  if (local !== undefined) return { what: 'The stack on this machine', isLocal: true, ...local };
  const remembered = name === LOCAL ? undefined : await rememberedStack();
  if (remembered === undefined) {
    throw new WrongUse('No stack runs in this folder: run `npm start` in another terminal, or name one with --stack.');
  }
  sayWhichOne(remembered);
  return deployed(remembered);
}

/** Asks CloudFormation, whether the stack is remembered or not, and remembers what it says. */
export const lookUpStack = async (name: string): Promise<FoundStack> => deployed(await lookUp(name));

async function lookUp(name: string): Promise<DeployedStack> {
  const found = await describeStack(name);
  await remember(found);
  return found;
}

async function deployedStack(name: string): Promise<DeployedStack> {
  const known = await rememberedStack(name);
  const region = known && ((await usualRegion()) ?? known.region);
  const isGood = known?.region === region && NEEDED.every((output) => known?.outputs[output] !== undefined);
  if (known === undefined || !isGood) return lookUp(name);
  await remember(known);
  return known;
}

function deployed({ name, region, outputs }: DeployedStack): FoundStack {
  const environment = { AWS_REGION: region };
  return { what: `The stack ${name} in ${region}`, isLocal: false, outputs, environment };
}

/** Reminds a user who has forgotten the remembered stack where the command goes. */
function sayWhichOne({ name, region }: DeployedStack): void {
  process.stderr.write(
    `With the stack ${name} in ${region}, remembered in ${memoryFile()}; \`imagedrop stack --forget\` ends that.\n`,
  );
}

/**
 * Asks CloudFormation for a stack, with the AWS credentials and the region of the environment.
 * @throws WrongUse when there is none of that name; an Error when CloudFormation does not say
 */
async function describeStack(name: string): Promise<DeployedStack> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient();
  try {
    const region = await client.config.region();
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const outputs = (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
    return { name, region, outputs: Object.fromEntries(outputs) };
  } catch (error) {
    const { name: kind, message } = error as Error;
    const text = `The stack ${name} could not be found: ${message}`;
    // CloudFormation's answer to a name that it does not know.
    throw kind === 'ValidationError' ? new WrongUse(text, { cause: error }) : new Error(text, { cause: error });
  } finally {
    client.destroy();
  }
}

/** The default region of AWS commands; undefined when none is set. */
async function usualRegion(): Promise<string | undefined> {
  const client = new S3Client();
  try {
    return await client.config.region();
  } catch {
    // No region is set anywhere: what to do about it depends on who asks.
    return undefined;
  } finally {
    client.destroy();
  }
}
