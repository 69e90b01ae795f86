import path from 'node:path';
import { stringify } from 'yaml';
import { type Accounts, DEFAULT_ACCOUNTS, DOMAIN, idOf } from './accounts.ts';
import { Glance } from './glance.ts';
import { ImageApi } from './image-api.ts';
import { ImageStore } from './image-store.ts';
import { Ims } from './ims.ts';
import { IMS_DEFAULTS } from './ims-settings.ts';
import { JobStore } from './job.ts';
import { GLANCE_REGION, IMS_REGION, Keystone, type ServiceUrls, Tokens } from './keystone.ts';
import type { ObsSettings } from './obs-client.ts';
import { CloudServer } from './server.ts';
import { GLANCE_DEFAULTS, type SimulatorOptions, TOKEN_LIFETIME_SECONDS } from './settings.ts';

export interface Simulator {
  readonly url: string;
  /** The auth_url of Keystone. */
  readonly authUrl: string;
  /** A clouds.yaml with the clouds `simulator`, `simulator-ims` and `simulator-application-credential`. */
  cloudsYaml(): string;
  /** Path of the bytes that were stored for an image of either service. */
  imageFile(id: string): string;
  /** Cuts all connections and waits until what they had begun is undone. */
  close(): Promise<void>;
}

/**
 * A cloud of one machine: Keystone, Glance and IMS on one port, below /identity, /image and /ims. It plays their APIs by
 * their documentation, and makes no image that could boot: bytes are kept as they come, whatever their format, and of
 * registered files above `ims.wholeReadBytes` only samples.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { folder, host = '127.0.0.1', clock = () => new Date(), accounts = DEFAULT_ACCOUNTS } = options;
  const tokens = new Tokens(clock, options.tokenLifetimeSeconds ?? TOKEN_LIFETIME_SECONDS);
  const glance = new Glance({ ...GLANCE_DEFAULTS, ...options.glance });
  const jobs = await JobStore.open(path.join(folder, 'ims', 'jobs'));
  const ims = new Ims({ ...IMS_DEFAULTS, ...options.ims }, jobs, options.obs);
  const glanceImages = await ImageStore.open(path.join(folder, 'glance'), clock);
  const imsImages = await ImageStore.open(path.join(folder, 'ims'), clock);
  const imsContext = { flavour: ims, store: imsImages, tokens, clock };
  const server = new CloudServer([
    new Keystone(accounts, tokens, () => urls(server.url)),
    new ImageApi({ flavour: glance, store: glanceImages, tokens, clock }),
    new ImageApi(imsContext),
  ]);
  await server.listen(options.port ?? 0, host);
  ims.resume(imsContext);
  const authUrl = `${server.url}/identity/v3`;
  return {
    url: server.url,
    authUrl,
    cloudsYaml: () => cloudsYaml(authUrl, accounts, options.obs),
    imageFile: (id) => (imsImages.find(id) ? imsImages : glanceImages).dataPath(id),
    close: () => server.close(),
  };
}

function urls(url: string): ServiceUrls {
  return { identity: `${url}/identity/v3`, glance: `${url}/image`, ims: `${url}/ims` };
}

/**
 * A clouds.yaml for the first user and the first application credential: `simulator` (Glance), `simulator-ims` (the
 * region whose image service is IMS, with the keys of its object storage) and `simulator-application-credential` (Glance).
 */
function cloudsYaml(authUrl: string, accounts: Accounts, obs?: ObsSettings): string {
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
