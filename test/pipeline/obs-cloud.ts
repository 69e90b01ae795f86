import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { type EmbeddedObs, startObs } from '../../local/obs.ts';
import type { SimulatorOptions } from '../../local/simulator/settings.ts';
import { type PipelineCloud, simulatedCloud } from './cloud.ts';

/** An image service of kind ims, and the object storage that it reads from. */
export interface ObsCloud {
  readonly cloud: PipelineCloud;
  readonly obs: EmbeddedObs;
  /** For the settings of the target. */
  readonly staging: { readonly bucket: string; readonly endpoint: string; readonly region: string };
  /** The keys of objects and of unfinished uploads in the bucket. */
  left(): Promise<readonly string[]>;
}

/** It ends with its cloud. */
export async function obsCloud(
  folder: string,
  ims: SimulatorOptions['ims'] = {},
  options: Pick<SimulatorOptions, 'accounts'> = {},
): Promise<ObsCloud> {
  const obs = await startObs({ folder: join(folder, 'obs') });
  const simulated = await simulatedCloud({ folder: join(folder, 'simulator'), obs, ims, ...options });
  const { bucket, endpoint, region, accessKeyId, secretAccessKey } = obs;
  const s3 = new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const cloud = {
    ...simulated,
    name: 'simulator-ims',
    client: () => simulated.client('ims'),
    async stop() {
      s3.destroy();
      await simulated.stop();
      await obs.stop();
    },
  };
  const left = async () => {
    const { Contents: objects = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const { Uploads: uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return [...objects, ...uploads].map(({ Key: key = '' }) => key);
  };
  return { cloud, obs, staging: { bucket, endpoint, region }, left };
}
