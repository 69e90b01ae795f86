import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GLANCE_FOLDERS, glanceConfig } from './glance-config.ts';
import type { GlanceSettings, Quotas } from './glance-folder.ts';
import { glanceConfigFile, glanceServer, glanceUrl, prepareGlance, type SavedGlance } from './glance-folder.ts';
import type { IdentityApi, Resource } from './identity-api.ts';
import { DEFAULT_REGION, type Keystone } from './keystone.ts';
import type { MariaDb } from './mariadb.ts';
import type { ServerProcess } from './server-process.ts';

/** What a Glance needs to run. */
export interface Services {
  readonly mariaDb: MariaDb;
  readonly keystone: Keystone;
}

interface Place {
  readonly folder: string;
  readonly saved: SavedGlance;
  readonly entry: CatalogEntry;
}

/** A real Glance on 127.0.0.1, with a folder and a database of its own. */
export class Glance {
  /** Without a version, as the catalog names it. */
  readonly url: string;
  readonly #place: Place;
  readonly #services: Services;
  readonly #server: ServerProcess;
  #settings: GlanceSettings;

  constructor(place: Place, services: Services, settings: GlanceSettings) {
    this.#place = place;
    this.#services = services;
    this.#server = glanceServer(place.folder, place.saved.port);
    this.url = this.#server.address;
    this.#settings = settings;
  }

  get region(): string {
    return this.#settings.region ?? DEFAULT_REGION;
  }

  /** Where the files of the images lie. */
  get storeFolder(): string {
    return this.#settings.storeFolder ?? join(this.#place.folder, GLANCE_FOLDERS.store);
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

  /** Changes its database behind its back. @see MariaDb.sql */
  sql(statements: string): Promise<string> {
    return this.#services.mariaDb.sql(statements, this.#place.saved.database);
  }

  async #setLimits(quotas: Quotas): Promise<void> {
    const service = { serviceId: this.#place.entry.serviceId, region: this.region };
    await setQuotas(await this.#services.keystone.admin(), service, quotas);
  }

  async #writeConfig(): Promise<void> {
    const { folder, saved, entry } = this.#place;
    const { mariaDb, keystone } = this.#services;
    const text = glanceConfig({
      folder,
      port: saved.port,
      authUrl: keystone.url,
      accounts: keystone.accounts,
      endpointId: entry.endpointId,
      connection: mariaDb.connection(saved.database, folder),
      settings: this.#settings,
    });
    await writeFile(glanceConfigFile(folder), text, { mode: 0o600 });
  }
}

/**
 * Starts the Glance of this folder; a new one where there is none. One that runs already is left as it is.
 * @param services run already
 * @throws OpenStackError with the last words of the program that failed
 */
export async function startGlance(folder: string, services: Services, settings: GlanceSettings = {}): Promise<Glance> {
  const absolute = resolve(folder);
  const saved = await prepareGlance(absolute, services.mariaDb, settings.port);
  const api = await services.keystone.admin();
  const entry = await enterImageService(api, settings.region ?? DEFAULT_REGION, glanceUrl(saved.port));
  const glance = new Glance({ folder: absolute, saved, entry }, services, settings);
  await glance.start();
  return glance;
}

/** As Glance calls them ("Quotas"); the totals are in MiB. */
const LIMITS = {
  image_size_total: 'imageSizeTotalMib',
  image_stage_total: 'imageStageTotalMib',
  image_count_total: 'imageCountTotal',
  image_count_uploading: 'imageCountUploading',
} as const satisfies Record<string, keyof Quotas>;

/** The most that Keystone takes: Glance has no word for unlimited, and takes a limit that is missing for zero. */
const UNLIMITED = 2 ** 31 - 1;

interface ImageService {
  readonly serviceId: string;
  readonly region: string;
}

/** Sets the limits of every project in one region. Glance asks for them at each request. */
async function setQuotas(api: IdentityApi, { serviceId, region }: ImageService, quotas: Quotas): Promise<void> {
  for (const [name, property] of Object.entries(LIMITS)) {
    const key = { service_id: serviceId, region_id: region, resource_name: name };
    const limit = { default_limit: quotas[property] ?? UNLIMITED };
    const existing: Resource | undefined = await api.find('registered_limits', key);
    if (existing === undefined) await api.create('registered_limits', 'registered_limits', [{ ...key, ...limit }]);
    else await api.update(`registered_limits/${existing.id}`, 'registered_limit', limit);
  }
}

interface CatalogEntry {
  readonly serviceId: string;
  /** Of the public interface. */
  readonly endpointId: string;
}

/** Glance's check of tokens takes the internal interface, its check of limits the public one, as clients do. */
const INTERFACES = ['public', 'internal', 'admin'] as const;

/** Sees to it that the catalog names this address as the image service of the region. */
async function enterImageService(api: IdentityApi, region: string, url: string): Promise<CatalogEntry> {
  await api.ensure('regions', 'region', { id: region });
  const { id: serviceId } = await api.ensure('services', 'service', { type: 'image', name: 'glance' });
  const [endpointId = ''] = await inTurn(INTERFACES, (name) => enterEndpoint(api, serviceId, region, name, url));
  return { serviceId, endpointId };
}

async function enterEndpoint(api: IdentityApi, serviceId: string, region: string, name: string, url: string) {
  const key = { service_id: serviceId, region_id: region, interface: name };
  const { id, url: present } = await api.find('endpoints', key).then(async (found) => {
    return found ?? (await api.create('endpoints', 'endpoint', { ...key, url }));
  });
  if (present !== url) await api.update(`endpoints/${id}`, 'endpoint', { url });
  return id;
}

async function inTurn<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await work(value));
  return results;
}
