import { ImageDropError } from '../model/errors.ts';
import { type JsonObject, objectsIn } from '../model/json.ts';
import type { Cloud, ImageService } from './cloud.ts';

/**
 * The address of the Image API in the catalog of a token (Identity API v3, "Service catalog").
 * @throws `bad-clouds-yaml` when none, or more than one region, fits what clouds.yaml asks for
 */
export function imageUrlIn(catalog: unknown, cloud: Cloud, projectId?: string): string {
  const { imageService } = cloud;
  const services = objectsIn(catalog);
  const images = services.filter((service) => isAsked(service, imageService));
  if (images.length === 0) throw noService(services, cloud);
  const endpoints = images.flatMap((service) => objectsIn(service.endpoints)).filter(({ url }) => url);
  const fitting = imageService.interfaces
    .map((wanted) => endpoints.filter((one) => one.interface === wanted && isInRegion(one, imageService)))
    .find((found) => found.length > 0);
  const [first] = fitting ?? [];
  if (fitting === undefined || first === undefined) throw noEndpoint(endpoints, cloud);
  const regions = new Set(fitting.map(regionOf));
  if (regions.size > 1) throw ambiguous([...regions], cloud);
  return imageApiV2(checked(String(first.url), cloud), projectId);
}

/** As Keystone makes them; a catalog is free to name another, which the token names, too. */
const PROJECT_ID = /^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/**
 * Catalogs give the address with or without the version: `…:9292`, `…/image`, `…/v2`, `…/v2.0/`. Some have the project
 * behind it, as the catalogs of other services do: `…/v2/PROJECT_ID`.
 */
export function imageApiV2(url: string, projectId?: string): string {
  const base = url.replace(/\/+$/, '').replace(/\/+v\d+(?:\.\d+)?(?:\/+([^/]+))?$/, (end: string, below?: string) => {
    const isProject = below === undefined || below === projectId || PROJECT_ID.test(below);
    return isProject ? '' : end;
  });
  return `${base.replace(/\/+$/, '')}/v2`;
}

/** Before version 3.3 of the Identity API a catalog has no names; then none is asked for. */
function isAsked(service: JsonObject, { type, name }: ImageService): boolean {
  return service.type === type && (name === undefined || !service.name || service.name === name);
}

function isInRegion(endpoint: JsonObject, { regionName }: ImageService): boolean {
  return regionName === undefined || regionOf(endpoint) === regionName;
}

function regionOf(endpoint: JsonObject): string {
  return String(endpoint.region_id ?? endpoint.region ?? 'no region');
}

function checked(url: string, cloud: Cloud): string {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw unfit(`The catalog of cloud ${cloud.name} has no http address for its image service, but ${url}`, cloud);
}

function noService(services: readonly JsonObject[], cloud: Cloud): ImageDropError {
  const { type, name } = cloud.imageService;
  const wanted = name === undefined ? type : `${type} named ${name}`;
  const known = services.map((one) => [one.type, one.name].filter(Boolean).join(' named ')).join(', ');
  return unfit(`The catalog of cloud ${cloud.name} has no service of type ${wanted}; it has ${known || 'none'}`, cloud);
}

function noEndpoint(endpoints: readonly JsonObject[], cloud: Cloud): ImageDropError {
  const { interfaces, regionName } = cloud.imageService;
  const where = regionName === undefined ? '' : ` in region ${regionName}`;
  const known = endpoints.map((one) => `${String(one.interface)} in ${regionOf(one)}`).join(', ') || 'none at all';
  const wanted = interfaces.join(' or ');
  return unfit(`The catalog of cloud ${cloud.name} has no ${wanted} image endpoint${where}; it has ${known}`, cloud);
}

function ambiguous(regions: readonly string[], cloud: Cloud): ImageDropError {
  return new ImageDropError(
    'bad-clouds-yaml',
    `Cloud ${cloud.name} has image endpoints in several regions: set clouds.${cloud.name}.region_name to one of ${regions.join(', ')}.`,
  );
}

function unfit(message: string, { name }: Cloud): ImageDropError {
  return new ImageDropError('bad-clouds-yaml', `${message}.`, {
    nextStep: `Correct region_name, interface or project of cloud ${name} in clouds.yaml, or set image_endpoint_override to the address of its Image API; then drop the file again.`,
  });
}
