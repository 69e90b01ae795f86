import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CatalogEntry, enterImageService } from './catalog.ts';
import { GLANCE_FOLDERS, glanceConfig } from './glance-config.ts';
import { prepareGlance } from './glance-folder.ts';
import { glanceConfigFile, glanceServer, glanceUrl } from './glance-server.ts';
import type { GlanceSettings, Quotas } from './glance-settings.ts';
import { DEFAULT_REGION, type Keystone } from './keystone.ts';
import { setQuotas } from './quotas.ts';
import type { ServerProcess } from './server-process.ts';

/** A real Glance on 127.0.0.1, with everything it remembers in a folder of its own. */
export class Glance {
  /** Without a version, as the catalog names it. */
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #keystone: Keystone;
  readonly #entry: CatalogEntry;
  readonly #server: ServerProcess;
  #settings: GlanceSettings;

  constructor(folder: string, port: number, keystone: Keystone, entry: CatalogEntry, settings: GlanceSettings) {
    this.#folder = folder;
    this.#port = port;
    this.#keystone = keystone;
    this.#entry = entry;
    this.#server = glanceServer(folder, port);
    this.url = this.#server.url;
    this.#settings = settings;
  }

  get region(): string {
    return this.#settings.region ?? DEFAULT_REGION;
  }

  /** Where the files of the images lie. */
  get storeFolder(): string {
    return this.#settings.storeFolder ?? join(this.#folder, GLANCE_FOLDERS.store);
  }

  get processIds(): readonly number[] {
    return this.#server.processIds;
  }

  isUp(): Promise<boolean> {
    return this.#server.isUp();
  }

  /** Does nothing when it runs and answers. */
  async start(): Promise<void> {
    if (await this.isUp()) return;
    await this.#writeConfig();
    if (this.#settings.quotas !== undefined) await this.#setLimits(this.#settings.quotas);
    await this.#server.start(this.#settings.outlive ?? false);
  }

  /** Lets no request end: an upload that is under way breaks off. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** As a crash would: at once, all of its processes. */
  kill(): Promise<void> {
    return this.#server.kill();
  }

  /** With its images and its port. @param changed settings that are to be others from now on */
  async restart(changed: Omit<GlanceSettings, 'port' | 'region'> = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...changed };
    await this.stop();
    await this.start();
  }

  /** Other limits from the next request on; what is left out is unlimited. Restarts it if it had no limits so far. */
  async setQuotas(quotas: Quotas): Promise<void> {
    if (this.#settings.quotas === undefined) return await this.restart({ quotas });
    this.#settings = { ...this.#settings, quotas };
    await this.#setLimits(quotas);
  }

  async #setLimits(quotas: Quotas): Promise<void> {
    const service = { serviceId: this.#entry.serviceId, region: this.region };
    await setQuotas(await this.#keystone.admin(), service, quotas);
  }

  async #writeConfig(): Promise<void> {
    const text = glanceConfig({
      folder: this.#folder,
      port: this.#port,
      authUrl: this.#keystone.url,
      accounts: this.#keystone.accounts,
      endpointId: this.#entry.endpointId,
      settings: this.#settings,
    });
    await writeFile(glanceConfigFile(this.#folder), text, { mode: 0o600 });
  }
}

/**
 * Starts the Glance of this folder; a new one where there is none. One that runs already is left as it is.
 * @throws OpenStackError with the last words of the program that failed
 */
export async function startGlance(folder: string, keystone: Keystone, settings: GlanceSettings = {}): Promise<Glance> {
  const place = resolve(folder);
  const { port } = await prepareGlance(place, settings.port);
  const entry = await enterImageService(await keystone.admin(), settings.region ?? DEFAULT_REGION, glanceUrl(port));
  const glance = new Glance(place, port, keystone, entry, settings);
  await glance.start();
  return glance;
}
