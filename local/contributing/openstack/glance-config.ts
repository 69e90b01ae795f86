import { join } from 'node:path';
import { type Accounts, SERVICE_PROJECT } from './accounts.ts';
import type { GlanceSettings, ImportFilter } from './glance-folder.ts';
import { DOMAIN } from './identity-api.ts';
import { type ConfigSections, configFile } from './own-folder.ts';

export interface GlanceConfig {
  readonly folder: string;
  readonly port: number;
  /** Keystone's, with its version. */
  readonly authUrl: string;
  readonly accounts: Accounts;
  /** Its own endpoint in the catalog, by which its limits are found. */
  readonly endpointId: string;
  /** To its database. */
  readonly connection: string;
  readonly settings: GlanceSettings;
}

const DEFAULT_WORKERS = 2;
const DEFAULT_IMPORT_METHODS = ['glance-direct', 'web-download'];

/** Glance keeps what it stages and what its tasks work on in stores with these names ("Multi Store Support"). */
export const GLANCE_FOLDERS = { store: 'images', staging: 'staging', tasks: 'tasks', locks: 'locks' } as const;

/** glance-api.conf ("Glance Configuration Options"). */
export function glanceConfig(config: GlanceConfig): string {
  const { folder, port, settings } = config;
  const inFolder = (name: keyof typeof GLANCE_FOLDERS) => join(folder, GLANCE_FOLDERS[name]);
  return configFile({
    DEFAULT: {
      bind_host: '127.0.0.1',
      bind_port: port,
      workers: settings.workers ?? DEFAULT_WORKERS,
      use_stderr: true,
      worker_self_reference_url: `http://127.0.0.1:${port}`,
      node_staging_uri: `file://${inFolder('staging')}`,
      enabled_backends: 'file1:file',
      enabled_import_methods: `[${(settings.importMethods ?? DEFAULT_IMPORT_METHODS).join(',')}]`,
      image_size_cap: settings.imageSizeCapBytes,
      user_storage_quota: settings.userStorageQuota,
      hashing_algorithm: settings.hashingAlgorithm,
      use_keystone_limits: settings.quotas !== undefined,
    },
    database: { connection: config.connection },
    glance_store: { default_backend: 'file1' },
    file1: { filesystem_store_datadir: settings.storeFolder ?? inFolder('store') },
    os_glance_staging_store: { filesystem_store_datadir: inFolder('staging') },
    os_glance_tasks_store: { filesystem_store_datadir: inFolder('tasks') },
    oslo_concurrency: { lock_path: inFolder('locks') },
    image_format: { disk_formats: settings.diskFormats },
    import_filtering_opts: importFilter(settings.importFilter ?? {}),
    task: { task_executor: 'taskflow', work_dir: inFolder('tasks') },
    paste_deploy: { flavor: 'keystone', config_file: join(folder, 'glance-api-paste.ini') },
    keystone_authtoken: {
      www_authenticate_uri: config.authUrl,
      ...authentication(config),
      project_name: SERVICE_PROJECT,
      project_domain_id: DOMAIN.id,
    },
    ...(settings.quotas !== undefined && {
      oslo_limit: { ...authentication(config), system_scope: 'all', endpoint_id: config.endpointId },
    }),
  });
}

function authentication({ authUrl, accounts }: GlanceConfig): ConfigSections[string] {
  return {
    auth_type: 'password',
    auth_url: authUrl,
    username: accounts.glance.name,
    password: accounts.glance.password,
    user_domain_id: DOMAIN.id,
  };
}

/** oslo.config reads these lists in brackets. */
function importFilter(filter: ImportFilter): ConfigSections[string] {
  const list = (values: readonly unknown[] | undefined) => (values === undefined ? undefined : `[${values.join(',')}]`);
  return {
    allowed_schemes: list(filter.allowedSchemes),
    allowed_hosts: list(filter.allowedHosts),
    allowed_ports: list(filter.allowedPorts),
    disallowed_schemes: list(filter.disallowedSchemes),
    disallowed_hosts: list(filter.disallowedHosts),
    disallowed_ports: list(filter.disallowedPorts),
  };
}

/** What a request passes on its way, in this order: those of glance-api-paste.ini that a service with Keystone needs. */
const FILTERS = {
  healthcheck: { 'paste.filter_factory': 'oslo_middleware:Healthcheck.factory' },
  http_proxy_to_wsgi: { 'paste.filter_factory': 'oslo_middleware:HTTPProxyToWSGI.factory' },
  versionnegotiation: {
    'paste.filter_factory': 'glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory',
  },
  authtoken: { 'paste.filter_factory': 'keystonemiddleware.auth_token:filter_factory', delay_auth_decision: true },
  context: { 'paste.filter_factory': 'glance.api.middleware.context:ContextMiddleware.factory' },
};

/** The file of the package may be read by Glance's own user only, and this Glance runs as the user who starts it. */
export const GLANCE_PASTE = {
  'pipeline:glance-api-keystone': { pipeline: [...Object.keys(FILTERS), 'rootapp'].join(' ') },
  'composite:rootapp': {
    'paste.composite_factory': 'glance.api:root_app_factory',
    '/': 'apiversions',
    '/v2': 'apiv2app',
  },
  'app:apiversions': { 'paste.app_factory': 'glance.api.versions:create_resource' },
  'app:apiv2app': { 'paste.app_factory': 'glance.api.v2.router:API.factory' },
  ...Object.fromEntries(Object.entries(FILTERS).map(([name, options]) => [`filter:${name}`, options])),
};
