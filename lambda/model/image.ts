/** The formats that come with inspection; docs/formats.md describes each. Its registry may know more. */
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

/** A name of a format: open, so that a format is added to the registry of inspection alone. */
export type ImageFormat = (typeof IMAGE_FORMATS)[number] | (string & Record<never, never>);

/** What inspection found in the file. */
export interface FoundImage {
  readonly format: ImageFormat;
  /** The variant, where a format has several: "monolithicSparse", "fixed", "dynamic", "v3" … */
  readonly subformat?: string;
  /** Bytes of the disk that the guest sees. */
  readonly virtualSize: number;
  /** The partition table of that disk; absent where it has none, or where it could not be read. */
  readonly partitionTable?: PartitionTable;
  /** Warnings: they do not refuse the file. */
  readonly warnings?: readonly string[];
  /** Set where nothing in a raw file shows that it is a disk; `unrecognisedRaw` of the target decides about it. */
  readonly isUnrecognised?: true;
  /** The one of the warnings that says why Glance refuses the file after the upload, and what to do instead. */
  readonly glanceRefusal?: string;
  /** What the OVF descriptor beside the disk in an OVA says. */
  readonly appliance?: Appliance;
}

/** The machine that an OVF descriptor describes, as far as that is certain. */
export interface Appliance {
  /** The descriptor's name in the archive. */
  readonly file: string;
  readonly name?: string;
  readonly memoryMib?: number;
  /** Bytes of the disk that the descriptor asks for. */
  readonly capacityBytes?: number;
}

/** How the disk that the guest sees is divided. */
export interface PartitionTable {
  readonly scheme: 'gpt' | 'mbr';
  /** Bytes in a logical sector: 512 or 4096. */
  readonly sectorBytes: number;
  /** In the order of the table, the first 128 at most; of an MBR the primary ones. */
  readonly partitions: readonly Partition[];
  /** Bytes of the smallest disk that holds all partitions, and with GPT the copy of the table behind them. */
  readonly endBytes: number;
  /** Set only where it is certain how the disk boots: it has an EFI system partition and nothing for a BIOS. */
  readonly firmware?: 'uefi';
}

/** Offset and length are bytes of the disk. */
export interface Partition extends ByteRange {
  /** The type's GUID in capitals (GPT), or its number as in "0x83" (MBR). */
  readonly type: string;
  /** Only GPT has names. */
  readonly name?: string;
}

/** A range of bytes, of the object unless stated otherwise. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** How the bytes travel; docs/routes.md. */
export type Route = 'stream' | 'import' | 'register' | 'fast-import';

/** The result of an upload that did not end within its time. */
export interface MeasuredUpload {
  readonly bytesPerSecond: number;
  /** The time that it had. */
  readonly seconds: number;
}

/** How an endpoint would take an image. */
export interface UploadPlan {
  readonly route: Route;
  /** Why this route, in one sentence. */
  readonly reason: string;
  /** The disk_format to declare. */
  readonly diskFormat: string;
  /** The bytes of the object to send: those of the disk in it. A fixed VHD sent as raw leaves out its footer. */
  readonly range: ByteRange;
  /** What to compute while reading: what this endpoint will report, as far as it is known. */
  readonly algorithms: readonly HashAlgorithm[];
}

export const HASH_ALGORITHMS = ['md5', 'sha256', 'sha512'] as const;
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number];
/** Old manifests of appliances have SHA-1. */
export type DigestAlgorithm = HashAlgorithm | 'sha1';
/** Hex digests, in lower case. */
export type Hashes = { readonly [algorithm in DigestAlgorithm]?: string };

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
  readonly osHidden?: boolean;
  readonly protected?: boolean;
  /** All string properties, ours among them. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The property by which an image is known as ours; its value is the image id that was asked for. */
export const ID_PROPERTY = 'imagedrop_id';
/** The property that names the record of an image: its key, percent-encoded (percent-encoded.ts). */
export const RECORD_PROPERTY = 'imagedrop_record';
/** The property that tells what an image was created with: a hash of it (new-image.ts). */
export const METADATA_PROPERTY = 'imagedrop_metadata';

/** The property that the versions of one image have in common (versions.ts): their family, percent-encoded. */
export const FAMILY_PROPERTY = 'imagedrop_family';

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
  /** Left out of lists of images unless asked for; absent by default. */
  readonly osHidden?: boolean;
  /** Ids of the projects that get it as members; its visibility is `shared` then. */
  readonly sharedWith?: readonly string[];
  readonly tags: readonly string[];
  /** Custom properties; ID_PROPERTY and RECORD_PROPERTY are among them. */
  readonly properties: Readonly<Record<string, string>>;
}
