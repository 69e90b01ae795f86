import type { Accounts } from './accounts.ts';
import type { MishapOf } from './flavour.ts';
import type { ImsSettings } from './ims-settings.ts';
import type { ObsSettings } from './obs-client.ts';

export const HASH_ALGORITHMS = ['sha256', 'sha512', 'none'] as const;

/** The one store of the simulated cloud, by Glance's customary name for a file store. */
export const STORE = 'file1';

/** The refusals with 413 that an operator of Glance can configure; one that is left out does not limit. */
export interface GlanceLimits {
  /** Images of one project (unified limit image_count_total). */
  readonly imageCountTotal?: number;
  /** Uploads of one project at one time (unified limit image_count_uploading). */
  readonly imageCountUploading?: number;
  /** MiB of all images of one project, asked before the body (unified limit image_size_total). */
  readonly imageSizeTotalMiB?: number;
  /** Bytes of all images of one project ([DEFAULT] user_storage_quota). */
  readonly userStorageQuotaBytes?: number;
  /** Bytes of one image ([DEFAULT] image_size_cap). */
  readonly imageSizeCapBytes?: number;
  /** Bytes that the store can hold, of all projects. */
  readonly storeCapacityBytes?: number;
}

export interface GlanceSettings {
  readonly mishap?: MishapOf;
  readonly diskFormats: readonly string[];
  /** Milliseconds that an image stays in `saving` after the PUT was answered. */
  readonly activationDelayMs: number;
  /** Whether `checksum` (md5) is computed; operators in FIPS mode go without. */
  readonly checksum: boolean;
  /** os_hash_algo; `none` as before Glance 17, which had no multihash. */
  readonly hashAlgorithm: (typeof HASH_ALGORITHMS)[number];
  /** Whether content that is unsafe or not what disk_format says is refused, as Glance does from 30 on. */
  readonly inspectsContent: boolean;
  readonly limits: GlanceLimits;
  /** [DEFAULT] enabled_import_methods; glance-direct and web-download are played, and only what is played should be named. */
  readonly importMethods: readonly string[];
  /** Ports from which web-download may fetch ([import_filtering_opts] allowed_ports). */
  readonly importPorts: readonly number[] | 'any';
}

export interface SimulatorOptions {
  /** Where images and their data are kept; made when missing. */
  readonly folder: string;
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly clock?: () => Date;
  /** How long a token is valid, in seconds. */
  readonly tokenLifetimeSeconds?: number;
  readonly accounts?: Accounts;
  readonly glance?: Partial<GlanceSettings>;
  readonly ims?: Partial<ImsSettings>;
  /** Where IMS reads the files that are registered; without it none is found (IMG.0057). */
  readonly obs?: ObsSettings;
}

/** Keystone's default ([token] expiration). */
export const TOKEN_LIFETIME_SECONDS = 3600;

export const GLANCE_DEFAULTS: GlanceSettings = {
  // [image_format] disk_formats of stock Glance
  diskFormats: ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'],
  activationDelayMs: 0,
  checksum: true,
  hashAlgorithm: 'sha512',
  inspectsContent: true,
  limits: { imageSizeCapBytes: 1024 ** 4 }, // Glance's default, 1 TiB
  importMethods: ['glance-direct', 'web-download'],
  importPorts: 'any', // stock Glance has 80 and 443; the bucket of a cloud on one machine is on neither
};
