import { join } from 'node:path';
import type { OpenStack } from '../../local/contributing/openstack/openstack.ts';
import type { SimulatorOptions } from '../../local/simulator/settings.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { ask, ImageClient, passwordRequest, UPLOADER } from '../local/simulator/cloud.ts';

/** Where the images of a pipeline go. */
export interface PipelineCloud {
  /** As in clouds.yaml. */
  readonly name: string;
  readonly cloudsYaml: string;
  /** Another client of the same project, with a new token. */
  client(service?: 'image' | 'ims'): Promise<ImageClient>;
  /** The file in which the image service keeps the bytes of an image. */
  imageFile(imageId: string): string;
  stop(): Promise<void>;
}

export async function simulatedCloud(options: SimulatorOptions): Promise<PipelineCloud> {
  const simulator = await startSimulator(options);
  return {
    name: 'simulator',
    cloudsYaml: simulator.cloudsYaml(),
    client: async (service = 'image') =>
      new ImageClient(`${simulator.url}/${service}`, await token(simulator.authUrl, UPLOADER)),
    imageFile: (imageId) => simulator.imageFile(imageId),
    stop: () => simulator.close(),
  };
}

/** A Keystone and a Glance that somebody else starts and stops. */
export function realCloud({ keystone, glance, cloudsYaml }: OpenStack): PipelineCloud {
  const { name, password } = keystone.accounts.user;
  return {
    name: 'openstack',
    cloudsYaml,
    client: async () =>
      new ImageClient(glance.url, await token(keystone.url, { name, password, domain: { id: 'default' } })),
    imageFile: (imageId) => join(glance.storeFolder, imageId),
    stop: async () => {},
  };
}

async function token(authUrl: string, user: object): Promise<string> {
  const body = JSON.stringify(passwordRequest(user, 'imagedrop'));
  const { headers } = await ask(`${authUrl}/auth/tokens`, 'POST', body, { 'content-type': 'application/json' });
  return String(headers['x-subject-token']);
}
