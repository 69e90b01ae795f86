import type { Target, TargetKind } from '../model/target.ts';
import type { ImageEndpoint } from './endpoint.ts';
import { glanceEndpoint } from './glance.ts';
import type { Connection } from './image-api.ts';
import { imsEndpoint } from './ims.ts';

export type EndpointFactory = (target: Target, connection: Connection) => ImageEndpoint;

/** Every kind of image endpoint. A new one is one file, one line here and one in TARGET_KINDS. */
export const ENDPOINTS = {
  glance: glanceEndpoint,
  ims: imsEndpoint,
} as const satisfies Record<TargetKind, EndpointFactory>;

export function imageEndpoint(target: Target, connection: Connection): ImageEndpoint {
  return ENDPOINTS[target.kind](target, connection);
}
