import { isObject, type JsonObject } from './json.ts';
import type { YamlSection } from './yaml-section.ts';

/**
 * The cloud as it is in its region. openstacksdk reads a list `regions` of names or of `{ name, values }`, whose values
 * go before the cloud's own, and of several takes the first; a target is one region, so here the list may have one only.
 * @throws `bad-clouds-yaml`
 */
export function inItsRegion(cloud: YamlSection): YamlSection {
  const setting = cloud.value('regions') === undefined ? 'region_name' : 'regions';
  const written = cloud.value(setting);
  if (written === undefined) return cloud;
  const regions = [written].flat().flatMap((one) => (typeof one === 'string' ? one.split(',') : [one]));
  const [region] = regions;
  if (regions.length !== 1) {
    const problem = `has ${regions.length} regions, and a target is in one: keep one (of a profile's: by region_name), and make a cloud of each other`;
    throw cloud.bad(setting, problem);
  }
  if (typeof region === 'string') return cloud.with({ region_name: region });
  if (!isRegion(region)) throw cloud.bad(setting, 'must be names, or mappings with name and values');
  const { auth, ...values } = region.values ?? {};
  return cloud.with({ ...values, ...(isObject(auth) && { auth: withAuth(cloud, auth) }), region_name: region.name });
}

function isRegion(region: unknown): region is { readonly name: string; readonly values?: JsonObject } {
  if (!isObject(region)) return false;
  const { name, values = {}, ...others } = region;
  return typeof name === 'string' && isObject(values) && Object.keys(others).length === 0;
}

function withAuth(cloud: YamlSection, auth: JsonObject): JsonObject {
  const own = cloud.value('auth');
  return { ...(isObject(own) && own), ...auth };
}
