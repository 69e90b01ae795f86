import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenStack, startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { installPackages } from '../../local/contributing/openstack/packages.ts';
import { realCloud } from '../../test/pipeline/cloud.ts';
import { Pipeline } from '../../test/pipeline/pipeline.ts';
import { runScript } from '../measure/run.ts';

/** A Keystone, a Glance and the pipeline that brings drops to it. */
export interface RealCloud {
  readonly folder: string;
  readonly openStack: RealOpenStack;
  readonly pipeline: Pipeline;
  stop(): Promise<void>;
}

export interface RealOpenStack {
  /** Without /v2. */
  readonly imageUrl: string;
  readonly token: string;
  /** Images are many, and large. */
  removeImages(): Promise<void>;
  createByClient(file: string): Promise<void>;
}

/** @throws OpenStackError when it cannot be had here */
export async function startRealCloud(): Promise<RealCloud> {
  await installPackages();
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-bench-'));
  // Tokens that end in the middle of the bench are no part of it.
  const openStack = await startOpenStack(folder, { tokenSeconds: 24 * 3600 });
  const cloud = realCloud(openStack);
  const pipeline = await Pipeline.start({ cloud, targets: { [cloud.name]: { kind: 'glance' } } });
  const stop = async () => {
    await pipeline.stop();
    await openStack.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, openStack: await described(openStack, pipeline), pipeline, stop };
}

async function described(openStack: OpenStack, pipeline: Pipeline): Promise<RealOpenStack> {
  const client = await pipeline.imageClient();
  const variables = { OS_CLIENT_CONFIG_FILE: openStack.cloudsYamlFile };
  const create =
    'openstack --os-cloud openstack image create --disk-format raw --container-format bare --file "$1" -f value -c id many';
  return {
    imageUrl: openStack.glance.url,
    token: client.token,
    async removeImages() {
      for (const { id } of await pipeline.images()) await client.ask('DELETE', `/v2/images/${id}`);
    },
    async createByClient(file) {
      await runScript(create, [file], variables);
    },
  };
}
