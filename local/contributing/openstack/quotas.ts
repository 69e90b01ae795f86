import type { Quotas } from './glance-settings.ts';
import type { IdentityApi, Resource } from './identity-api.ts';

/** As Glance calls them ("Quotas"); the totals are in MiB. */
const LIMITS = {
  image_size_total: 'imageSizeTotalMib',
  image_stage_total: 'imageStageTotalMib',
  image_count_total: 'imageCountTotal',
  image_count_uploading: 'imageCountUploading',
} as const satisfies Record<string, keyof Quotas>;

/** The most that Keystone takes: Glance has no word for unlimited, and takes a limit that is missing for zero. */
const UNLIMITED = 2 ** 31 - 1;

export interface ImageService {
  readonly serviceId: string;
  readonly region: string;
}

/** Sets the limits of every project in one region. Glance asks for them at each request. */
export async function setQuotas(api: IdentityApi, { serviceId, region }: ImageService, quotas: Quotas): Promise<void> {
  for (const [name, property] of Object.entries(LIMITS)) {
    const key = { service_id: serviceId, region_id: region, resource_name: name };
    const limit = { default_limit: quotas[property] ?? UNLIMITED };
    const existing: Resource | undefined = await api.find('registered_limits', key);
    if (existing === undefined) await api.create('registered_limits', 'registered_limits', [{ ...key, ...limit }]);
    else await api.update(`registered_limits/${existing.id}`, 'registered_limit', limit);
  }
}
