import type { Target } from '../model/target.ts';
import type { Cloud } from './cloud.ts';
import { cloudNamed } from './clouds-yaml.ts';
import type { HttpClient, ImageEndpoint } from './endpoint.ts';
import type { Connection } from './image-api.ts';
import { keystoneSession } from './keystone.ts';
import { imageEndpoint } from './registry.ts';

export interface OpenEndpointDependencies {
  /** A client that trusts what the cloud's `verify` and `cacert` say; asked once for each cloud. */
  httpFor(cloud: Cloud): HttpClient;
  now(): Date;
}

/** @throws `bad-clouds-yaml`, `no-such-cloud` */
export type OpenEndpoint = (cloudsYaml: string, target: Target) => ImageEndpoint;

/**
 * Makes endpoints of targets with the credentials of a clouds.yaml. Sessions are kept from call to call, until the text
 * of clouds.yaml is another.
 */
export function endpointOpener(deps: OpenEndpointDependencies): OpenEndpoint {
  const known = new Map<string, { readonly cloudsYaml: string; readonly connection: Connection }>();
  return (cloudsYaml, target) => {
    const kept = known.get(target.name);
    if (kept?.cloudsYaml === cloudsYaml) return imageEndpoint(target, kept.connection);
    const cloud = cloudNamed(cloudsYaml, target.name);
    const http = deps.httpFor(cloud);
    const connection = { http, session: keystoneSession(cloud, http, deps.now) };
    known.set(target.name, { cloudsYaml, connection });
    return imageEndpoint(target, connection);
  };
}
