import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { uncheckedWarning } from '../../lambda/clouds/tls-fault.ts';
import { type ObsAccess, startObs } from '../../local/obs.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { type EmbeddedStack, startStack } from '../../local/stack.ts';
import { ownCloud } from '../clouds/clouds-yaml.ts';
import { publishStack, writeForOwner } from '../stack/local.ts';
import { type StartOptions, simulatorOf } from './options.ts';
import { synthesize } from './synthesize.ts';

const STACK_NAME = 'ImageDrop';
const SECRET_NAME = 'imagedrop/clouds.yaml';

/** The stack of this machine, with what a client of it needs to know. */
export interface LocalStack {
  /** The state of all stacks of this folder. */
  readonly folder: string;
  readonly endpoint: string;
  readonly dropBucket: string;
  readonly statusBucket: string;
  /** AWS_* variables for any client. */
  readonly environment: Readonly<Record<string, string>>;
  readonly client: S3Client;
  readonly cloud: ImageCloud;
  readonly logs: string;
  stop(): Promise<void>;
}

/** Where the images go. */
export interface ImageCloud {
  readonly name: string;
  readonly cloudsYaml: string;
  /** A file with that clouds.yaml, for looking at the images; none for a cloud of the user's own. */
  readonly file?: string;
  /** The object storage from which the image service registers files; the simulated IMS has one. */
  readonly obs?: ObsAccess;
}

/**
 * Starts the image endpoint, unless the user has one, and the stack as it is synthesized. What has started before a
 * fault is stopped: a server that goes on would keep the process alive.
 */
export async function startLocalStack(
  folder: string,
  options: Omit<StartOptions, 'files'>,
  say: (text: string) => void,
): Promise<LocalStack> {
  await using started = new AsyncDisposableStack();
  const cloud = await cloudOf(options, folder, started);
  const cloudAssembly = join(folder, 'cdk.out');
  const targets = { [cloud.name]: { kind: options.kind, ...(cloud.obs && { staging: stagingIn(cloud.obs) }) } };
  const isNew = () => say('Building the stack (first start, or sources have changed) …');
  await synthesize(cloudAssembly, { targets, cloudsYamlSecret: SECRET_NAME }, isNew);
  const secrets = { [SECRET_NAME]: cloud.cloudsYaml };
  // Drops and records of one cloud are none of another's: what was dropped for the simulator stays there.
  const state = join(folder, 'stacks', `${cloud.file === undefined ? 'cloud' : 'simulated'}-${cloud.name}`);
  const stack = await startStack({ cloudAssembly, stackName: STACK_NAME, folder: state, secrets });
  started.defer(() => stack.stop());
  started.defer(await publishStack(folder, { environment: stack.environment(), outputs: stack.outputs }));
  const client = clientOf(stack);
  started.defer(() => client.destroy());
  const running = started.move();
  return {
    folder,
    endpoint: stack.endpoints.s3,
    dropBucket: output(stack, 'DropBucketName'),
    statusBucket: output(stack, 'StatusBucketName'),
    environment: stack.environment(),
    client,
    cloud,
    logs: join(state, 'logs'),
    stop: () => running.disposeAsync(),
  };
}

const stagingIn = ({ bucket, endpoint, region }: ObsAccess) => ({ bucket, endpoint, region });

async function cloudOf(
  { osCloud, kind }: Omit<StartOptions, 'files'>,
  folder: string,
  started: AsyncDisposableStack,
): Promise<ImageCloud> {
  if (osCloud !== undefined) return real(osCloud);
  const obs = kind === 'ims' ? await startObs({ folder: join(folder, 'obs') }) : undefined;
  started.defer(() => obs?.stop());
  const simulator = await startSimulator({ folder: join(folder, 'simulator'), ...(obs && { obs }) });
  started.defer(() => simulator.close());
  const file = join(folder, 'clouds.yaml');
  await writeForOwner(file, simulator.cloudsYaml());
  return { name: simulatorOf(kind), cloudsYaml: simulator.cloudsYaml(), file, ...(obs && { obs }) };
}

async function real(name: string): Promise<ImageCloud> {
  const { cloud, cloudsYaml } = await ownCloud(name);
  if (!cloud.verify) process.stderr.write(`${uncheckedWarning(name)}\n`);
  return { name, cloudsYaml };
}

function clientOf(stack: EmbeddedStack): S3Client {
  const { accessKeyId, secretAccessKey } = stack.operator;
  return new S3Client({
    endpoint: stack.endpoints.s3,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  });
}

function output(stack: EmbeddedStack, name: string): string {
  const value = stack.outputs[name];
  if (value === undefined) throw new Error(`The synthesized stack has no output ${name}.`);
  return value;
}
