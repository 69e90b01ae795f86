import { describe } from '@jest/globals';
import { parse } from 'yaml';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { type PlainCloud, tlsCases } from './tls-cases.ts';

async function simulated(folder: string): Promise<PlainCloud> {
  const simulator = await startSimulator({ folder });
  return {
    entry: parse(simulator.cloudsYaml()).clouds.simulator,
    authUrl: simulator.authUrl,
    imageUrl: `${simulator.url}/image`,
    imageFile: (imageId) => simulator.imageFile(imageId),
    stop: () => simulator.close(),
  };
}

describe('a cloud behind a private certificate authority', () => {
  tlsCases(simulated);
});
