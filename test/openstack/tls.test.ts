import { join } from 'node:path';
import { describe } from '@jest/globals';
import { parse } from 'yaml';
import { startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { type PlainCloud, tlsCases } from '../pipeline/tls-cases.ts';

async function real(folder: string): Promise<PlainCloud> {
  const { cloudsYaml, keystone, glance, stop } = await startOpenStack(folder);
  return {
    entry: parse(cloudsYaml).clouds.openstack,
    authUrl: keystone.url,
    imageUrl: glance.url,
    imageFile: (imageId) => join(glance.storeFolder, imageId),
    stop,
  };
}

describe('the real OpenStack behind a private certificate authority', () => {
  tlsCases(real);
});
