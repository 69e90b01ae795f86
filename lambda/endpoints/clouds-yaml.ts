import { LineCounter, parseDocument } from 'yaml';
import { ImageDropError } from '../model/errors.ts';
import type { ApplicationCredentialAuth, Cloud, NameReference, PasswordAuth, Reference, TokenAuth } from './cloud.ts';
import { INTERFACES } from './cloud.ts';
import { YamlSection } from './yaml-section.ts';

/**
 * Finds one cloud in the text of a clouds.yaml. Of its authentication types password, v3applicationcredential and token
 * are understood, each bound to a project; settings that do not concern images are left alone.
 * @throws `bad-clouds-yaml` naming the place, `no-such-cloud` naming the clouds there are
 */
export function cloudNamed(text: string, name: string): Cloud {
  const clouds = new YamlSection('', parse(text)).section('clouds');
  if (!clouds.names.includes(name)) {
    const known = clouds.names.length > 0 ? `only ${clouds.names.join(', ')}` : 'none at all';
    throw new ImageDropError('no-such-cloud', `There is no cloud ${name} in clouds.yaml, ${known}.`);
  }
  return cloudOf(name, clouds.section(name));
}

/** The parser's own messages quote the text around an error, and that may be a password: only the position is told. */
function parse(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ImageDropError(
      'bad-clouds-yaml',
      `clouds.yaml is not YAML: ${error.code} at line ${line}, column ${col}.`,
    );
  }
  try {
    return document.toJS();
  } catch {
    throw new ImageDropError('bad-clouds-yaml', 'clouds.yaml has an alias without an anchor, or too many of them.');
  }
}

function cloudOf(name: string, cloud: YamlSection): Cloud {
  const auth = cloud.section('auth');
  const regionName = cloud.text('region_name');
  const cacert = certificates(cloud);
  const imageEndpointOverride = url(cloud, 'image_endpoint_override');
  return {
    name,
    authUrl: url(auth, 'auth_url') ?? auth.requiredText('auth_url'),
    auth: authOf(cloud, auth),
    interface: interfaceOf(cloud),
    verify: cloud.flag('verify', true),
    ...(regionName !== undefined && { regionName }),
    ...(cacert !== undefined && { cacert }),
    ...(imageEndpointOverride !== undefined && { imageEndpointOverride }),
  };
}

function authOf(cloud: YamlSection, auth: YamlSection): Cloud['auth'] {
  if (auth.text('system_scope') !== undefined) {
    throw auth.bad('system_scope', 'is not supported: an image belongs to a project, so name one');
  }
  const type = cloud.text('auth_type') ?? 'password';
  switch (type) {
    case 'password':
    case 'v3password':
      return passwordAuth(auth);
    case 'v3applicationcredential':
      return applicationCredentialAuth(auth);
    case 'token':
    case 'v3token':
      return tokenAuth(auth);
    default:
      throw cloud.bad('auth_type', 'must be password, v3applicationcredential or token');
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
  return { type: 'token', token: auth.requiredText('token'), project: projectOf(auth) };
}

function userOf(auth: YamlSection): Reference {
  const id = auth.text('user_id');
  if (id !== undefined) return { id };
  return { name: auth.requiredText('username'), domain: domainOf(auth, 'user') };
}

type Domain = NameReference['domain'];

/** @param userDomain is the project's too where nothing else is said */
function projectOf(auth: YamlSection, userDomain?: Domain): Reference {
  const id = auth.text('project_id');
  if (id !== undefined) return { id };
  return { name: auth.requiredText('project_name'), domain: domainOf(auth, 'project', userDomain) };
}

function domainOf(auth: YamlSection, kind: 'user' | 'project', byDefault?: Domain): Domain {
  const id = auth.text(`${kind}_domain_id`);
  if (id !== undefined) return { id };
  const name = auth.text(`${kind}_domain_name`);
  if (name !== undefined) return { name };
  if (byDefault !== undefined) return byDefault;
  throw auth.bad(`${kind}_domain_name`, `is missing, and so is ${kind}_domain_id`);
}

function interfaceOf(cloud: YamlSection): Cloud['interface'] {
  // Identity API v2 wrote publicURL, and many files still do.
  const name = (cloud.text('interface') ?? 'public').replace(/URL$/, '');
  const known = INTERFACES.find((one) => one === name);
  if (known === undefined) throw cloud.bad('interface', `must be one of ${INTERFACES.join(', ')}`);
  return known;
}

function certificates(cloud: YamlSection): string | undefined {
  const cacert = cloud.text('cacert');
  if (cacert === undefined || cacert.includes('-----BEGIN CERTIFICATE-----')) return cacert;
  throw cloud.bad('cacert', 'must hold the PEM text of the certificates here, not the path of a file');
}

function url(section: YamlSection, name: string): string | undefined {
  const value = section.text(name);
  if (value === undefined || /^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value;
  throw section.bad(name, 'must be an address that begins with http:// or https://');
}
