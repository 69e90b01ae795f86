import type { Cloud } from '../clouds/cloud.ts';
import { cloudNamed } from '../clouds/clouds-yaml.ts';
import type { Connection } from '../clouds/connection.ts';
import type { HttpClient, LoginAttempts } from '../clouds/http.ts';
import { keystoneSession } from '../clouds/keystone.ts';
import type { FoundImage, NewImage, UploadPlan } from '../model/image.ts';
import type { Target, TargetKind } from '../model/target.ts';
import type { DropPlace, ImageEndpoint } from './endpoint.ts';
import { conformForGlance, glanceEndpoint, planForGlance } from './glance.ts';
import { conformForIms, imsEndpoint, planForImsAt } from './ims.ts';

export type EndpointFactory = (target: Target, connection: Connection) => ImageEndpoint;

/** Every kind of image endpoint. A new one is one file, one line here and one in TARGET_KINDS. */
export const ENDPOINTS = {
  glance: glanceEndpoint,
  ims: imsEndpoint,
} as const satisfies Record<TargetKind, EndpointFactory>;

export function imageEndpoint(target: Target, connection: Connection): ImageEndpoint {
  return ENDPOINTS[target.kind](target, connection);
}

/**
 * How a target takes an image as far as its settings say; sends no request.
 * @throws `format-not-taken`, `too-large`, `route-not-offered`
 */
export async function planByTarget(
  found: FoundImage,
  objectBytes: number,
  target: Target,
  place?: DropPlace,
): Promise<UploadPlan> {
  switch (target.kind) {
    case 'glance':
      return planForGlance(found, objectBytes, target, { quotas: [] }, place?.measured);
    case 'ims':
      return planForImsAt(place, found, objectBytes, target);
  }
}

/** Each kind makes an image legal by its settings alone. */
const CONFORM = {
  glance: conformForGlance,
  ims: conformForIms,
} as const satisfies Record<TargetKind, (image: NewImage, target: Target) => NewImage>;

/** The image as a target will accept it. @throws `invalid-request` where no legal form exists */
export function conformByTarget(image: NewImage, target: Target): NewImage {
  return CONFORM[target.kind](image, target);
}

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
 * Makes endpoints of targets with the credentials of a clouds.yaml. An endpoint is kept with its session, and with
 * its cloud's answers about itself, until the text of clouds.yaml changes.
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
