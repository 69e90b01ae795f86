import { createHash } from 'node:crypto';

/** One version of one object that arrived in the drop bucket. */
export interface Drop {
  readonly bucket: string;
  readonly key: string;
  /** The version id where the bucket is versioned, else made of etag and last modification; see dropId. */
  readonly id: string;
  /** Absent on a bucket without versions. */
  readonly versionId?: string;
  /** Without its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601, UTC: Last-Modified of the object. */
  readonly droppedAt: string;
  /** The targets that it names, as it was first received (metadata/chosen-targets.ts); absent when it goes to all. */
  readonly targets?: readonly string[];
}

/** Whether a drop goes to a target. */
export const goesTo = ({ targets }: Pick<Drop, 'targets'>, target: string): boolean =>
  targets === undefined || targets.includes(target);

/** An object key in S3 is 1 to 1,024 bytes of UTF-8 (Amazon S3 user guide, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024;

/** What S3 calls the version of an object in a bucket whose versioning is suspended: it is none. */
export const NO_VERSION = 'null';

/**
 * Tells the versions of one key apart. Can be worked out from the object alone, so that an event, a listing and a
 * second event have the same id.
 */
export function dropId(object: { versionId?: string | undefined; etag: string; lastModified: Date }): string {
  if (object.versionId !== undefined && object.versionId !== NO_VERSION) return object.versionId;
  return `${object.etag}-${Math.floor(object.lastModified.getTime() / 1000)}`;
}

/** When a drop arrived that has no version, in seconds, as its id says; undefined of any other id. */
export function secondsIn(dropId: string, etag: string): number | undefined {
  const [, seconds] = dropId.startsWith(`${etag}-`) ? (/^(\d+)$/.exec(dropId.slice(etag.length + 1)) ?? []) : [];
  return seconds === undefined ? undefined : Number(seconds);
}

/**
 * The key of the record of a drop at a target in the status bucket: `<drop key>/<drop id>/<target>.json`.
 * A drop key that would make this too long for S3 is cut, at a whole character, and marked with `~` and a hash of the
 * whole key.
 */
export function recordKey(drop: { key: string; id: string }, target: string): string {
  const tail = `/${drop.id}/${target}.json`;
  const room = MAX_KEY_BYTES - Buffer.byteLength(tail);
  return shortened(drop.key, room) + tail;
}

/** The drop id in the key of a record, as a field of log lines; empty for any other key. */
export function dropIdIn(recordKey: string): { readonly dropId?: string } {
  const dropId = isRecordKey(recordKey) ? recordKey.split('/').at(-2) : undefined;
  return dropId === undefined ? {} : { dropId };
}

/** Other objects in the status bucket (reconcile.json, targets/…, logins/…, receipts/<image id>.json) have fewer slashes. */
export const isRecordKey = (key: string): boolean => key.split('/').length > 2;

function shortened(key: string, maxBytes: number): string {
  if (Buffer.byteLength(key) <= maxBytes) return key;
  const mark = `~${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
  const bytes = Buffer.from(key).subarray(0, maxBytes - mark.length);
  return new TextDecoder().decode(bytes, { stream: true }) + mark;
}

/** The tag by which a lifecycle rule finds drops that nothing needs any more. */
export const SETTLED_TAG = { imagedrop: 'settled' } as const;
