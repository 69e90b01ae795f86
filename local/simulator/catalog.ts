import { idOf } from './accounts.ts';

/** The region of the services as every OpenStack installation guide names it. */
export const GLANCE_REGION = 'RegionOne';
/** The region in which the image service is IMS. */
export const IMS_REGION = 'ims-1';

/** Absolute URLs of the services. */
export interface ServiceUrls {
  readonly identity: string;
  readonly glance: string;
  readonly ims: string;
}

/** The catalog of a token (Identity API v3, "Password authentication with scoped authorization"). */
export function catalog(urls: ServiceUrls) {
  const identity = [GLANCE_REGION, IMS_REGION].flatMap((region) => endpoints('identity', region, urls.identity));
  const image = [...endpoints('image', GLANCE_REGION, urls.glance), ...endpoints('image', IMS_REGION, urls.ims)];
  return [
    { id: idOf('service', 'identity'), type: 'identity', name: 'keystone', endpoints: identity },
    { id: idOf('service', 'image'), type: 'image', name: 'glance', endpoints: image },
  ];
}

function endpoints(service: string, region: string, url: string) {
  return ['public', 'internal', 'admin'].map((face) => ({
    id: idOf('endpoint', `${service} ${region} ${face}`),
    interface: face,
    region,
    region_id: region,
    url,
  }));
}
