import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CorsRule,
  HttpMethods,
  type IBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SETTLED_TAG } from '../lambda/model/drop.ts';

/** With exactOptionalPropertyTypes a Bucket is not an IBucket: their optional members are declared differently. */
export type AnyBucket = Bucket | IBucket;

/** The bucket that people copy images into. */
export interface DropBucket {
  /** Whether it is the stack's own: everything in it was dropped. */
  readonly isOwn: boolean;
  readonly bucket: AnyBucket;
  readonly versioned: boolean;
  /** What its objects are encrypted with; undefined: a key of Amazon S3. */
  readonly key: IKey | undefined;
}

/** Longer than any copy takes, even one that is resumed after a weekend. */
const UNFINISHED_UPLOAD_DAYS = 7;
/** Long enough to look up a record as it was before a person changed it. */
const FORMER_RECORD_DAYS = 30;

/** For as long a browser remembers that it may send parts here: an hour is less than a large upload takes. */
const PREFLIGHT_SECONDS = 3600;

/**
 * The page of `imagedrop ui` may send parts to presigned URLs. Its port is another each time; S3 takes one `*` for each
 * origin. No header of the answer is of use to it, and none of the request is its own.
 */
const FROM_LOOPBACK: CorsRule = {
  allowedOrigins: ['http://127.0.0.1:*', 'http://localhost:*'],
  allowedMethods: [HttpMethods.PUT],
  maxAge: PREFLIGHT_SECONDS,
};

export interface NewDropBucketProps {
  /** Undefined lets CloudFormation make one. */
  readonly bucketName: string | undefined;
  /** Undefined: that of Amazon S3. */
  readonly encryptionKey: IKey | undefined;
  readonly loopbackUploads: boolean;
  /** Undefined: settled drops are never deleted. */
  readonly expireSettledAfter: Duration | undefined;
}

export function newDropBucket(scope: Construct, id: string, props: NewDropBucketProps): Bucket {
  const { bucketName, encryptionKey, loopbackUploads, expireSettledAfter } = props;
  return hardenedBucket(scope, id, encryptionKey, {
    ...(bucketName === undefined ? {} : { bucketName }),
    ...(loopbackUploads && { cors: [FROM_LOOPBACK] }),
    lifecycleRules: [
      { abortIncompleteMultipartUploadAfter: Duration.days(UNFINISHED_UPLOAD_DAYS) },
      ...(expireSettledAfter === undefined ? [] : expirySettled(expireSettledAfter)),
    ],
  });
}

/** A version that expires becomes noncurrent first. S3 clears delete markers only by a rule without a filter for tags. */
const expirySettled = (after: Duration): LifecycleRule[] => [
  { tagFilters: SETTLED_TAG, expiration: after, noncurrentVersionExpiration: after },
  { expiredObjectDeleteMarker: true },
];

/** The bucket of the records. Each state of a record is a version of its object. @param key as above */
export function newStatusBucket(scope: Construct, id: string, key: IKey | undefined): Bucket {
  return hardenedBucket(scope, id, key, {
    lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(FORMER_RECORD_DAYS) }],
  });
}

/** Longer than the steps of a drop take; a target that is unavailable for longer has its drops unpacked again. */
const UNPACKED_DISK_DAYS = 3;
/** The shortest that Amazon S3 has; a function unpacks for a quarter of an hour. */
const UNFINISHED_DISK_DAYS = 1;

/**
 * The bucket that packed drops are unpacked into. The functions delete what they have written; the lifecycle deletes what
 * they could not. Without versions, for what is deleted is not to be billed. @param key as above
 */
export function newWorkBucket(scope: Construct, id: string, key: IKey | undefined): Bucket {
  return hardenedBucket(scope, id, key, {
    versioned: false,
    lifecycleRules: [
      {
        expiration: Duration.days(UNPACKED_DISK_DAYS),
        abortIncompleteMultipartUploadAfter: Duration.days(UNFINISHED_DISK_DAYS),
      },
    ],
  });
}

function hardenedBucket(scope: Construct, id: string, key: IKey | undefined, props: BucketProps): Bucket {
  const bucket = new Bucket(scope, id, {
    versioned: true,
    ...encryptedWith(key),
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    // Images and records outlive the stack; only a first deployment that fails takes its empty buckets with it.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ...props,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs need one more bucket to keep and to clear; the records say who wrote what and, where an ' +
      'account must know every access, in the data events of its CloudTrail.',
  });
  return bucket;
}

function encryptedWith(key: IKey | undefined): BucketProps {
  if (key === undefined) return { encryption: BucketEncryption.S3_MANAGED };
  // One request to AWS KMS serves many objects.
  return { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true };
}

/** Tells cdk-nag why a role reaches every object of a bucket. A wildcard of any other kind stays a finding. */
export function acknowledgeAllKeys(role: Role, bucket: AnyBucket): void {
  const resource = findingName(Stack.of(role).resolve(bucket.arnForObjects('*')));
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${resource}]`,
    reason: 'The wildcard means the objects of this one bucket: the keys of drops are unknown beforehand.',
  });
}

/** cdk-nag writes a reference as `<Name>` or `<Name.Attribute>` (its README, "Acknowledging a specific finding"). */
function findingName(arn: unknown): string {
  if (isIntrinsic(arn, 'Ref')) return `<${arn.Ref}>`;
  if (isIntrinsic(arn, 'Fn::GetAtt')) return `<${[arn['Fn::GetAtt']].flat().join('.')}>`;
  if (isIntrinsic(arn, 'Fn::Join')) return [arn['Fn::Join']].flat(2).map(findingName).join('');
  return String(arn);
}

function isIntrinsic<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && name in value;
}
