import { ImageDropError } from '../model/errors.ts';
import type { Cloud } from './cloud.ts';
import { type JsonObject, objectsIn } from './json.ts';

/**
 * The address of the Image API in the catalog of a token (Identity API v3, "Service catalog").
 * @throws `bad-clouds-yaml` when none, or more than one region, fits what clouds.yaml asks for
 */
export function imageUrlIn(catalog: unknown, cloud: Cloud): string {
  const endpoints = objectsIn(catalog)
    .filter(({ type }) => type === 'image')
    .flatMap((service) => objectsIn(service.endpoints));
  const fitting = endpoints.filter((one) => fits(one, cloud));
  const regions = new Set(fitting.map(regionOf));
  const url = fitting[0]?.url;
  if (typeof url !== 'string' || !URL.canParse(url)) throw notFound(endpoints, cloud);
  if (regions.size > 1) throw ambiguous([...regions], cloud);
  return imageApiV2(url);
}

/** Catalogs give the address with or without the version: `…:9292`, `…/image`, `…/v2`, `…/v2.0/`. */
export function imageApiV2(url: string): string {
  return `${url.replace(/\/+$/, '').replace(/\/v\d+(\.\d+)?$/, '')}/v2`;
}

function fits(endpoint: JsonObject, cloud: Cloud): boolean {
  if (endpoint.interface !== cloud.interface) return false;
  return cloud.regionName === undefined || regionOf(endpoint) === cloud.regionName;
}

function regionOf(endpoint: JsonObject): string {
  return String(endpoint.region_id ?? endpoint.region ?? 'no region');
}

function notFound(endpoints: readonly JsonObject[], cloud: Cloud): ImageDropError {
  const wanted = cloud.regionName === undefined ? '' : ` in region ${cloud.regionName}`;
  const known = endpoints.map((one) => `${String(one.interface)} in ${regionOf(one)}`).join(', ') || 'none at all';
  return new ImageDropError(
    'bad-clouds-yaml',
    `The catalog of cloud ${cloud.name} has no ${cloud.interface} image endpoint${wanted}; it has ${known}.`,
  );
}

function ambiguous(regions: readonly string[], cloud: Cloud): ImageDropError {
  return new ImageDropError(
    'bad-clouds-yaml',
    `Cloud ${cloud.name} has image endpoints in several regions: set clouds.${cloud.name}.region_name to one of ${regions.join(', ')}.`,
  );
}
