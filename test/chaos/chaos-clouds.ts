import { join } from 'node:path';
import { ownCloud } from '../../bin/clouds/clouds-yaml.ts';
import { startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import type { Mishap } from '../../local/simulator/mishap.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { ChaosCloud } from './chaos-cloud.ts';

export interface ChaosClouds {
  readonly clouds: readonly ChaosCloud[];
  /** Ends the image service as a crash would and starts it again; undefined where that is not ours to do. */
  readonly crash?: () => Promise<void>;
  stop(): Promise<void>;
}

/** Glance and IMS of a simulator. */
export async function simulatedClouds(
  folder: string,
  mishap: (imageId: string) => Mishap | undefined,
): Promise<ChaosClouds> {
  const simulator = await startSimulator({
    folder: join(folder, 'simulator'),
    glance: { activationDelayMs: 300, mishap },
    // Without a checksum nobody could tell that a byte is another; with the vendor's quota the run would be short.
    ims: { checksum: true, imageQuota: Number.MAX_SAFE_INTEGER, mishap },
  });
  const yaml = simulator.cloudsYaml();
  const clouds = [new ChaosCloud('simulator', 'glance', yaml), new ChaosCloud('simulator-ims', 'ims', yaml)];
  return { clouds, stop: () => simulator.close() };
}

/** A cloud of the user's own clouds.yaml. */
export async function ownClouds(name: string): Promise<ChaosClouds> {
  const { cloudsYaml } = await ownCloud(name);
  return { clouds: [new ChaosCloud(name, 'glance', cloudsYaml)], stop: async () => {} };
}

/** A Keystone and a Glance of this machine, for this run alone. */
export async function openStackClouds(folder: string): Promise<ChaosClouds> {
  const { glance, cloudsYaml, stop } = await startOpenStack(join(folder, 'openstack'));
  return {
    clouds: [new ChaosCloud('openstack', 'glance', cloudsYaml)],
    crash: async () => {
      await glance.kill();
      await glance.start();
    },
    stop,
  };
}
