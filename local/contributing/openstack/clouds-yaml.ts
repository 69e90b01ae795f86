import { existsSync, readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { DOMAIN } from './identity-api.ts';
import type { Keystone } from './keystone.ts';
import { OpenStackError } from './run-program.ts';

/** Tells our files from those that users wrote for their own clouds. */
const FIRST_LINE = '# A Keystone and a Glance on this machine. Written anew at each start.\n';

/**
 * A clouds.yaml with the project's user, `openstack` by password and `openstack-application-credential`, and
 * `openstack-admin`.
 */
export function cloudsYaml({ url, accounts }: Pick<Keystone, 'url' | 'accounts'>, region: string): string {
  const { user, admin, projectName, applicationCredential } = accounts;
  const byPassword = ({ name, password }: typeof user, project: string) =>
    cloud(region, 'password', {
      auth_url: url,
      username: name,
      password,
      project_name: project,
      user_domain_name: DOMAIN.name,
      project_domain_name: DOMAIN.name,
    });
  const clouds = {
    openstack: byPassword(user, projectName),
    'openstack-application-credential': cloud(region, 'v3applicationcredential', {
      auth_url: url,
      application_credential_id: applicationCredential.id,
      application_credential_secret: applicationCredential.secret,
    }),
    'openstack-admin': byPassword(admin, 'admin'),
  };
  return FIRST_LINE + stringify({ clouds }, { aliasDuplicateObjects: false });
}

/** Whether the file is there and was written by us. */
export function isOwnCloudsYaml(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').startsWith(FIRST_LINE);
}

/** @throws OpenStackError when the file is there and somebody else's */
export function refuseForeignCloudsYaml(file: string): void {
  if (!existsSync(file) || isOwnCloudsYaml(file)) return;
  throw new OpenStackError(`${file} is there already and names other clouds; name another folder.`);
}

function cloud(region: string, authType: string, auth: object): object {
  return { auth_type: authType, auth, region_name: region, interface: 'public', identity_api_version: 3 };
}
