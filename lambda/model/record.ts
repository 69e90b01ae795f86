import type { Drop } from './drop.ts';
import type { ErrorCode } from './errors.ts';
import type {
  DigestAlgorithm,
  FoundImage,
  HashAlgorithm,
  Hashes,
  MeasuredUpload,
  NewImage,
  UploadPlan,
} from './image.ts';

/** The version of the record's form; it grows when a reader of the old form would misunderstand the new one. */
export const RECORD_SCHEMA = 1;

export const RECORD_STATUSES = [
  'received',
  'unpacking',
  'created',
  'uploading',
  'processing',
  'active',
  'failed',
  'superseded',
] as const;
export type RecordStatus = (typeof RECORD_STATUSES)[number];

/** Whether bytes move in a status, so that `progress` is about them. */
export const isMoving = (status: RecordStatus): boolean => status === 'unpacking' || status === 'uploading';

/** All that is known of one drop at one target. docs/record.md describes it for people. */
export interface DropRecord {
  readonly schema: typeof RECORD_SCHEMA;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Names the one write that made this revision, so that a writer can know its own write again. */
  readonly nonce: string;
  readonly status: RecordStatus;
  readonly drop: Drop;
  readonly target: string;
  /** The disk inside a packed drop; absent of other drops, and until it is unpacked. */
  readonly packed?: RecordedPacked;
  /** The file in an archive that the metadata of the drop named when it was unpacked; absent where they name none. */
  readonly chosenMember?: string;
  /** The disk inside a tar archive that is read where it is; absent of other drops. */
  readonly member?: RecordedMember;
  readonly found?: FoundImage;
  /** What was asked of the endpoint. */
  readonly sent?: NewImage;
  /** Where the metadata of the request comes from. */
  readonly metadata?: RecordedMetadata;
  /** What the publisher of the file says of its bytes; absent where nothing is known or required. */
  readonly publisher?: RecordedPublisher;
  readonly plan?: UploadPlan;
  readonly image?: RecordedImage;
  /** The key of the record that owns the image: the same drop, earlier. Nothing that happens to this record may delete it. */
  readonly duplicateOf?: string;
  /** When the same bytes were last dropped again, of an image that has versions; absent until then. */
  readonly droppedAgainAt?: string;
  /** Present where a later version of the image is current. */
  readonly retired?: RecordedRetirement;
  /** Present from the outcome on, until the older versions of the image are retired. */
  readonly retiring?: RecordedRetiring;
  /**
   * Images at the target that are no longer this record's: written before anything is deleted, struck out when it is
   * gone. No invocation may settle or continue with an image that is named here. Deleted before the next image is created and
   * before an outcome is announced; absent when nothing is left.
   */
  readonly removing?: readonly Removal[];
  /** Present while the endpoint does not show the image that it should have: it is asked again before it counts as lost. */
  readonly unseen?: Unseen;
  /** By the route `import`: the endpoint was asked to fetch the bytes itself. */
  readonly import?: RecordedImport;
  /** By the routes `register` and `fast-import`: the copy in object storage, where one is made. */
  readonly staging?: RecordedStaging;
  /** By the routes `register` and `fast-import`: the endpoint was asked to read the bytes from object storage. */
  readonly register?: RecordedRegister;
  /** How many images were begun for this record; the first is 1. */
  readonly generation: number;
  /** The generation that the drop began with when it was last retried; absent until then. */
  readonly retriedFrom?: number;
  /** How often reconcile has sent the record round again, because its message seemed lost; absent until then. */
  readonly rounds?: number;
  /** The stage whose dead letter settled the record: a redrive of that letter is a request to retry the drop. */
  readonly deadLetter?: QueueStage;
  readonly progress?: Progress;
  /** The result of a stream that did not end within its time; the route of the next image is planned by it. */
  readonly measured?: MeasuredUpload;
  /** Streams that ended with the time of their function, at a rate that could not have been enough; the second fails the drop. */
  readonly slowRuns?: number;
  readonly lease?: Lease;
  /** How often work on the present status was begun. */
  readonly attempts: number;
  /** What was read from the bucket and sent. */
  readonly hashes?: Hashes;
  /** Why the object was not read for its hashes as a whole; by the route `stream` it always is. */
  readonly unread?: string;
  readonly verification?: Verification;
  /** The reason of `failed`; while work goes on, why the last attempt ended. */
  readonly error?: RecordedError;
  /** Present while the drop waits for its target, which has no room for anybody; absent once it goes on. */
  readonly waiting?: RecordedWait;
  /** When the outcome was published; absent until then. The tags of the dropped object follow. */
  readonly announcedAt?: string;
  /** Key of the receipt in the status bucket (model/receipt.ts); of an active record, from its outcome on. */
  readonly receipt?: string;
  /** Why there is no receipt, although the record is active. */
  readonly noReceipt?: string;
  /** Why the image is not shared with all projects that it should be shared with, although it is active. */
  readonly unshared?: string;
  /** Why the dropped object has no tags of ours, although it should. */
  readonly untagged?: string;
  readonly history: readonly HistoryEntry[];
}

