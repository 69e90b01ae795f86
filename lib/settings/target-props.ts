import type { DropperRights } from '../../lambda/model/dropper-rights.ts';
import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import type { Requirement } from '../../lambda/model/record.ts';
import type { RouteSetting, TargetKind, UnrecognisedRaw } from '../../lambda/model/target.ts';

/** A place that drops go to. Its name, in `targets`, is the name of the cloud in clouds.yaml. */
export interface TargetProps {
  /** `glance`: stock OpenStack. `ims`: Huawei Cloud Image Management Service and its sisters. */
  readonly kind: TargetKind;

  /**
   * Largest image, in bytes, that the endpoint takes by one PUT.
   *
   * @default - glance: 1 TiB, Glance's own default of image_size_cap. ims: 1,999,999,999, for the documented limit is
   * "smaller than 2 GB" without saying which GB; Open Telekom Cloud documents 128 GB
   */
  readonly maxPutBytes?: number;

  /**
   * Which way the bytes travel. `stream`: by one PUT of the file. `import`: the image service fetches the object itself,
   * by a presigned URL; it must offer the import method `web-download`, reach the bucket and be allowed to. `register`:
   * the image service reads the file from object storage, see `staging`. `auto`: streams what can be streamed. `import` is
   * for `glance` only, `register` for `ims`.
   *
   * @default "auto"
   */
  readonly route?: RouteSetting;

  /**
   * Largest image, in bytes, that the route `auto` streams. A larger one is imported or registered, where that is offered.
   *
   * @default 34,359,738,368 - 32 GiB: a function lives for 15 minutes and moves 60 to 75 MB/s; half of that is left for
   * slower links
   */
  readonly maxStreamBytes?: number;

  /**
   * Where files are put that are too large for one PUT, for the image service to read: a bucket of the service's own
   * object storage, in its region. Only for `ims`. Its keys stand in clouds.yaml, as `object_storage` of the cloud. What
   * is put there is removed when its record is settled.
   *
   * @default - nowhere: what is larger than maxPutBytes is refused as `too-large`
   */
  readonly staging?: StagingProps;

  /**
   * Largest image, in bytes, that the service registers from object storage. A larger one goes by fast import. Only for
   * `ims`.
   *
   * @default 128,000,000,000 - the documented limit is 128 GB without saying which GB: the smaller one is right under
   * both readings
   */
  readonly maxRegisterBytes?: number;

  /**
   * Largest image, in bytes, that the service takes by fast import (raw with its bitmap file, or zvhd2). Only for `ims`.
   *
   * @default 1,000,000,000,000 - 1 TB, as documented
   */
  readonly maxFastImportBytes?: number;

  /**
   * Seconds that an image may take from its upload to `active` before the drop fails.
   *
   * @default 21600 - six hours: conversions of hundreds of GB are over by then
   */
  readonly activeWithinSeconds?: number;

  /**
   * Bounds of min_disk in GiB: a smaller value is raised to `lowest`, a larger one refused.
   *
   * @default - glance: 0 to 2,147,483,647, what its database holds. ims: 40 to 1024, from its API reference; newer
   * services take less
   */
  readonly minDisk?: { readonly lowest?: number; readonly highest?: number };

  /**
   * The disk_format to declare for files that the service converts on the way in. Only for `ims`: Glance keeps each
   * file in its own format.
   *
   * @default - ims: "vhd", the default of the service; newer services keep "zvhd2"
   */
  readonly convertTo?: string;

  /**
   * What happens to a raw file in which no partition table, file system or boot sector is found: `warn` sends it with a
   * warning in its record, `reject` refuses it.
   *
   * @default "warn" - guests with a table or file system of their own kind are good images
   */
  readonly unrecognisedRaw?: UnrecognisedRaw;

  /**
   * Metadata of every image of this target, by the rules of docs/metadata.md. Metadata files and the object's own
   * user metadata take precedence over it.
   *
   * @default {} - only what is found in the file
   */
  readonly metadata?: ImageMetadata;

  /**
   * What droppers may choose in metadata files and user metadata: values of `visibility`, `protected`, `hidden`
   * (os_hidden), and reserved `properties` by name, with `*` for any ending. `metadata` of the target is not limited by
   * it. Properties that no setting allows, and the reserved ones, are in docs/metadata.md.
   *
   * @default { visibility: ["private"], protected: true, hidden: false, properties: [] } - private images with harmless
   * properties: everyone who may write into the drop bucket is a dropper
   */
  readonly droppersMay?: Partial<DropperRights>;

  /**
   * What each drop must have from its publisher. `checksum`: a drop fails unless its bytes agree with a checksum that its
   * metadata or a checksum file in its folder gives. Metadata files may require more than the target, never less.
   *
   * @default "none" - a checksum that is there is compared, and none is needed
   */
  readonly require?: Requirement;

  /**
   * Seconds that a drop waits for its checksum file where one is required, before it fails as `checksum-missing`.
   *
   * @default 900 - 15 minutes: the file usually comes by the same copy as its image
   */
  readonly checksumWithinSeconds?: number;
}

/** A bucket of object storage that speaks the API of S3, such as OBS. */
export interface StagingProps {
  /** Its name. */
  readonly bucket: string;

  /** Its address without the bucket: `https://obs.ap-southeast-1.myhuaweicloud.com`. */
  readonly endpoint: string;

  /**
   * The region that requests are signed for.
   *
   * @default - the one in the name of the endpoint (`obs.REGION.…`); "us-east-1" where it has none, which storage that
   * knows no regions takes
   */
  readonly region?: string;
}
