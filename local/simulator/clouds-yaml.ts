import { stringify } from 'yaml';
import { type Accounts, DOMAIN, idOf } from './accounts.ts';
import { GLANCE_REGION, IMS_REGION } from './keystone.ts';
import type { ObsSettings } from './obs-client.ts';

/**
 * A clouds.yaml for the first user and the first application credential: `simulator` (Glance), `simulator-ims` (the
 * region whose image service is IMS, with the keys of its object storage) and `simulator-application-credential` (Glance).
 */
export function cloudsYaml(authUrl: string, accounts: Accounts, obs?: ObsSettings): string {
  const password = passwordAuth(authUrl, accounts);
  const clouds: Record<string, object> = {
    simulator: cloud(GLANCE_REGION, 'password', password),
    'simulator-ims': { ...cloud(IMS_REGION, 'password', password), ...(obs && { object_storage: keysOf(obs) }) },
  };
  const credential = accounts.applicationCredentials[0];
  if (credential !== undefined) {
    clouds['simulator-application-credential'] = cloud(GLANCE_REGION, 'v3applicationcredential', {
      auth_url: authUrl,
      application_credential_id: idOf('credential', credential.name),
      application_credential_secret: credential.secret,
    });
  }
  return stringify({ clouds }, { aliasDuplicateObjects: false });
}

function cloud(region: string, authType: string, auth: object): object {
  return { auth_type: authType, auth, region_name: region, interface: 'public', identity_api_version: 3 };
}

function keysOf({ accessKeyId, secretAccessKey }: ObsSettings): object {
  return { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
}

function passwordAuth(authUrl: string, accounts: Accounts): object {
  const user = accounts.users[0];
  return {
    auth_url: authUrl,
    username: user?.name,
    password: user?.password,
    project_name: Object.keys(user?.roles ?? {})[0],
    user_domain_name: DOMAIN.name,
    project_domain_name: DOMAIN.name,
  };
}
