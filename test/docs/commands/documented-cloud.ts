import { parse, stringify } from 'yaml';
import { type PipelineCloud, simulatedCloud } from '../../pipeline/cloud.ts';

/** The name of the cloud in the documentation. */
const NAME = 'mycloud';

/** A simulated cloud by that name. */
export async function documentedCloud(folder: string): Promise<PipelineCloud> {
  const cloud = await simulatedCloud({ folder });
  const { simulator } = parse(cloud.cloudsYaml).clouds;
  return { ...cloud, name: NAME, cloudsYaml: stringify({ clouds: { [NAME]: simulator } }) };
}
