/** What a person can say of an image before it is made. Everything is optional; docs/metadata.md describes each. */
export interface ImageMetadata {
  readonly name?: string;
  /** The file's format as the user knows it. Must be what inspection finds; `raw` vouches for bytes that bear no sign. */
  readonly diskFormat?: string;
  /** GiB. */
  readonly minDisk?: number;
  /** MiB. */
  readonly minRam?: number;
  readonly visibility?: string;
  readonly protected?: boolean;
  readonly tags?: readonly string[];
  /** The OS version from the list of Huawei Cloud IMS (`__os_version`). */
  readonly osVersion?: string;
  readonly properties?: Readonly<Record<string, string>>;
}
