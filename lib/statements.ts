import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { DropBucket } from './buckets.ts';

/** The statements that roles are made of: exact actions, where the grants of the constructs give more than is used. */

/**
 * Without ListBucket a missing key reads as 403 (Amazon S3 API, "GetObject"). In a bucket of theirs an object may belong to
 * another account, which GetBucketAcl shows.
 */
export function readDrops({ bucket, versioned, isOwn, key }: DropBucket): PolicyStatement[] {
  return [
    allow(readingActions(versioned), bucket.arnForObjects('*')),
    allow([...listingActions(versioned), ...(isOwn ? [] : ['s3:GetBucketAcl'])], bucket.bucketArn),
    ...decryptFor('s3', key),
  ];
}

/** Without them a key or a version that is gone reads as 403. */
const listingActions = (versioned: boolean): string[] =>
  versioned ? ['s3:ListBucket', 's3:ListBucketVersions'] : ['s3:ListBucket'];

const readingActions = (versioned: boolean): string[] =>
  versioned ? ['s3:GetObject', 's3:GetObjectVersion'] : ['s3:GetObject'];

/** Asks for the head of what a key holds now. */
export function lookAtDrops({ bucket, key }: DropBucket): PolicyStatement[] {
  return [
    allow(['s3:GetObject'], bucket.arnForObjects('*')),
    allow(['s3:ListBucket'], bucket.bucketArn),
    ...decryptFor('s3', key),
  ];
}

/**
 * Lists every version of every drop, and asks for the head of one. An object from before versioning was enabled, or while
 * it is suspended, is asked for by its key alone.
 */
export function compareDrops({ bucket, versioned, key }: DropBucket): PolicyStatement[] {
  return [
    allow(readingActions(versioned), bucket.arnForObjects('*')),
    allow(['s3:ListBucket', 's3:ListBucketVersions'], bucket.bucketArn),
    ...decryptFor('s3', key),
  ];
}

/**
 * PutObjectTagging replaces the whole set, so the tags that stand are read first. Without ListBucket an object that is
 * gone reads as 403.
 */
export function tagDrops({ bucket, versioned }: DropBucket): PolicyStatement[] {
  const plain = ['s3:GetObjectTagging', 's3:PutObjectTagging'];
  const actions = versioned ? [...plain, 's3:GetObjectVersionTagging', 's3:PutObjectVersionTagging'] : plain;
  return [allow(actions, bucket.arnForObjects('*')), allow(listingActions(versioned), bucket.bucketArn)];
}

export function changeRecords(bucket: Bucket): PolicyStatement[] {
  return [
    allow(['s3:GetObject', 's3:PutObject'], bucket.arnForObjects('*')),
    allow(['s3:ListBucket'], bucket.bucketArn),
    ...useKeyFor('s3', bucket.encryptionKey, ['kms:Decrypt', 'kms:GenerateDataKey']),
  ];
}

/** Reads unpacked disks. Without ListBucket a missing key reads as 403. */
export function readWork(bucket: Bucket): PolicyStatement[] {
  return [
    allow(['s3:GetObject'], bucket.arnForObjects('*')),
    allow(['s3:ListBucket'], bucket.bucketArn),
    ...decryptFor('s3', bucket.encryptionKey),
  ];
}

/** Writes unpacked disks and the documents beside them. Amazon S3 user guide, "Multipart upload API and permissions". */
export function writeWork(bucket: Bucket): PolicyStatement[] {
  return [
    allow(
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      bucket.arnForObjects('*'),
    ),
    allow(['s3:ListBucket', 's3:ListBucketMultipartUploads'], bucket.bucketArn),
    ...useKeyFor('s3', bucket.encryptionKey, ['kms:Decrypt', 'kms:GenerateDataKey']),
  ];
}

/** Deletes unpacked disks, the documents beside them, and unfinished uploads. */
export function clearWork(bucket: Bucket): PolicyStatement[] {
  return [
    allow(['s3:DeleteObject', 's3:AbortMultipartUpload'], bucket.arnForObjects('*')),
    allow(['s3:ListBucketMultipartUploads'], bucket.bucketArn),
  ];
}

export function sendTo(...queues: IQueue[]): PolicyStatement {
  return allow(['sqs:SendMessage'], ...queues.map((queue) => queue.queueArn));
}

/** What the event source mapping needs, and ChangeMessageVisibility for the step's own back-off. */
export function receiveFrom(queue: IQueue): PolicyStatement {
  return allow(
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
    queue.queueArn,
  );
}

/** How many messages wait, and what the dead letters say: they are read, never deleted. */
export function lookAtQueues(queues: readonly IQueue[], deadLetters: readonly IQueue[]): PolicyStatement[] {
  return [
    allow(['sqs:GetQueueAttributes'], ...queues.map((queue) => queue.queueArn)),
    allow(['sqs:ReceiveMessage'], ...deadLetters.map((queue) => queue.queueArn)),
  ];
}

/** Of a secret that is known by name only, AWS Secrets Manager appends six characters to the ARN. */
export function readSecret(secret: ISecret, key: IKey | undefined): PolicyStatement[] {
  const arn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
  return [allow(['secretsmanager:GetSecretValue'], arn), ...decryptFor('secretsmanager', key)];
}

export function allow(actions: string[], ...resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}

const decryptFor = (service: string, key: IKey | undefined): PolicyStatement[] =>
  useKeyFor(service, key, ['kms:Decrypt']);

/** A key of the user's own opens nothing but what comes from the service. */
function useKeyFor(service: string, key: IKey | undefined, actions: string[]): PolicyStatement[] {
  if (key === undefined) return [];
  const statement = allow(actions, key.keyArn);
  // AWS documents the first form; policies in China have the second. The other one never occurs in a partition.
  const services = ['amazonaws.com', 'amazonaws.com.cn'].map((suffix) => `${service}.${Aws.REGION}.${suffix}`);
  statement.addCondition('StringEquals', { 'kms:ViaService': services });
  return [statement];
}
