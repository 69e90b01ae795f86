import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { uncheckedWarning } from '../../lambda/clouds/tls-fault.ts';
import type { TargetKind } from '../../lambda/model/target.ts';
import { type EmbeddedObs, type ObsAccess, startObs } from '../../local/obs.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { type EmbeddedStack, startStack } from '../../local/stack.ts';
import { ownCloud } from '../clouds/clouds-yaml.ts';
import { publishStack, writeForOwner } from '../stack/local.ts';
import type { StartOptions } from './options.ts';
import { synthesize } from './synthesize.ts';

const STACK_NAME = 'ImageDrop';
const SECRET_NAME = 'imagedrop/clouds.yaml';

/** The stack of this machine, with what a client of it needs to know. */
export interface LocalStack {
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
  close(): Promise<void>;
}

/** Starts the image endpoint, unless the user has one, and the stack as it is synthesized. */
export async function startLocalStack(folder: string, options: Omit<StartOptions, 'files'>): Promise<LocalStack> {
  const cloud = options.osCloud === undefined ? await simulated(folder, options.kind) : await real(options.osCloud);
  try {
    const cloudAssembly = join(folder, 'cdk.out');
    const targets = { [cloud.name]: { kind: options.kind, ...(cloud.obs && { staging: stagingIn(cloud.obs) }) } };
    await synthesize(cloudAssembly, { targets, cloudsYamlSecret: SECRET_NAME });
    const secrets = { [SECRET_NAME]: cloud.cloudsYaml };
    // Drops and records of one cloud are none of another's: what was dropped for the simulator stays there.
    const state = join(folder, 'stacks', `${cloud.file === undefined ? 'cloud' : 'simulated'}-${cloud.name}`);
    const stack = await startStack({ cloudAssembly, stackName: STACK_NAME, folder: state, secrets });
    const withdraw = await publishStack(folder, { environment: stack.environment(), outputs: stack.outputs });
    return withCloud(stack, cloud, join(state, 'logs'), withdraw);
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

const stagingIn = ({ bucket, endpoint, region }: ObsAccess) => ({ bucket, endpoint, region });

async function simulated(folder: string, kind: TargetKind): Promise<ImageCloud> {
  const obs = kind === 'ims' ? await startObs({ folder: join(folder, 'obs') }) : undefined;
  try {
    return await simulatedWith(obs, folder, kind);
  } catch (error) {
    await obs?.stop();
    throw error;
  }
}

async function simulatedWith(obs: EmbeddedObs | undefined, folder: string, kind: TargetKind): Promise<ImageCloud> {
  const simulator = await startSimulator({ folder: join(folder, 'simulator'), ...(obs && { obs }) });
  const file = join(folder, 'clouds.yaml');
  await writeForOwner(file, simulator.cloudsYaml());
  return {
    name: kind === 'ims' ? 'simulator-ims' : 'simulator',
    cloudsYaml: simulator.cloudsYaml(),
    file,
    ...(obs && { obs }),
    async close() {
      await simulator.close();
      await obs?.stop();
    },
  };
}

async function real(name: string): Promise<ImageCloud> {
  const { cloud, cloudsYaml } = await ownCloud(name);
  if (!cloud.verify) process.stderr.write(`${uncheckedWarning(name)}\n`);
  return { name, cloudsYaml, close: async () => {} };
}

function withCloud(stack: EmbeddedStack, cloud: ImageCloud, logs: string, withdraw: () => Promise<void>): LocalStack {
  const { accessKeyId, secretAccessKey } = stack.operator;
  const client = new S3Client({
    endpoint: stack.endpoints.s3,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  });
  return {
    endpoint: stack.endpoints.s3,
    dropBucket: output(stack, 'DropBucketName'),
    statusBucket: output(stack, 'StatusBucketName'),
    environment: stack.environment(),
    client,
    cloud,
    logs,
    async stop() {
      await withdraw();
      client.destroy();
      await stack.stop();
      await cloud.close();
    },
  };
}

function output(stack: EmbeddedStack, name: string): string {
  const value = stack.outputs[name];
  if (value === undefined) throw new Error(`The synthesized stack has no output ${name}.`);
  return value;
}