/** A record and its key in the status bucket. */
export interface KeyedRecord {
  readonly key: string;
  readonly record: DropRecord;
}

/** A packed drop, and the disk that was unpacked of it. */
export interface RecordedPacked {
  /** As file names end: "xz", "tar.gz", "zip". */
  readonly format: string;
  /** Of the packed file. */
  readonly bytes: number;
  readonly unpackedBytes: number;
  /** Of the disk, in hex. */
  readonly sha256: string;
  /** Name of the disk in its archive. */
  readonly member?: string;
  /** What agreed with the digest of the disk; absent where the archive states none. */
  readonly manifest?: RecordedManifest;
  /** Of the packed file; absent where the decoder did not read it in order. */
  readonly hashes?: Hashes;
  /** Where the disk is until the drop is settled at all its targets. */
  readonly object: RecordedObject;
}

/** The file in a dropped tar archive that is the disk. */
export interface RecordedMember {
  readonly name: string;
  /** Where it begins in the dropped object. */
  readonly offset: number;
  readonly bytes: number;
  /** What the upload compares the digest of the disk with. */
  readonly manifest?: RecordedManifest;
}

/** What the manifest (`.mf`) in an archive states of the disk. */
export interface RecordedManifest {
  /** Name of the manifest in the archive. */
  readonly file: string;
  readonly algorithm: Exclude<DigestAlgorithm, 'md5'>;
  /** Hex, in lower case. */
  readonly value: string;
}

/** What a drop needs of its publisher; later ones are stricter. */
export const REQUIREMENTS = ['none', 'checksum', 'signature'] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

export interface RecordedPublisher {
  /** Present where the drop is accepted only with it. */
  readonly require?: Exclude<Requirement, 'none'>;
  readonly checksum?: RecordedChecksum;
  /** Of the file that gives the checksum; present only where it is valid and by a key of the settings. */
  readonly signature?: RecordedSignature;
  /** Checksum files and signatures that do not count, each with the reason. */
  readonly unusable?: readonly UnusableFile[];
}

/** What the publisher says that the dropped bytes have. */
export interface RecordedChecksum {
  readonly algorithm: HashAlgorithm;
  /** Hex, in lower case. */
  readonly value: string;
  /** The key of the checksum file, or `metadata`. */
  readonly from: string;
  /** Whether the dropped bytes have it; absent until they were compared. */
  readonly agrees?: boolean | 'unknown';
  /** Why that is unknown. */
  readonly reason?: string;
  /** The algorithm shows accidents, not attacks. */
  readonly weak?: true;
}

export interface RecordedSignature {
  /** Fingerprint of the OpenPGP key in hex, or the minisign key in base64. */
  readonly key: string;
  /** User id of the OpenPGP key, or the comment of the minisign key. */
  readonly by: string;
  /** Key of the object that holds the signature. */
  readonly file: string;
}

export interface UnusableFile {
  readonly key: string;
  readonly reason: string;
  /** Of a signature: the error that it is where a signature is required. */
  readonly code?: 'signature-key-unknown' | 'signature-not-accepted';
}

/** Whether a record waits for a file of its publisher. */
export const isWaitingForFile = ({ waiting }: Pick<DropRecord, 'waiting'>): boolean =>
  waiting?.code === 'checksum-missing' || waiting?.code === 'signature-missing';

/** One object of a bucket without versions. */
export interface RecordedObject {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
}

