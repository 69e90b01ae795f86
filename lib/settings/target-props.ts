import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import type { RouteSetting, TargetKind } from '../../lambda/model/target.ts';

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
   * by a presigned URL; it must offer the import method `web-download`, reach the bucket and be allowed to. `auto`:
   * streams what can be streamed. Only `auto` and `stream` for `ims`.
   *
   * @default "auto"
   */
  readonly route?: RouteSetting;

  /**
   * Largest image, in bytes, that the route `auto` streams. A larger one is imported, where that is offered.
   *
   * @default 34,359,738,368 - 32 GiB: a function lives for 15 minutes and moves 60 to 75 MB/s; half of that is left for
   * slower links
   */
  readonly maxStreamBytes?: number;

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
