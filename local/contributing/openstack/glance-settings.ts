/**
 * Which addresses Glance may fetch by web-download. What is left out is as Glance ships it: ports 80 and 443, and any
 * host but this machine, which Debian's security updates keep closed unless `allowedHosts` names it.
 */
export interface ImportFilter {
  readonly allowedSchemes?: readonly string[];
  /** Names or addresses as they stand in the URI. */
  readonly allowedHosts?: readonly string[];
  readonly allowedPorts?: readonly number[];
  readonly disallowedSchemes?: readonly string[];
  readonly disallowedHosts?: readonly string[];
  readonly disallowedPorts?: readonly number[];
}

/** Unified limits of every project. What is left out is as good as unlimited. */
export interface Quotas {
  readonly imageSizeTotalMib?: number;
  readonly imageStageTotalMib?: number;
  readonly imageCountTotal?: number;
  readonly imageCountUploading?: number;
}

/** A missing setting is as Glance ships it, unless stated otherwise. */
export interface GlanceSettings {
  /** Default: a free one, kept in the folder. */
  readonly port?: number | undefined;
  /** Its region in the catalog. Default: RegionOne. Each Glance of one Keystone needs its own. */
  readonly region?: string;
  /** Processes that serve. Default: 2. */
  readonly workers?: number;
  /** Default: Glance's list. */
  readonly diskFormats?: readonly string[];
  /** Default: glance-direct and web-download. */
  readonly importMethods?: readonly string[];
  readonly importFilter?: ImportFilter;
  /** Default: 1 TiB. */
  readonly imageSizeCapBytes?: number;
  /** With a unit: 5MB. Default: no quota. Glance ignores it where there are `quotas`. */
  readonly userStorageQuota?: string;
  /** As Python's hashlib calls it. Default: sha512. */
  readonly hashingAlgorithm?: string;
  /** Where the images lie. Default: in the folder. */
  readonly storeFolder?: string;
  /** Default: none, and an empty GET /v2/info/usage. */
  readonly quotas?: Quotas;
  /** Whether it goes on when this process ends. Default: false. */
  readonly outlive?: boolean;
}
