import type { StoredChecksum } from './checksums.ts';

/** What became of a key at one time: an object or, in a versioned bucket, a marker that it was deleted. */
export type Version = StoredObject | DeleteMarker;

interface VersionIdentity {
  readonly key: string;
  /** `null` for what was written while the bucket had no versioning, or had it suspended. */
  readonly versionId: string;
  /** Orders the versions of a key: 16 hex digits that grow with each. */
  readonly sequencer: string;
  /** ISO 8601, whole seconds. */
  readonly lastModified: string;
}

export interface StoredObject extends VersionIdentity, ObjectContent, ObjectAttributes {
  readonly kind: 'object';
}

export interface DeleteMarker extends VersionIdentity {
  readonly kind: 'delete-marker';
}

export interface ObjectContent {
  /** Without its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** The files that hold the bytes, one after the other; several after a multipart upload. */
  readonly parts: readonly BlobPart[];
  readonly checksum?: StoredChecksum | undefined;
  /** The multipart upload that made it. */
  readonly uploadId?: string;
}

/** What is written; it is of now unless it says of when. */
export type NewContent = ObjectContent & Partial<Pick<VersionIdentity, 'lastModified'>>;

export interface BlobPart {
  readonly blob: string;
  /** Bytes. */
  readonly size: number;
}

/** What the writer says of an object, besides its content. */
export interface ObjectAttributes {
  /** Content-Type and its like, by name in lower case, as they are shown again. */
  readonly headers: Readonly<Record<string, string>>;
  /** Without the prefix x-amz-meta-. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  /** Absent for STANDARD. */
  readonly storageClass?: string | undefined;
  /** Until when an archived object can be read; ISO 8601. */
  readonly restoredUntil?: string;
  /** Whether its writer gave a key of its own (SSE-C), without which nothing is shown. */
  readonly customerKey?: true;
  /** The KMS key that a reader needs `kms:Decrypt` for. */
  readonly kmsKeyArn?: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The version id of what was written while the bucket had no versioning, or had it suspended. */
export const NULL_VERSION = 'null';

/** S3 keeps no fractions of a second. */
export function wholeSeconds(time: Date): string {
  return new Date(Math.floor(time.getTime() / 1000) * 1000).toISOString();
}
