import { percentEncodePath } from '../access/request-target.ts';
import type { Version } from './version.ts';

/** One queue of a bucket's notification configuration. */
export interface BucketNotification {
  /** `s3:ObjectCreated:*`, `s3:ObjectCreated:Put` and so on. */
  readonly events: readonly string[];
  readonly queueArn: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

/**
 * Hands an event over to a queue. When it has returned, the event is the queue's; when it throws, the request that
 * caused the event fails and leaves nothing behind.
 */
export type Notify = (queueArn: string, body: string) => Promise<void> | void;

/** Event names without `s3:` (S3 user guide, "Supported event types"). */
export type EventName =
  | 'ObjectCreated:Put'
  | 'ObjectCreated:Copy'
  | 'ObjectCreated:CompleteMultipartUpload'
  | 'ObjectRestore:Completed'
  | 'ObjectRemoved:Delete'
  | 'ObjectRemoved:DeleteMarkerCreated';

export interface BucketEvent {
  readonly name: EventName;
  readonly region: string;
  readonly at: Date;
  readonly bucket: { readonly name: string; readonly versioned: boolean };
  readonly version: Version;
  /** Of a version that was deleted, the deletion's own. */
  readonly sequencer: string;
  readonly principal: string;
  readonly requestId: string;
}

/** Tells every queue that asked for this event. */
export async function announce(
  event: BucketEvent,
  notifications: readonly BucketNotification[],
  notify: Notify,
): Promise<void> {
  for (const [index, notification] of notifications.entries()) {
    if (!concerns(notification, event)) continue;
    const record = eventRecord(event, `notification-${index + 1}`);
    await notify(notification.queueArn, JSON.stringify({ Records: [record] }));
  }
}

function concerns({ events, prefix = '', suffix = '' }: BucketNotification, { name, version }: BucketEvent): boolean {
  const wanted = events.some(
    (it) => it === `s3:${name}` || (it.endsWith('*') && `s3:${name}`.startsWith(it.slice(0, -1))),
  );
  return wanted && version.key.startsWith(prefix) && version.key.endsWith(suffix);
}

/** S3 user guide, "Event message structure". */
function eventRecord(event: BucketEvent, configurationId: string) {
  const { name, region, at, bucket, version, sequencer, principal, requestId } = event;
  const created = !name.startsWith('ObjectRemoved') && version.kind === 'object';
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: at.toISOString(),
    eventName: name,
    userIdentity: { principalId: `AWS:${principal}` },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: 'LOCAL' },
        arn: `arn:aws:s3:::${bucket.name}`,
      },
      object: {
        key: eventKey(version.key),
        ...(created ? { size: version.size, eTag: version.etag } : {}),
        ...(bucket.versioned ? { versionId: version.versionId } : {}),
        sequencer,
      },
    },
  };
}

/** "The object key name is URL encoded": as in forms, but with its slashes. */
function eventKey(key: string): string {
  return percentEncodePath(key).replaceAll('%20', '+');
}
