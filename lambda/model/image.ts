/** The formats that inspection can find in a file. docs/formats.md describes each. */
export const IMAGE_FORMATS = [
  'qcow2',
  'qcow',
  'qed',
  'vmdk',
  'vhd',
  'vhdx',
  'vdi',
  'iso',
  'zvhd',
  'zvhd2',
  'raw',
] as const;

export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** What inspection found in the file. */
export interface FoundImage {
  readonly format: ImageFormat;
  /** The variant, where a format has several: "monolithicSparse", "fixed", "dynamic", "v3" … */
  readonly subformat?: string;
  /** Bytes of the disk that the guest sees. */
  readonly virtualSize: number;
  /** Things worth knowing that are no reason to refuse. */
  readonly warnings?: readonly string[];
}

/** Part of the object, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** How the bytes travel; docs/routes.md. */
export type Route = 'stream' | 'import' | 'register' | 'fast-import';

/** How an endpoint would take an image. */
export interface UploadPlan {
  readonly route: Route;
  /** Why this route, in one sentence. */
  readonly reason: string;
  /** The disk_format to declare. */
  readonly diskFormat: string;
  /** The bytes of the object to send; a fixed VHD sent as raw leaves out its footer. */
  readonly range: ByteRange;
  /** What to compute while reading: what this endpoint will report, as far as it is known. */
  readonly algorithms: readonly HashAlgorithm[];
}

export const HASH_ALGORITHMS = ['md5', 'sha256', 'sha512'] as const;
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number];
/** Hex digests, in lower case. */
export type Hashes = { readonly [algorithm in HashAlgorithm]?: string };

/** Image API v2 "Image status" (https://docs.openstack.org/glance/latest/user/statuses.html). */
export type ImageStatus =
  | 'queued'
  | 'saving'
  | 'uploading'
  | 'importing'
  | 'active'
  | 'deactivated'
  | 'killed'
  | 'deleted'
  | 'pending_delete';

/** An image as its endpoint describes it. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly status: ImageStatus;
  readonly diskFormat: string;
  /** Bytes the endpoint holds; undefined until it says so. */
  readonly size?: number;
  /** What the endpoint computed; empty until it says so. */
  readonly hashes: Hashes;
  /** All string properties, ours among them. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The property by which an image is known as ours; its value is the image id that was asked for. */
export const ID_PROPERTY = 'imagedrop_id';
/** The property that names the record of an image: its key, percent-encoded (percent-encoded.ts). */
export const RECORD_PROPERTY = 'imagedrop_record';

/** An image to be created. */
export interface NewImage {
  /** UUID that stands for this drop, target and generation; the image's id where the endpoint lets us choose it. */
  readonly id: string;
  readonly name: string;
  readonly diskFormat: string;
  readonly containerFormat: string;
  /** GiB. */
  readonly minDisk: number;
  /** MiB. */
  readonly minRam: number;
  readonly visibility: string;
  readonly protected: boolean;
  readonly tags: readonly string[];
  /** Custom properties; ID_PROPERTY and RECORD_PROPERTY are among them. */
  readonly properties: Readonly<Record<string, string>>;
}
