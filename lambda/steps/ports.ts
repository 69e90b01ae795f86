/** What the steps need from outside, in the steps' own words. adapters/ and endpoints/ provide it. */
import type { Readable } from 'node:stream';
import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import type { ByteRange, Hashes } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import type { RecordDraft } from '../model/record-changes.ts';
import type { Target } from '../model/target.ts';

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

export interface ObjectStore {
  /** @returns undefined when there is no such object or version, or the newest version is a delete marker. */
  head(bucket: string, key: string, versionId?: string): Promise<ObjectHead | undefined>;
  /**
   * Opens a range for reading.
   * @throws `object-gone`, `object-changed` when the etag is another, `source-unreadable` for what may pass
   */
  open(ref: ObjectRef, range: ByteRange, signal?: AbortSignal): Promise<Readable>;
  /** A URL by which whoever has it can read the object for so many seconds: nothing else, and no other version. */
  presign(ref: ObjectRef, seconds: number): Promise<string>;
  /** Adds to the object's tags; tags of other names stay. */
  tag(ref: ObjectRef, tags: Readonly<Record<string, string>>): Promise<void>;
}

export interface RecordStore {
  load(key: string): Promise<DropRecord | undefined>;
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

export interface RecordMessage {
  readonly record: string;
}

/** Amazon SQS, "DelaySeconds". */
export const MAX_DELAY_SECONDS = 900;

export interface MessageQueue {
  /** @param delaySeconds 0 to MAX_DELAY_SECONDS */
  send(message: RecordMessage, delaySeconds?: number): Promise<void>;
}

export interface OutcomeTopic {
  publish(recordKey: string, record: DropRecord): Promise<void>;
}

export interface Endpoints {
  /** @throws `no-such-cloud`, `bad-clouds-yaml` */
  of(target: Target): Promise<ImageEndpoint>;
}

/** What one invocation has been given to work with. */
export interface Invocation {
  /** Names this delivery of this message; holder of leases. */
  readonly id: string;
  /** Aborts when the function's time is nearly over or its environment is told to stop; the reason is an ImageDropError. */
  readonly signal: AbortSignal;
  /** Keeps the message invisible to others for so many seconds from now. */
  holdMessage(seconds: number): Promise<void>;
}

/** Moves bytes and says what went by. */
export interface Sent {
  readonly bytes: number;
  readonly hashes: Hashes;
}

export interface StepLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What every step works with. */
export interface StepDependencies {
  readonly objects: ObjectStore;
  readonly records: RecordStore;
  readonly endpoints: Endpoints;
  readonly targets: readonly Target[];
  readonly log: StepLog;
  readonly now: () => Date;
}
