import type { FoundImage, NewImage, UploadPlan } from '../model/image.ts';
import type { Target, TargetKind } from '../model/target.ts';
import type { Connection } from './connection.ts';
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

/** Each kind makes an image legal by its settings alone. */
const CONFORM = {
  glance: conformForGlance,
  ims: conformForIms,
} as const satisfies Record<TargetKind, (image: NewImage, target: Target) => NewImage>;

/** The image as a target will accept it. @throws `invalid-request` where no legal form exists */
export function conformByTarget(image: NewImage, target: Target): NewImage {
  return CONFORM[target.kind](image, target);
}
