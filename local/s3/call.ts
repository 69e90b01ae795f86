import type { Access } from '../access/access.ts';
import type { Authentication } from '../access/sigv4.ts';
import { ACCOUNT_ID } from '../template/names.ts';
import type { Answer } from './answer.ts';
import type { Bucket } from './bucket.ts';
import { S3Error } from './errors.ts';
import { announce, type EventName, type Notify } from './notifications.ts';
import type { S3Request } from './request.ts';
import type { Version } from './version.ts';
import type { Sequencer } from './version-index.ts';

/** What every operation works with. */
export interface Service {
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly access: Access;
  readonly region: string;
  readonly clock: () => Date;
  readonly notify: Notify;
  readonly sequencer: Sequencer;
}

/** A request whose sender is known, at the service, at a bucket that exists, or at a key of it. */
export interface ServiceCall {
  readonly service: Service;
  readonly request: S3Request;
  readonly signer: Authentication;
}

export interface BucketCall extends ServiceCall {
  readonly bucket: Bucket;
}

export interface ObjectCall extends BucketCall {
  readonly key: string;
}

/** One operation of the S3 API. */
export interface Operation<C extends ServiceCall> {
  /** The IAM actions that the request needs on its bucket or object; asked before it runs. */
  actions(request: S3Request): readonly string[];
  run(call: C): Promise<Answer> | Answer;
}

export function bucketArn(bucket: Bucket): string {
  return `arn:aws:s3:::${bucket.settings.name}`;
}

export function objectArn(bucket: Bucket, key: string): string {
  return `${bucketArn(bucket)}/${key}`;
}

export function permits({ service, signer }: ServiceCall, action: string, resourceArn: string): boolean {
  return service.access.allows(signer.principal, action, resourceArn);
}

/** @throws AccessDenied */
export function authorize(call: ServiceCall, action: string, resourceArn: string): void {
  if (permits(call, action, resourceArn)) return;
  const who = call.signer.principal.name;
  const message = `User: ${who} is not authorized to perform: ${action} on resource: "${resourceArn}"`;
  throw new S3Error('AccessDenied', { message });
}

/**
 * Compares the account that the sender expects to own the bucket.
 * @throws AccessDenied
 */
export function requireOwner(request: S3Request, header: string): void {
  const expected = request.header(header) ?? ACCOUNT_ID;
  if (expected === ACCOUNT_ID) return;
  throw new S3Error('AccessDenied', {
    message: `The bucket belongs to the account ${ACCOUNT_ID}, not to ${expected}.`,
  });
}

/**
 * The error for a missing key or version: a caller who may not list the bucket, or its versions, must not learn that
 * (GetObject, "Permissions").
 */
export function missing(call: BucketCall, error: S3Error, actions: readonly string[] = ['s3:ListBucket']): S3Error {
  const permitted = actions.map((action) => permits(call, action, bucketArn(call.bucket)));
  return permitted.every(Boolean) ? error : new S3Error('AccessDenied');
}

/** Tells the queues of the bucket; to be handed to the bucket with the change. */
export function announcement(call: BucketCall, name: EventName): (version: Version) => Promise<void> {
  const { service, bucket, signer, request } = call;
  return (version) =>
    announce(
      {
        name,
        version,
        region: service.region,
        at: service.clock(),
        bucket: bucket.settings,
        sequencer: name === 'ObjectRemoved:Delete' ? service.sequencer.next() : version.sequencer,
        principal: signer.principal.name,
        requestId: request.id,
      },
      bucket.settings.notifications,
      service.notify,
    );
}

/** The header that names a version, where versions are of interest. */
export function versionHeader(bucket: Bucket, version: Version): Record<string, string> {
  return bucket.settings.versioned ? { 'x-amz-version-id': version.versionId } : {};
}
