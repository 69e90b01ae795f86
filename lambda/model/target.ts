import type { DropperRights } from './dropper-rights.ts';
import type { ImageMetadata } from './metadata.ts';
import type { Requirement } from './record.ts';
import type { VersionSettings } from './versions.ts';

export const TARGET_KINDS = ['glance', 'ims'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

export const ROUTE_SETTINGS = ['auto', 'stream', 'import', 'register'] as const;
export type RouteSetting = (typeof ROUTE_SETTINGS)[number];

/** What happens to a raw file in which no partition table, file system or boot sector is found. */
export const UNRECOGNISED_RAW = ['warn', 'reject'] as const;
export type UnrecognisedRaw = (typeof UNRECOGNISED_RAW)[number];

/**
 * A place that a drop goes to. The construct writes the targets, with all defaults filled in, into the functions'
 * environment as JSON; the credentials are found under the same name in clouds.yaml.
 */
export interface Target {
  /** The cloud's name in clouds.yaml; letters, digits, `.`, `_` and `-`, 64 at most: it is part of record keys and tags. */
  readonly name: string;
  readonly kind: TargetKind;
  /** Largest image, in bytes, that goes by one PUT of the file. */
  readonly maxPutBytes: number;
  /** Which way the bytes go; `auto` streams what can be streamed. */
  readonly route: RouteSetting;
  /** What the service reads from object storage itself; absent where this kind of endpoint reads nothing from there. */
  readonly objectStorage?: ObjectStorage;
  /** Largest image, in bytes, that `auto` streams: more would not be through before the function's time is over. */
  readonly maxStreamBytes: number;
  /** Seconds that an image may take from its upload to `active` before the drop fails. */
  readonly activeWithinSeconds: number;
  /** Bounds of min_disk in GiB; a smaller value is raised, a larger one refused. */
  readonly minDisk: { readonly lowest: number; readonly highest: number };
  /** The disk_format for files that the service converts on the way in (IMS: vhd, newer services zvhd2). */
  readonly convertTo: string;
  /** Whether a raw file without a sign of a disk is sent with a warning, or refused. */
  readonly unrecognisedRaw: UnrecognisedRaw;
  /** Metadata of every image of this target, unless the drop says otherwise. */
  readonly metadata: ImageMetadata;
  /** What droppers may choose; absent: DEFAULT_RIGHTS. */
  readonly droppersMay?: DropperRights;
  /** How older versions of an image are retired; absent: they stay as they are. */
  readonly versions?: VersionSettings;
  /** What each drop must have from its publisher; absent: nothing. Droppers may require more. */
  readonly require?: Requirement;
  /** Seconds that a drop waits for its required checksum file; absent: 900. */
  readonly checksumWithinSeconds?: number;
}

/** How an image service takes files that are too large for one PUT. */
export interface ObjectStorage {
  /** Largest image, in bytes, that is registered. */
  readonly maxRegisterBytes: number;
  /** Largest image, in bytes, that goes by fast import. */
  readonly maxFastImportBytes: number;
  /** Where files are put for the service to read; absent: nowhere, and what is too large for one PUT is refused. */
  readonly staging?: StagingPlace;
}

/** A bucket of the service's own object storage. Its keys are in clouds.yaml. */
export interface StagingPlace {
  readonly bucket: string;
  /** `https://obs.ap-southeast-1.myhuaweicloud.com` */
  readonly endpoint: string;
  /** The region that requests are signed for. */
  readonly region: string;
}
