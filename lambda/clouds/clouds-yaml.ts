import { ImageDropError } from '../model/errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import {
  type ApplicationCredentialAuth,
  type Cloud,
  type ImageService,
  INTERFACES,
  type Interface,
  type NameReference,
  type ObjectStorageKeys,
  type PasswordAuth,
  type Reference,
  type TokenAuth,
} from './cloud.ts';
import { tlsOf } from './tls.ts';
import { parseYaml, YamlSection } from './yaml-document.ts';

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

/**
 * The cloud as it is in its region. openstacksdk reads a list `regions` of names or of `{ name, values }`, whose values
 * take precedence over the cloud's own, and uses the first of several; a target is one region, so here the list has one.
 * @throws `bad-clouds-yaml`
 */
function inItsRegion(cloud: YamlSection): YamlSection {
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

/**
 * How we log in at a cloud. Of keystoneauth's ways, those that need no one at a keyboard, each bound to a project.
 * @throws `bad-clouds-yaml`
 */
function authOf(cloud: YamlSection, auth: YamlSection): Cloud['auth'] {
  refuseOtherScopes(auth);
  switch (authType(cloud, auth)) {
    case 'password':
    case 'v3password':
      return passwordAuth(auth);
    case 'v3applicationcredential':
      return applicationCredentialAuth(auth);
    case 'token':
    case 'v3token':
      return tokenAuth(auth);
    default:
      throw cloud.bad(
        'auth_type',
        'must be password, v3password, v3applicationcredential, token or v3token; for any other way to log in (federation, one-time passwords) make an application credential',
      );
  }
}

/** openstacksdk uses `password` by default, whatever is in auth. */
function authType(cloud: YamlSection, auth: YamlSection): string {
  const type = cloud.text('auth_type', 'auth_plugin');
  if (type !== undefined) return type;
  const likely = ['application_credential_id', 'application_credential_name'].some((name) => auth.text(name))
    ? 'v3applicationcredential'
    : auth.text(...TOKEN) && 'token';
  if (likely && auth.text('password') === undefined) {
    throw cloud.bad('auth_type', `is missing, which means password: for the settings in auth it must be ${likely}`);
  }
  return 'password';
}

const TOKEN = ['token', 'auth_token'];

function refuseOtherScopes(auth: YamlSection): void {
  for (const name of ['system_scope', 'trust_id']) {
    if (auth.text(name) === undefined) continue;
    throw auth.bad(name, 'is not supported: an image belongs to a project, so name one with project_name');
  }
}

function passwordAuth(auth: YamlSection): PasswordAuth {
  const user = userOf(auth);
  const project = projectOf(auth, 'name' in user ? user.domain : undefined);
  return { type: 'password', user, password: auth.requiredText('password'), project };
}

function applicationCredentialAuth(auth: YamlSection): ApplicationCredentialAuth {
  const id = auth.text('application_credential_id');
  const name = auth.text('application_credential_name');
  if (id === undefined && name === undefined) {
    throw auth.bad('application_credential_id', 'is missing, and so is application_credential_name');
  }
  return {
    type: 'v3applicationcredential',
    credential: id === undefined ? { name: name ?? '', user: userOf(auth) } : { id },
    secret: auth.requiredText('application_credential_secret'),
  };
}

function tokenAuth(auth: YamlSection): TokenAuth {
  return { type: 'token', token: auth.requiredText(...TOKEN), project: projectOf(auth) };
}

function userOf(auth: YamlSection): Reference {
  const id = auth.text('user_id');
  if (id !== undefined) return { id };
  return { name: auth.requiredText('username', 'user_name'), domain: domainOf(auth, 'user') };
}

type Domain = NameReference['domain'];

/** @param userDomain is also the project's by default */
function projectOf(auth: YamlSection, userDomain?: Domain): Reference {
  const id = auth.text('project_id', 'tenant_id');
  if (id !== undefined) return { id };
  return { name: auth.requiredText('project_name', 'tenant_name'), domain: domainOf(auth, 'project', userDomain) };
}

/** `domain_…` is for both user and project, `default_domain_…` for what neither says; an id takes precedence over a name. */
function domainOf(auth: YamlSection, kind: 'user' | 'project', byDefault?: Domain): Domain {
  const first = (what: 'id' | 'name') =>
    [`${kind}_domain_${what}`, `domain_${what}`, `default_domain_${what}`]
      .map((name) => auth.text(name))
      .find((value) => value !== undefined);
  const id = first('id');
  if (id !== undefined) return { id };
  const name = first('name');
  if (name !== undefined) return { name };
  if (byDefault !== undefined) return byDefault;
  throw auth.bad(`${kind}_domain_name`, `is missing, and so is ${kind}_domain_id`);
}
