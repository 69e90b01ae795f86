import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** With exactOptionalPropertyTypes a Bucket is no IBucket: their optional members are declared differently. */
export type AnyBucket = Bucket | IBucket;

/** The bucket that people copy images into. */
export interface DropBucket {
  readonly bucket: AnyBucket;
  readonly versioned: boolean;
}

/** Longer than any copy takes, even one that is resumed after a weekend. */
const UNFINISHED_UPLOAD_DAYS = 7;
/** Long enough to look up what a record said before somebody changed it by hand. */
const FORMER_RECORD_DAYS = 30;

/** @param bucketName undefined lets CloudFormation make one */
export function newDropBucket(scope: Construct, id: string, bucketName: string | undefined): Bucket {
  return hardenedBucket(scope, id, {
    ...(bucketName === undefined ? {} : { bucketName }),
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(UNFINISHED_UPLOAD_DAYS) }],
  });
}

/** The bucket of the records. Each state of a record is a version of its object. */
export function newStatusBucket(scope: Construct, id: string): Bucket {
  return hardenedBucket(scope, id, {
    lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(FORMER_RECORD_DAYS) }],
  });
}

function hardenedBucket(scope: Construct, id: string, props: BucketProps): Bucket {
  const bucket = new Bucket(scope, id, {
    versioned: true,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    // Images and records outlive the stack; only a first deployment that fails takes its empty buckets with it.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ...props,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs need one more bucket to keep and to clear; who wrote what stands in the records and, where an ' +
      'account must know every access, in the data events of its CloudTrail.',
  });
  return bucket;
}
