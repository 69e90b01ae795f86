import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CorsRule,
  HttpMethods,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
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
  readonly loopbackUploads: boolean;
}

export function newDropBucket(scope: Construct, id: string, props: NewDropBucketProps): Bucket {
  const { bucketName, loopbackUploads } = props;
  return hardenedBucket(scope, id, {
    ...(bucketName === undefined ? {} : { bucketName }),
    ...(loopbackUploads && { cors: [FROM_LOOPBACK] }),
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
