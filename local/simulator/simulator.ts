import path from 'node:path';
import { DEFAULT_ACCOUNTS } from './accounts.ts';
import type { ServiceUrls } from './catalog.ts';
import { cloudsYaml } from './clouds-yaml.ts';
import { Glance } from './glance.ts';
import { ImageApi } from './image-api.ts';
import { ImageStore } from './image-store.ts';
import { Ims } from './ims.ts';
import { Keystone } from './keystone.ts';
import { CloudServer } from './server.ts';
import { GLANCE_DEFAULTS, IMS_DEFAULTS, type SimulatorOptions, TOKEN_LIFETIME_SECONDS } from './settings.ts';
import { Tokens } from './tokens.ts';

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

/** A cloud of one machine: Keystone, Glance and IMS on one port, below /identity, /image and /ims. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { folder, host = '127.0.0.1', clock = () => new Date(), accounts = DEFAULT_ACCOUNTS } = options;
  const tokens = new Tokens(clock, options.tokenLifetimeSeconds ?? TOKEN_LIFETIME_SECONDS);
  const glance = new Glance({ ...GLANCE_DEFAULTS, ...options.glance });
  const ims = new Ims({ ...IMS_DEFAULTS, ...options.ims });
  const glanceImages = await ImageStore.open(path.join(folder, 'glance'), clock);
  const imsImages = await ImageStore.open(path.join(folder, 'ims'), clock);
  const server = new CloudServer([
    new Keystone(accounts, tokens, () => urls(server.url)),
    new ImageApi({ flavour: glance, store: glanceImages, tokens, clock }),
    new ImageApi({ flavour: ims, store: imsImages, tokens, clock }),
  ]);
  await server.listen(options.port ?? 0, host);
  const authUrl = `${server.url}/identity/v3`;
  return {
    url: server.url,
    authUrl,
    cloudsYaml: () => cloudsYaml(authUrl, accounts),
    imageFile: (id) => (imsImages.find(id) ? imsImages : glanceImages).dataPath(id),
    close: () => server.close(),
  };
}

function urls(url: string): ServiceUrls {
  return { identity: `${url}/identity/v3`, glance: `${url}/image`, ims: `${url}/ims` };
}
