import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { DropBucket } from './buckets.ts';
import type { StageQueue } from './stage-queue.ts';

/** What the functions work on. */
export interface Parts {
  readonly drops: DropBucket;
  /** Whether dropped objects get their outcome as tags. */
  readonly tagsDrops: boolean;
  /** Whether an image service may read drops where they lie, in the drop bucket. */
  readonly readsInPlace: boolean;
  /** The status bucket. */
  readonly records: Bucket;
  /** Packed drops are unpacked into it. */
  readonly work: Bucket;
  readonly queues: Queues;
  /** Signs receipts; undefined: they are not signed. */
  readonly receiptKey: IKey | undefined;
  readonly outcomes: Topic;
  readonly cloudsYaml: ISecret;
  /** What the secret is encrypted with; undefined: a key of AWS Secrets Manager. */
  readonly cloudsYamlKey: IKey | undefined;
}

/** Each is worked on by one function. */
export interface Queues {
  /** create-metadata */
  readonly ingest: StageQueue;
  /** unpack-image */
  readonly unpack: StageQueue;
  /** stream-upload */
  readonly upload: StageQueue;
  /** record-status */
  readonly status: StageQueue;
}