export interface RecordedMetadata {
  /** The files that were read, from the top of the bucket down. */
  readonly files: readonly MetadataFileRef[];
  /** Where each value of `sent` comes from, by its name there: `minDisk`, `properties.os_distro`. */
  readonly origins: Readonly<Record<string, string>>;
}

/** One version of an imagedrop.yaml, or of the file beside an image. */
export interface MetadataFileRef {
  readonly key: string;
  readonly versionId?: string;
  readonly etag: string;
}

export interface RecordedImage {
  readonly id: string;
}

/** An image that is no longer the current version. */
export interface RecordedRetirement {
  /** ISO 8601, UTC. */
  readonly since: string;
  /** The image was deleted; absent while it is kept. */
  readonly deleted?: true;
}

export interface RecordedRetiring {
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Why that was impossible at the last try. */
  readonly failure?: string;
}

/** One image that is to be deleted. */
export interface Removal {
  /** Of the record when the image was begun: the image bears the mark of this generation. */
  readonly generation: number;
  /** Absent where an answer was lost: all images that bear the mark of the generation. */
  readonly imageId?: string;
  /** The error code, or `superseded`, `duplicate`, `replaced`, `retired` or `forsaken`. */
  readonly reason: string;
  /** When it was decided; ISO 8601, UTC. */
  readonly since: string;
  /** Why the image could not be deleted. A retry tries again before it creates another. */
  readonly obstacle?: string;
}

export interface Unseen {
  /** When the endpoint first answered so; ISO 8601, UTC. */
  readonly since: string;
  /** What it answered: `gone` or the status of the image. */
  readonly as: string;
}

/** The steps that work on a queue, by the name of the queue. */
export const QUEUE_STAGES = ['ingest', 'unpack', 'upload', 'status'] as const;
export type QueueStage = (typeof QUEUE_STAGES)[number];

/** The queue in which a record of each status waits to be taken further. */
export const STAGE_OF: Readonly<Record<RecordStatus, QueueStage>> = {
  received: 'ingest',
  unpacking: 'unpack',
  created: 'upload',
  uploading: 'upload',
  processing: 'status',
  // Only to be announced.
  active: 'status',
  failed: 'status',
  superseded: 'status',
};

export interface RecordedWait {
  /** ISO 8601, UTC. */
  readonly since: string;
  /** The target's answer. */
  readonly code: ErrorCode;
  readonly message: string;
}

export interface RecordedImport {
  /** When it was asked to; ISO 8601, UTC. */
  readonly askedAt: string;
  /** When the URL that it was given ends. */
  readonly urlExpiresAt: string;
}

export interface RecordedStaging {
  readonly bucket: string;
  readonly key: string;
  readonly partBytes: number;
  readonly partsPerChunk: number;
  /** The multipart upload; absent until one is begun. */
  readonly uploadId?: string;
  /** What was made of the copy had another size or hash: the copy is removed before it is used again. */
  readonly doubted?: true;
  /** When the copy was removed. */
  readonly removedAt?: string;
  /** Why it is still there although the record is settled. */
  readonly left?: string;
}

export interface RecordedRegister {
  /** When it was asked to; ISO 8601, UTC. */
  readonly askedAt: string;
  /** The job of the service; absent where its answer was lost. */
  readonly jobId?: string;
  /** How far the job is. */
  readonly percent?: number;
}

export interface Progress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly at: string;
}

export interface Lease {
  /** The invocation that holds it. */
  readonly holder: string;
  /** ISO 8601, UTC. */
  readonly until: string;
}

/** How the endpoint's own figures compared with what was read from the bucket. */
export interface Verification {
  /** `verified`: size and a hash agree. `unverified`: the endpoint reports no hash that could be compared. */
  readonly outcome: 'verified' | 'unverified';
  readonly algorithm?: HashAlgorithm;
  readonly reported: Hashes;
  /** Bytes, as the endpoint reports them. */
  readonly size?: number;
  /** Why nothing was compared, where it is not that the endpoint reports nothing. */
  readonly reason?: string;
}

export interface RecordedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly nextStep: string;
  readonly retryable: boolean;
  /** What lay beneath, in one line. */
  readonly cause?: string;
  readonly at: string;
}

export interface HistoryEntry {
  readonly status: RecordStatus;
  readonly at: string;
  /** Why, where the status alone does not say it. */
  readonly note?: string;
}
