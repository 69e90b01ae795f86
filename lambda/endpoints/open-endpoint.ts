import type { Target } from '../model/target.ts';
import type { Cloud } from './cloud.ts';
import { cloudNamed } from './clouds-yaml.ts';
import type { HttpClient, ImageEndpoint, LoginAttempts } from './endpoint.ts';
import { keystoneSession } from './keystone.ts';
import { imageEndpoint } from './registry.ts';

export interface OpenEndpointDependencies {
  /** A client that trusts what the cloud's `verify` and `cacert` say; asked once for each cloud. */
  httpFor(cloud: Cloud): HttpClient;
  now(): Date;
  /** The text of clouds.yaml as it is now, for a cloud that refuses what it was. @default it is not read again */
  readonly reread?: () => Promise<string>;
  /** @default credentials are tried at any time */
  readonly attempt?: LoginAttempts;
}

/** @throws `bad-clouds-yaml`, `no-such-cloud` */
export type OpenEndpoint = (cloudsYaml: string, target: Target) => ImageEndpoint;

/**
 * Makes endpoints of targets with the credentials of a clouds.yaml. An endpoint is kept with its session, and with what
 * its cloud has said of itself, until the text of clouds.yaml is another.
 */
export function endpointOpener(deps: OpenEndpointDependencies): OpenEndpoint {
  const known = new Map<Target, { readonly cloudsYaml: string; readonly endpoint: ImageEndpoint }>();
  return (cloudsYaml, target) => {
    const kept = known.get(target);
    if (kept?.cloudsYaml === cloudsYaml) return kept.endpoint;
    const cloud = cloudNamed(cloudsYaml, target.name);
    const http = deps.httpFor(cloud);
    const { reread, attempt } = deps;
    const session = keystoneSession(cloud, http, deps.now, {
      ...(reread && { latest: async () => cloudNamed(await reread(), target.name) }),
      ...(attempt && { attempt }),
    });
    const endpoint = imageEndpoint(target, { http, session, now: deps.now });
    known.set(target, { cloudsYaml, endpoint });
    return endpoint;
  };
}
