import { NO_VERSION } from './drop.ts';
import { ImageDropError } from './errors.ts';
import { isChecksumKey, isCompanionKey, signedKey } from './metadata-keys.ts';
import { isCopyKey } from './staging.ts';

/** What an S3 event says of one object (Amazon S3 user guide, "Event message structure", version 2.x). */
export interface ObjectEvent {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly eventTime: Date;
}

/**
 * Reads the events of created objects from a message of S3, of Amazon SNS around one (raw delivery or not), or of Amazon
 * EventBridge. The test event that S3 sends when notifications are set up gives none, nor do objects that are not drops.
 * Events of a later minor version may hold more fields; they are ignored.
 * @returns undefined when the message is not an S3 event
 * @throws `bad-message` when it begins as one and cannot be read
 */
export const objectEvents = (message: unknown): ObjectEvent[] | undefined => eventsOf(message, CREATED)?.filter(isDrop);

/** Reads from such a message the checksum files that were created, and their signatures; none in any other message. */
export const checksumEvents = (message: unknown): ObjectEvent[] =>
  (eventsOf(message, CREATED) ?? []).filter(({ key }) => isChecksumKey(signedKey(key) ?? key));

/** Reads from such a message the objects of an archive class that can be read again; none in any other message. */
export const restoredObjects = (message: unknown): ObjectEvent[] => (eventsOf(message, RESTORED) ?? []).filter(isDrop);

/** One kind of event: how its name begins in events of S3, and what EventBridge calls it. */
interface EventKind {
  readonly eventName: string;
  readonly detailType: string;
}

const CREATED: EventKind = { eventName: 'ObjectCreated:', detailType: 'Object Created' };
const RESTORED: EventKind = { eventName: 'ObjectRestore:Completed', detailType: 'Object Restore Completed' };

function eventsOf(message: unknown, kind: EventKind): ObjectEvent[] | undefined {
  if (!isObject(message)) return undefined;
  const { Type: type, Message: wrapped, Event: event, Records: records, source, 'detail-type': detailType } = message;
  if (type === 'Notification' && typeof wrapped === 'string') return eventsOf(parsed(wrapped), kind);
  if (event === 's3:TestEvent') return [];
  if (source === 'aws.s3' && detailType !== undefined) {
    return detailType === kind.detailType ? [bridgeEvent(message)] : [];
  }
  if (!Array.isArray(records)) return undefined;
  return records.filter((record) => eventNameOf(record, message).startsWith(kind.eventName)).map(objectEvent);
}

function parsed(wrapped: string): unknown {
  try {
    return JSON.parse(wrapped);
  } catch (cause) {
    throw new ImageDropError('bad-message', `The notification of SNS holds no JSON: ${beginningOf(wrapped)}`, {
      cause,
    });
  }
}

function eventNameOf(record: unknown, message: unknown): string {
  if (isObject(record) && typeof record.eventName === 'string') return record.eventName;
  throw new ImageDropError('bad-message', `The message has a record that is not an S3 event: ${beginningOf(message)}`);
}

/** The beginning of a message that cannot be read. */
export function beginningOf(message: unknown): string {
  const MAX_CHARACTERS = 200;
  return (JSON.stringify(message) ?? String(message)).slice(0, MAX_CHARACTERS);
}

/**
 * The message that sends an object whose own event was lost: it reads as that event would.
 * @param backfill the one target that it is meant for
 */
export function objectEventMessage(
  event: ObjectEvent,
  backfill?: string,
): { readonly Records: readonly object[]; readonly backfill?: string } {
  const { bucket, key, versionId, etag, size, eventTime } = event;
  const object = { key: encodeURIComponent(key), size, eTag: etag, ...(versionId !== undefined && { versionId }) };
  const s3 = { bucket: { name: bucket }, object };
  return {
    ...(backfill !== undefined && { backfill }),
    Records: [
      { eventSource: 'imagedrop', eventName: 'ObjectCreated:Reconciled', eventTime: eventTime.toISOString(), s3 },
    ],
  };
}

/** The target that an object is sent to although it may have been dropped before that existed; undefined in any other message. */
export function backfillNamedIn(message: unknown): string | undefined {
  return isObject(message) && typeof message.backfill === 'string' ? message.backfill : undefined;
}

/** Whether an object is to become an image: one that says what another shall be, shows a folder, or is a copy of ours, is not. */
export const isDrop = (object: Pick<ObjectEvent, 'key' | 'size'>): boolean =>
  !isFolder(object) && !isCompanionKey(object.key) && !isCopyKey(object.key);

/** What S3's console and some clients make to show an empty folder (Amazon S3 user guide, "Using folders"). */
const isFolder = ({ key, size }: Pick<ObjectEvent, 'key' | 'size'>): boolean => key.endsWith('/') && size === 0;

function objectEvent(record: unknown): ObjectEvent {
  const { s3, eventTime } = isObject(record) ? record : {};
  const { bucket, object } = isObject(s3) ? s3 : {};
  const { key, eTag: etag, versionId, size } = isObject(object) ? object : {};
  return eventOf({
    bucket,
    key: typeof key === 'string' ? decodeEventKey(key) : key,
    etag,
    versionId,
    size,
    eventTime,
  });
}

/** Amazon S3 user guide, "EventBridge event message structure": keys are not encoded. */
function bridgeEvent({ time: eventTime, detail }: Record<string, unknown>): ObjectEvent {
  const { bucket, object } = isObject(detail) ? detail : {};
  const { key, etag, 'version-id': versionId, size } = isObject(object) ? object : {};
  return eventOf({ bucket, key, etag, versionId, size, eventTime });
}

function eventOf(given: Readonly<Record<keyof ObjectEvent, unknown>>): ObjectEvent {
  const { key, etag, versionId, size } = given;
  const bucket = isObject(given.bucket) ? given.bucket.name : undefined;
  if (typeof bucket !== 'string' || typeof key !== 'string') {
    throw new ImageDropError('bad-message', `The S3 event names no bucket and key: ${beginningOf(given)}`);
  }
  const eventTime = new Date(String(given.eventTime));
  if (Number.isNaN(eventTime.getTime())) {
    throw new ImageDropError('bad-message', `The S3 event of ${key} has no eventTime.`);
  }
  return {
    bucket,
    key,
    ...(typeof versionId === 'string' && versionId !== NO_VERSION && { versionId }),
    etag: typeof etag === 'string' ? etag : '',
    size: typeof size === 'number' ? size : 0,
    eventTime,
  };
}

/** Keys in events are form-urlencoded: `+` is a space. */
function decodeEventKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw new ImageDropError('bad-message', `The S3 event has a key that is not form-urlencoded: ${encoded}.`, {
      cause,
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
