import type { DropperRights } from '../../lambda/model/dropper-rights.ts';
import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import type { Requirement } from '../../lambda/model/record.ts';
import type { RouteSetting, TargetKind, UnrecognisedRaw } from '../../lambda/model/target.ts';
import type { VersionSettings } from '../../lambda/model/versions.ts';

/** A place that drops go to. Its name, in `targets`, is the name of the cloud in clouds.yaml. */
export interface TargetProps {
  /** `glance`: OpenStack. `ims`: Huawei Cloud IMS and related clouds. */
  readonly kind: TargetKind;

  /**
   * Largest image, in bytes, that the endpoint accepts by one PUT.
   *
   * @default - glance: 1 TiB. ims: 1,999,999,999 - Glance's own default of image_size_cap; IMS documents "smaller than
   * 2 GB" without saying which GB
   */
  readonly maxPutBytes?: number;

  /**
   * `stream`, `import` (only `glance`), `register` (only `ims`, needs `staging`) or `auto`: streams what can be streamed
   * (docs/routes.md).
   *
   * @default "auto"
   */
  readonly route?: RouteSetting;

  /**
   * Largest image, in bytes, that `auto` streams. A larger one is imported or registered, if the cloud offers that.
   *
   * @default 34,359,738,368 - 32 GiB: a function lives for 15 minutes and moves 60 to 75 MB/s; half of that is left for
   * slower links
   */
  readonly maxStreamBytes?: number;

  /**
   * A bucket of the service's object storage, in its region, for files above `maxPutBytes`. Only for `ims`. Its keys are
   * `object_storage` of the cloud in clouds.yaml.
   *
   * @default - none: a larger file is rejected as `too-large`
   */
  readonly staging?: StagingProps;

  /**
   * Largest image, in bytes, for the route `register`. A larger one uses fast import. Only for `ims`.
   *
   * @default 128,000,000,000 - the documented limit is 128 GB without saying which GB: the smaller one is right under
   * both readings
   */
  readonly maxRegisterBytes?: number;

  /**
   * Largest image, in bytes, for fast import. Only for `ims`.
   *
   * @default 1,000,000,000,000 - 1 TB, as documented
   */
  readonly maxFastImportBytes?: number;

  /**
   * Seconds from upload to `active` before the drop fails.
   *
   * @default 21600 - six hours: conversions of hundreds of GB are over by then
   */
  readonly activeWithinSeconds?: number;

  /**
   * Bounds of min_disk in GiB. A smaller value is raised to `lowest`; a larger one is rejected.
   *
   * @default - glance: 0 to 2,147,483,647. ims: 40 to 1024 - what Glance's database holds; IMS's API reference
   */
  readonly minDisk?: { readonly lowest?: number; readonly highest?: number };

  /**
   * The disk_format to declare for files that the service converts. Only for `ims`.
   *
   * @default - "vhd" - the default of the service; newer services keep "zvhd2"
   */
  readonly convertTo?: string;

  /**
   * A raw file without partition table, file system or boot sector: `warn` sends it with a warning in its record,
   * `reject` rejects it.
   *
   * @default "warn" - guests with a table or file system of their own kind are good images
   */
  readonly unrecognisedRaw?: UnrecognisedRaw;

  /**
   * Metadata of every image of this target (docs/metadata.md). Metadata files and user metadata take precedence.
   *
   * @default {} - only what is found in the file
   */
  readonly metadata?: ImageMetadata;

  /**
   * What metadata files and user metadata may choose (docs/metadata.md).
   *
   * @default { visibility: ["private"], protected: true, hidden: false, family: false, sharedWith: [],
   * properties: [] } - private images with harmless
   * properties: everyone who may write into the drop bucket is a dropper
   */
  readonly droppersMay?: Partial<DropperRights>;

  /**
   * Retires the older versions of an image when a newer one of its family becomes active; the family is the name of the
   * image, or `family` in its metadata (docs/metadata.md). `keep`: how many stay, the current one included; older ones are
   * deleted, but never a protected one. `old`: `hide` hides each version but the current one, `rename` gives it `oldName`
   * with `{name}` and `{date}`, `delete` leaves it as it is. IMS knows no hidden images: say `rename` or `delete`.
   *
   * @default - all versions stay as they are. Of a target that has it: { keep: 3, old: "hide", oldName: "{name} ({date})" }
   */
  readonly versions?: Partial<VersionSettings>;

  /**
   * `checksum`: each drop must agree with a checksum of its publisher (docs/metadata.md). `signature`: the checksum must
   * be in a file that is signed by one of `publisherKeys`.
   *
   * @default "none" - a checksum that is there is compared, and none is needed
   */
  readonly require?: Requirement;

  /**
   * Seconds that a drop waits for a required checksum file, up to a day.
   *
   * @default 900 - 15 minutes: the file usually comes by the same copy as its image
   */
  readonly checksumWithinSeconds?: number;
}

/** A bucket of object storage that speaks the API of S3, such as OBS. */
export interface StagingProps {
  /** The name of the bucket. */
  readonly bucket: string;

  /** The address without the bucket: `https://obs.ap-southeast-1.myhuaweicloud.com`. */
  readonly endpoint: string;

  /**
   * The region that requests are signed for.
   *
   * @default - the region in the endpoint's name (`obs.REGION.…`), else "us-east-1" - storage without regions accepts it
   */
  readonly region?: string;
}
