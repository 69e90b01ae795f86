import { parse, stringify } from 'yaml';
import { type PipelineCloud, simulatedCloud } from '../../pipeline/cloud.ts';

/** The name of the cloud in the documentation. */
const NAME = 'mycloud';

/** The clouds that the documentation sends to, as targets of a stack. */
export const TARGETS = { [NAME]: { kind: 'glance' }, huawei: { kind: 'ims' } } as const;

/** A simulated cloud by these names. */
export async function documentedCloud(folder: string): Promise<PipelineCloud> {
  const cloud = await simulatedCloud({ folder });
  const { simulator, 'simulator-ims': ims } = parse(cloud.cloudsYaml).clouds;
  return { ...cloud, name: NAME, cloudsYaml: stringify({ clouds: { [NAME]: simulator, huawei: ims } }) };
}
