/** What the steps need from outside, in the steps' own words. adapters/ and endpoints/ provide it. */
import type { Readable } from 'node:stream';
import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import type { ImageDropError } from '../model/errors.ts';
import type { ByteRange, Hashes } from '../model/image.ts';
import type { MovedBytes } from '../model/metrics.ts';
import type { DropRecord, QueueStage } from '../model/record.ts';
import type { RecordDraft } from '../model/record-changes.ts';
import type { Target } from '../model/target.ts';
import type { TargetBeginnings } from '../model/target-beginnings.ts';
import type { Refused, TargetPause } from '../model/target-pause.ts';
import type { Unpacking } from '../model/unpacking.ts';
import type { VerifySignature } from '../publisher/verdict.ts';

export type { Invocation, ScheduledInvocation } from '../model/invocation.ts';
export type { RecordDraft } from '../model/record-changes.ts';

/** One object, pinned to its version where the bucket has versions and to its etag everywhere. */
export interface ObjectRef {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly etag: string;
}

export interface ObjectHead extends ObjectRef {
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
  /** `x-amz-meta-…` without that prefix, names in lower case. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/** An object that is read as a whole. */
export interface SmallObject extends ObjectRef {
  /** Bytes. */
  readonly size: number;
  /** Absent where there are more than were asked for. */
  readonly bytes?: Buffer;
}

/** Looks for the metadata file of a folder. @param arrivedAt when the image that needs it arrived */
export type FolderFiles = (bucket: string, key: string, arrivedAt: Date) => Promise<SmallObject | undefined>;

/** The keys right in a folder, a thousand at most. */
export interface KeysInFolder {
  readonly keys: readonly string[];
  /** Whether there are no more. */
  readonly isWhole: boolean;
}

/** @param folder with its `/`; empty at the top. Fails with `source-unreadable` or one of REFUSED_READS */
export type FolderKeys = (bucket: string, folder: string) => Promise<KeysInFolder>;

export interface ObjectStore {
  /** @returns undefined when there is no such object or version, or the newest version is a delete marker. */
  head(bucket: string, key: string, versionId?: string): Promise<ObjectHead | undefined>;
  /**
   * Reads the newest version of an object, unless it is larger than `maxBytes`.
   * @returns undefined when there is none
   * @throws `source-unreadable` for what may pass
   */
  read(bucket: string, key: string, maxBytes: number): Promise<SmallObject | undefined>;
  /**
   * Opens a range for reading.
   * @throws `object-gone`, `object-changed` when the etag is another, `source-unreadable` for what may pass
   */
  open(ref: ObjectRef, range: ByteRange, signal?: AbortSignal): Promise<Readable>;
}

export interface PresignedUrl {
  readonly url: string;
  /** When the credentials end that sign it, and the URL with them; undefined where they do not say. */
  readonly credentialsEnd: Date | undefined;
}

/** A store that lets others read its objects. */
export interface SharingStore extends ObjectStore {
  /** A URL by which anyone can read the object for some seconds: nothing else, and no other version. */
  presign(ref: ObjectRef, seconds: number): Promise<PresignedUrl>;
}

/** A store that writes on its objects. */
export interface TaggingStore extends ObjectStore {
  /**
   * Adds to the object's tags; tags of other names stay.
   * @returns why the object cannot have them, where no retry can change that
   * @throws `object-gone`, `aws-unavailable` for what may pass
   */
  tag(ref: ObjectRef, tags: Readonly<Record<string, string>>): Promise<string | undefined>;
}

export interface RecordStore {
  load(key: string): Promise<DropRecord | undefined>;
  /** The keys of records that begin so, a thousand at most. */
  keysBelow(prefix: string): Promise<readonly string[]>;
  /**
   * Changes a record by compare-and-swap, reading and deciding again as often as another writer was faster.
   * `decide` gets what is stored now (undefined: nothing yet) and returns what shall be stored, or undefined to leave it.
   * @returns what is stored afterwards
   */
  change(
    key: string,
    decide: (stored: DropRecord | undefined) => RecordDraft | undefined,
  ): Promise<DropRecord | undefined>;
}

export interface StagedPart {
  /** Counted from 1. */
  readonly number: number;
  /** Without its quotes. */
  readonly etag: string;
  readonly bytes: number;
}

/**
 * The bucket that an image service reads from. All calls fail with `staging-refused` where the storage does not let us,
 * and with `staging-unavailable` for what may pass.
 */
export interface StagingStore {
  readonly bucket: string;
  /** The unfinished multipart uploads of exactly this key, oldest first. */
  uploads(key: string): Promise<readonly string[]>;
  /** @returns the id of a new multipart upload */
  begin(key: string): Promise<string>;
  /**
   * What is stored of an upload, by number: all of it, or some parts after one.
   * @returns undefined when there is no such upload (any more)
   */
  parts(key: string, uploadId: string, some?: PartsAfter): Promise<readonly StagedPart[] | undefined>;
  /**
   * Stores one part, whose md5 (hex) the storage compares before it does.
   * @returns false when there is no such upload (any more)
   * @throws `hash-mismatch` when the part arrived as other bytes
   */
  storePart(upload: UploadRef, part: PartContent, signal: AbortSignal): Promise<boolean>;
  /** Makes one object of the parts. @returns false when there is no such upload (any more) */
  complete(key: string, uploadId: string, parts: readonly StagedPart[]): Promise<boolean>;
  /** An upload that is gone already is a success. */
  abort(key: string, uploadId: string): Promise<void>;
  /** Stores a small object. */
  put(key: string, bytes: Buffer): Promise<void>;
  /** Bytes of the object; undefined when there is none. */
  size(key: string): Promise<number | undefined>;
  /** An object that is gone already is a success. */
  delete(key: string): Promise<void>;
}

export interface PartsAfter {
  /** The number of the part before. */
  readonly after: number;
  readonly most: number;
}

export interface UploadRef {
  readonly key: string;
  readonly uploadId: string;
}

export interface PartContent {
  readonly number: number;
  readonly bytes: Buffer;
  /** Hex. */
  readonly md5: string;
}

/** What is known about staging buckets without access to them. */
export interface StagingPlaces {
  /** Whether a drop bucket is the staging bucket of the target: its objects need not be copied. */
  holds(target: Target, dropBucket: string): boolean;
  /** @throws `bad-clouds-yaml` when there are no keys for it */
  requireKeys(target: Target): Promise<void>;
}

export interface Staging extends StagingPlaces {
  /** @throws `bad-clouds-yaml` when there are no keys for it */
  of(target: Target): Promise<StagingStore>;
}

/** Where packed drops are unpacked into: a bucket of the stack. All calls fail with `aws-unavailable`. */
export interface WorkBucket {
  readonly store: StagingStore;
  readonly unpackings: UnpackingStore;
}

/** Fails with `aws-unavailable`, and with `bad-record` where a document cannot be read. */
export interface UnpackingStore {
  load(key: string): Promise<Unpacking | undefined>;
  /**
   * Changes a document by compare-and-swap. `decide` gets what is stored now, and returns undefined to leave it.
   * @returns what is stored afterwards
   */
  change(key: string, decide: (stored: Unpacking | undefined) => Unpacking | undefined): Promise<Unpacking | undefined>;
}

export interface RecordMessage {
  readonly record: string;
  /** Asks for one chunk of the file to be staged (model/staging.ts). */
  readonly chunk?: number;
  /** Of a look at an image: the record's `rounds` when the look was asked for ; one that reconcile has overtaken since is dropped. */
  readonly round?: number;
  /** Asks for a drop to be tried again that failed at this time, and has not been retried since. */
  readonly retry?: string;
}

/** An object to be processed, as an S3 event names it. */
export interface ObjectMessage {
  readonly Records: readonly object[];
  /** The one target that it is meant for, whether or not that had begun when the object was dropped. */
  readonly backfill?: string;
}

/** Amazon SQS, "DelaySeconds". */
export const MAX_DELAY_SECONDS = 900;

export interface MessageQueue {
  /** @param delaySeconds 0 to MAX_DELAY_SECONDS */
  send(message: RecordMessage | ObjectMessage, delaySeconds?: number): Promise<void>;
}

/** When each target began. */
export interface BeginningStore {
  /** @returns what was stored a minute ago at most; undefined before the first drop of the stack */
  load(): Promise<TargetBeginnings | undefined>;
  /** Changes it by compare-and-swap. @returns what is stored afterwards */
  change(decide: (stored: TargetBeginnings | undefined) => TargetBeginnings): Promise<TargetBeginnings>;
}

export interface OutcomeTopic {
  publish(recordKey: string, record: DropRecord): Promise<void>;
}

/** The receipts of active images (model/receipt.ts). */
export interface ReceiptStore {
  /**
   * Stores the receipt of an active record; one that is there already stays as it is.
   * @returns its key
   * @throws `aws-unavailable`
   */
  keep(recordKey: string, record: DropRecord): Promise<string>;
}

/** What is known of targets that have no room for anybody. */
export interface TargetPauses {
  /** @returns the last pause, over or not; a few seconds old at most */
  of(target: string): Promise<TargetPause | undefined>;
  /** Begins or lengthens the pause of a target that has answered so. */
  begin(refused: Refused, error: ImageDropError): Promise<TargetPause>;
  /** A drop got through at this stage. */
  end(target: string, stage: QueueStage): Promise<void>;
}

export interface Endpoints {
  /** @throws `no-such-cloud`, `bad-clouds-yaml` */
  of(target: Target): Promise<ImageEndpoint>;
}

/** Moves bytes and says what went by. */
export interface Sent {
  readonly bytes: number;
  readonly hashes: Hashes;
}

/** Counts for the operator's metrics. */
export interface Meter {
  countMoved(moved: MovedBytes): void;
  /** Items that a run of reconcile could not examine or correct; 0 counts as well. */
  countReconcileErrors(errors: number): void;
  /** Records that a pass of reconcile found without progress; 0 counts as well. */
  countWithoutProgress(records: number): void;
  /** Dead letters of a function whose drops still wait; 0 counts as well. */
  countOpenLetters(stage: string, letters: number): void;
  /** A drop is put off by it: the alarm must not end while it lasts. */
  countPause(pause: TargetPause): void;
}

export interface StepLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What every function works with. */
export interface StepDependencies {
  readonly objects: ObjectStore;
  readonly records: RecordStore;
  readonly endpoints: Endpoints;
  readonly staging: StagingPlaces;
  readonly pauses: TargetPauses;
  readonly targets: readonly Target[];
  /** create-metadata receives it: a record that begins again is sent there. */
  readonly ingestQueue: MessageQueue;
  /** record-status receives it: it deletes what a settled record has given up, then announces the outcome. */
  readonly statusQueue: MessageQueue;
  readonly meter: Meter;
  readonly log: StepLog;
  readonly now: () => Date;
}

/** What a function that receives a queue works with. */
export interface QueueStepDependencies extends StepDependencies {
  /** The queue that the message came from: a drop that has to wait gets a new message there. */
  readonly ownQueue: MessageQueue;
}

export interface CreateMetadataDependencies extends QueueStepDependencies {
  readonly dropBucket: string;
  readonly folderFiles: FolderFiles;
  readonly folderKeys: FolderKeys;
  /** By the keys of the settings; absent where there are none. */
  readonly verifySignature?: VerifySignature;
  readonly beginnings: BeginningStore;
  /** unpack-image receives it. */
  readonly unpackQueue: MessageQueue;
  readonly uploadQueue: MessageQueue;
}

export interface UnpackImageDependencies extends QueueStepDependencies {
  readonly workBucket: WorkBucket;
  /** Bytes of the largest disk that is unpacked. */
  readonly maxUnpackedBytes: number;
}

export interface StreamUploadDependencies extends QueueStepDependencies {
  readonly objects: SharingStore;
  readonly staging: Staging;
  readonly uploadQueue: MessageQueue;
}

export interface RecordStatusDependencies extends StepDependencies {
  readonly objects: TaggingStore;
  /** Whether dropped objects get their outcome as tags. */
  readonly tagsDrops: boolean;
  /** Whether a drop that is settled everywhere, and failed nowhere, gets a mark for the lifecycle of its bucket. */
  readonly marksSettled: boolean;
  readonly staging: Staging;
  readonly workBucket: WorkBucket;
  readonly receipts: ReceiptStore;
  readonly topic: OutcomeTopic;
}
