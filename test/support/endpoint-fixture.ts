import type { RequestListener } from 'node:http';
import { httpClient } from '../../lambda/adapters/http.ts';
import type { Session } from '../../lambda/clouds/keystone.ts';
import type { ImageEndpoint } from '../../lambda/endpoints/endpoint.ts';
import { imageEndpoint } from '../../lambda/endpoints/registry.ts';
import { ID_PROPERTY, type NewImage } from '../../lambda/model/image.ts';
import type { Target, TargetKind } from '../../lambda/model/target.ts';
import { serve } from './http-server.ts';

export const IMAGE_ID = '5d0f0c1e-7a3c-5d5e-9f5b-0123456789ab';

export const TARGETS: Record<TargetKind, Target> = {
  glance: {
    name: 'here',
    kind: 'glance',
    maxPutBytes: 2 ** 40,
    route: 'auto',
    maxStreamBytes: 2 ** 35,
    activeWithinSeconds: 3600,
    unrecognisedRaw: 'warn',
    minDisk: { lowest: 0, highest: 65_536 },
    convertTo: 'qcow2',
    metadata: {},
  },
  ims: {
    name: 'there',
    kind: 'ims',
    maxPutBytes: 2 ** 31 - 1,
    route: 'auto',
    maxStreamBytes: 2 ** 35,
    activeWithinSeconds: 3600,
    unrecognisedRaw: 'warn',
    minDisk: { lowest: 40, highest: 1024 },
    objectStorage: {
      maxRegisterBytes: 128e9,
      maxFastImportBytes: 1e12,
      staging: { bucket: 'staging', endpoint: 'https://obs.here.example', region: 'here' },
    },
    convertTo: 'zvhd2',
    metadata: {},
  },
};

export function newImage(changes: Partial<NewImage> = {}): NewImage {
  return {
    id: IMAGE_ID,
    name: 'ubuntu-24.04',
    diskFormat: 'qcow2',
    containerFormat: 'bare',
    minDisk: 40,
    minRam: 512,
    visibility: 'private',
    protected: false,
    tags: [],
    properties: { [ID_PROPERTY]: IMAGE_ID, imagedrop_record: 'a/b/here.json' },
    ...changes,
  };
}

/** An endpoint that talks to a server of the test's own, with tokens t1, t2 … */
export async function endpointAt(kind: TargetKind, listener: RequestListener): Promise<ImageEndpoint> {
  return endpointOf(kind, await serve(listener));
}

export function endpointOf(kind: TargetKind, url: string): ImageEndpoint {
  return imageEndpoint(TARGETS[kind], {
    http: httpClient(),
    session: numberedTokens(TARGETS[kind].name, url),
    now: () => new Date(),
  });
}

function numberedTokens(cloud: string, url: string): Session {
  let issued = 1;
  return {
    cloud,
    imageUrl: async () => `${url}/v2`,
    projectId: async () => 'p1',
    token: async () => `t${issued}`,
    renew: async () => {
      issued += 1;
      return `t${issued}`;
    },
  };
}
