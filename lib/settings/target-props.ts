import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import type { TargetKind } from '../../lambda/model/target.ts';

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
   * Metadata of every image of this target. What the object's own user metadata says goes before it.
   *
   * @default {} - only what is found in the file
   */
  readonly metadata?: ImageMetadata;
}
