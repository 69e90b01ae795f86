import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { parse, stringify } from 'yaml';
import { ownCloud } from '../../bin/clouds/clouds-yaml.ts';
import { startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { type EmbeddedObs, startObs } from '../../local/obs.ts';
import type { Mishap } from '../../local/simulator/flavour.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { ChaosCloud, type ChaosTarget } from './chaos-cloud.ts';

export interface ChaosClouds {
  /** One for each target. */
  readonly clouds: readonly ChaosCloud[];
  /** A target that the stack gets in the middle of the run. */
  readonly late?: ChaosCloud;
  /** Ends the image service as a crash would and starts it again; undefined where that is not ours to do. */
  readonly crash?: () => Promise<void>;
  /** What lies in object storage, by key. */
  staged(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface SimulatedOptions {
  readonly mishap: (imageId: string) => Mishap | undefined;
  /** A proxy before object storage. @returns where it listens */
  readonly standBeforeStaging: (url: string) => Promise<string>;
}

/** Glance and IMS of a simulator, by each of their routes. */
export async function simulatedClouds(
  folder: string,
  { mishap, standBeforeStaging }: SimulatedOptions,
): Promise<ChaosClouds> {
  const obs = await startObs({ folder: join(folder, 'obs') });
  const simulator = await startSimulator({
    folder: join(folder, 'simulator'),
    obs,
    glance: { activationDelayMs: 300, mishap },
    // Without a checksum nobody could tell that a byte is another; with the vendor's quota the run would be short.
    ims: { checksum: true, imageQuota: Number.MAX_SAFE_INTEGER, mishap },
  });
  const staging = { bucket: obs.bucket, region: obs.region, endpoint: await standBeforeStaging(obs.endpoint) };
  const { clouds } = parse(simulator.cloudsYaml());
  const yaml = stringify({
    clouds: Object.fromEntries(
      targets(staging).map(({ name, kind }) => [name, kind === 'glance' ? clouds.simulator : clouds['simulator-ims']]),
    ),
  });
  const all = targets(staging).map((target) => new ChaosCloud(target, yaml));
  return {
    clouds: all.slice(0, -1),
    late: all.at(-1) as ChaosCloud,
    staged: () => stagedIn(obs),
    stop: async () => {
      await simulator.close();
      await obs.stop();
    },
  };
}

/** A dropper may hide images; that is asked of some. */
const HIDES = { droppersMay: { hidden: true } };

/** The last comes in the middle of the run. */
const targets = (staging: object): readonly ChaosTarget[] => [
  { name: 'simulator', kind: 'glance', route: 'stream', settings: HIDES },
  { name: 'simulator-ims', kind: 'ims', route: 'stream', settings: HIDES },
  { name: 'import', kind: 'glance', route: 'import', settings: { ...HIDES, route: 'import' } },
  { name: 'register', kind: 'ims', route: 'register', settings: { ...HIDES, route: 'register', staging } },
  {
    name: 'fast-import',
    kind: 'ims',
    route: 'fast-import',
    settings: { ...HIDES, route: 'register', staging, maxRegisterBytes: 1 },
  },
  { name: 'late', kind: 'glance', route: 'stream', settings: HIDES },
];

async function stagedIn({ endpoint, region, bucket, ...credentials }: EmbeddedObs): Promise<readonly string[]> {
  const s3 = new S3Client({ endpoint, region, credentials });
  const { Contents: objects = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  const { Uploads: uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  s3.destroy();
  return [...objects, ...uploads].map(({ Key: key = '' }) => key);
}

const noneStaged = async () => [];

/** A cloud of the user's own clouds.yaml. */
export async function ownClouds(name: string): Promise<ChaosClouds> {
  const { cloudsYaml } = await ownCloud(name);
  const target = { name, kind: 'glance', route: 'stream', settings: HIDES } as const;
  return { clouds: [new ChaosCloud(target, cloudsYaml)], staged: noneStaged, stop: async () => {} };
}

/** A Keystone and a Glance of this machine, for this run alone. */
export async function openStackClouds(folder: string): Promise<ChaosClouds> {
  const { glance, cloudsYaml, stop } = await startOpenStack(join(folder, 'openstack'));
  const target = { name: 'openstack', kind: 'glance', route: 'stream', settings: HIDES } as const;
  return {
    clouds: [new ChaosCloud(target, cloudsYaml)],
    crash: async () => {
      await glance.kill();
      await glance.start();
    },
    staged: noneStaged,
    stop,
  };
}
