import type { FoundImage, UploadPlan } from '../model/image.ts';
import type { Target, TargetKind } from '../model/target.ts';
import type { Connection } from './connection.ts';
import type { DropPlace, ImageEndpoint } from './endpoint.ts';
import { glanceEndpoint, planForGlance } from './glance.ts';
import { imsEndpoint, planForImsAt } from './ims.ts';

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
 * How a target takes an image as far as its settings tell; nobody is asked.
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
