import type { IdentityApi } from './identity-api.ts';

export interface CatalogEntry {
  readonly serviceId: string;
  /** Of the public interface. */
  readonly endpointId: string;
}

/** Glance's check of tokens takes the internal interface, its check of limits the public one, as clients do. */
const INTERFACES = ['public', 'internal', 'admin'] as const;

/** Sees to it that the catalog names this address as the image service of the region. */
export async function enterImageService(api: IdentityApi, region: string, url: string): Promise<CatalogEntry> {
  await api.ensure('regions', 'region', { id: region });
  const { id: serviceId } = await api.ensure('services', 'service', { type: 'image', name: 'glance' });
  const [endpointId = ''] = await inTurn(INTERFACES, (name) => enterEndpoint(api, serviceId, region, name, url));
  return { serviceId, endpointId };
}

async function enterEndpoint(api: IdentityApi, serviceId: string, region: string, name: string, url: string) {
  const key = { service_id: serviceId, region_id: region, interface: name };
  const { id, url: present } = await api.find('endpoints', key).then(async (found) => {
    return found ?? (await api.create('endpoints', 'endpoint', { ...key, url }));
  });
  if (present !== url) await api.update(`endpoints/${id}`, 'endpoint', { url });
  return id;
}

async function inTurn<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await work(value));
  return results;
}
