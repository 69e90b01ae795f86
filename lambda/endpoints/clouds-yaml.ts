import { ImageDropError } from '../model/errors.ts';
import type { Cloud, ImageService, Interface, ObjectStorageKeys } from './cloud.ts';
import { INTERFACES } from './cloud.ts';
import { authOf } from './cloud-auth.ts';
import { inItsRegion } from './cloud-region.ts';
import { tlsOf } from './cloud-tls.ts';
import { parseYaml } from './yaml-document.ts';
import { YamlSection } from './yaml-section.ts';

/**
 * Finds one cloud in the text of a clouds.yaml and reads it by the rules of openstacksdk (docs/clouds-yaml.md has what
 * is read and what is refused). Settings that do not concern images are left alone.
 * @throws `bad-clouds-yaml` naming the place, `no-such-cloud` naming the clouds there are
 */
export function cloudNamed(text: string, name: string): Cloud {
  return cloudIn(parseYaml(text, 'clouds.yaml'), name);
}

/** The same, of a clouds.yaml that is parsed already. */
export function cloudIn(document: unknown, name: string): Cloud {
  const clouds = new YamlSection('', document).section('clouds');
  if (!clouds.names.includes(name)) {
    const known = clouds.names.length > 0 ? `only ${clouds.names.join(', ')}` : 'none at all';
    throw new ImageDropError('no-such-cloud', `There is no cloud ${name} in clouds.yaml, ${known}.`);
  }
  return cloudOf(name, clouds.section(name));
}

function cloudOf(name: string, written: YamlSection): Cloud {
  refuseUnsupported(written);
  const cloud = inItsRegion(written);
  const auth = cloud.sectionWithin('auth');
  const imageService = imageServiceOf(cloud);
  const objectStorage = objectStorageOf(cloud);
  const override = url(cloud, imageService.regionName, 'image_endpoint_override', 'image_endpoint');
  return {
    name,
    authUrl: url(auth, cloud.text('region_name'), 'auth_url') ?? auth.requiredText('auth_url'),
    auth: authOf(cloud, auth),
    imageService,
    ...tlsOf(cloud),
    ...(override !== undefined && { imageEndpointOverride: override }),
    ...(objectStorage !== undefined && { objectStorage }),
  };
}

function refuseUnsupported(cloud: YamlSection): void {
  for (const name of ['profile', 'cloud']) {
    if (cloud.value(name) === undefined) continue;
    const problem =
      'names a vendor profile, which cannot be looked up here: write what it stands for (auth_url, region_name, interface) into the cloud and take the profile out';
    throw cloud.bad(name, problem);
  }
  refuseVersion(cloud, 'identity_api_version', '3');
  refuseVersion(cloud, 'image_api_version', '2');
  if (cloud.flag('image_api_use_tasks', false)) {
    throw cloud.bad('image_api_use_tasks', 'is not supported: images are uploaded by PUT, not imported by a task');
  }
}

function refuseVersion(cloud: YamlSection, name: string, spoken: string): void {
  const version = cloud.text(name);
  if (version === undefined || version.replace(/^v/, '').split('.')[0] === spoken) return;
  throw cloud.bad(name, `must be ${spoken}: no other version is spoken here`);
}

function imageServiceOf(cloud: YamlSection): ImageService {
  const name = cloud.text('image_service_name');
  const regionName = cloud.text('image_region_name') ?? cloud.text('region_name');
  return {
    type: cloud.text('image_service_type') ?? 'image',
    interfaces: interfacesOf(cloud),
    ...(name !== undefined && { name }),
    ...(regionName !== undefined && { regionName }),
  };
}

/** A word of our own, which openstacksdk passes over. */
function objectStorageOf(cloud: YamlSection): ObjectStorageKeys | undefined {
  if (cloud.value('object_storage') === undefined) return undefined;
  const keys = cloud.section('object_storage');
  return {
    accessKeyId: keys.requiredText('access_key_id'),
    secretAccessKey: keys.requiredText('secret_access_key'),
  };
}

/** One interface, or a list of them in the order they are wanted. */
function interfacesOf(cloud: YamlSection): ImageService['interfaces'] {
  const asked =
    cloud.value('image_interface', 'image_endpoint_type') ?? cloud.value('interface', 'endpoint_type') ?? 'public';
  const [first, ...others] = [asked].flat().map((one) => interfaceOf(cloud, one));
  if (first === undefined) throw cloud.bad('interface', 'is an empty list');
  return [first, ...others];
}

function interfaceOf(cloud: YamlSection, value: unknown): Interface {
  // Identity API v2 wrote publicURL, and many files still do.
  const name = typeof value === 'string' ? value.replace(/URL$/, '') : '';
  const known = INTERFACES.find((one) => one === name);
  if (known === undefined) throw cloud.bad('interface', `must be ${INTERFACES.join(', ')}, or a list of these`);
  return known;
}

/** Addresses may hold the region's name, `https://{region_name}.example`, as those of vendors do. */
function url(section: YamlSection, regionName: string | undefined, ...names: [string, string?]): string | undefined {
  const [name] = names;
  const written = section.text(...names.filter((one) => one !== undefined));
  const value = regionName === undefined ? written : written?.replaceAll('{region_name}', regionName);
  if (value === undefined) return undefined;
  if (value.includes('{region_name}')) throw section.bad(name, 'asks for region_name, which is missing');
  if (/^https?:$/.test(URL.parse(value)?.protocol ?? '') && !/[{}]/.test(value)) return value;
  throw section.bad(name, 'must be an address that begins with http:// or https://, without {} but {region_name}');
}
