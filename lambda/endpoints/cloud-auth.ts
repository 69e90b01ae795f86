import type { ApplicationCredentialAuth, Cloud, NameReference, PasswordAuth, Reference, TokenAuth } from './cloud.ts';
import type { YamlSection } from './yaml-section.ts';

/**
 * How we log in at a cloud. Of keystoneauth's ways, those that need no one at a keyboard, each bound to a project.
 * @throws `bad-clouds-yaml`
 */
export function authOf(cloud: YamlSection, auth: YamlSection): Cloud['auth'] {
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

/** openstacksdk takes `password` where nothing is said, whatever stands in auth. */
function authType(cloud: YamlSection, auth: YamlSection): string {
  const type = cloud.text('auth_type', 'auth_plugin');
  if (type !== undefined) return type;
  const likely = ['application_credential_id', 'application_credential_name'].some((name) => auth.text(name))
    ? 'v3applicationcredential'
    : auth.text(...TOKEN) && 'token';
  if (likely && auth.text('password') === undefined) {
    throw cloud.bad('auth_type', `is missing, which means password: for what stands in auth it must be ${likely}`);
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

/** @param userDomain is the project's too where nothing else is said */
function projectOf(auth: YamlSection, userDomain?: Domain): Reference {
  const id = auth.text('project_id', 'tenant_id');
  if (id !== undefined) return { id };
  return { name: auth.requiredText('project_name', 'tenant_name'), domain: domainOf(auth, 'project', userDomain) };
}

/** `domain_…` stands for both user and project, `default_domain_…` for what neither says; an id goes before any name. */
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
