import { ImageDropError } from './errors.ts';
import { isMetadataKey } from './metadata-keys.ts';

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
 * Reads the ObjectCreated records of an S3 event message. The test event that S3 sends when notifications are set up
 * gives none, nor do objects that are not drops. Events of a later minor version may hold more fields; they are ignored.
 * @returns undefined when the message is not an S3 event
 */
export function objectEvents(message: unknown): ObjectEvent[] | undefined {
  if (!isObject(message)) return undefined;
  if (message.Event === 's3:TestEvent') return [];
  if (!Array.isArray(message.Records)) return undefined;
  return message.Records.filter((record) => String(record?.eventName).startsWith('ObjectCreated:'))
    .map(objectEvent)
    .filter(isDrop);
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

/** Whether an object is to become an image: one that says what another shall be, or shows a folder, is not. */
export const isDrop = (object: Pick<ObjectEvent, 'key' | 'size'>): boolean =>
  !isFolder(object) && !isMetadataKey(object.key);

/** What S3's console and some clients make to show an empty folder (Amazon S3 user guide, "Using folders"). */
const isFolder = ({ key, size }: Pick<ObjectEvent, 'key' | 'size'>): boolean => key.endsWith('/') && size === 0;

function objectEvent(record: unknown): ObjectEvent {
  const s3 = isObject(record) && isObject(record.s3) ? record.s3 : {};
  const bucket = isObject(s3.bucket) ? s3.bucket.name : undefined;
  const object = isObject(s3.object) ? s3.object : {};
  if (typeof bucket !== 'string' || typeof object.key !== 'string') {
    throw new ImageDropError('bad-message', 'The S3 event names no bucket and key.');
  }
  const eventTime = new Date(isObject(record) ? String(record.eventTime) : '');
  if (Number.isNaN(eventTime.getTime())) {
    throw new ImageDropError('bad-message', `The S3 event of ${object.key} has no eventTime.`);
  }
  return {
    bucket,
    key: decodeEventKey(object.key),
    ...(typeof object.versionId === 'string' && { versionId: object.versionId }),
    etag: typeof object.eTag === 'string' ? object.eTag : '',
    size: typeof object.size === 'number' ? object.size : 0,
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
