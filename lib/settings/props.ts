import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { AnyBucket } from '../buckets.ts';
import type { ManagedInstancesProps } from './managed-instances-props.ts';
import type { ReconcileProps } from './reconcile-props.ts';
import type { StageProps } from './stage-props.ts';
import type { TargetProps } from './target-props.ts';

/** Properties of ImageDrop. Only `targets` and `cloudsYaml` are needed. */
export interface ImageDropProps {
  /** Where drops go, by the name of the cloud in clouds.yaml. A drop goes to all of them. */
  readonly targets: Readonly<Record<string, TargetProps>>;

  /** The secret that holds clouds.yaml, as text. The construct reads it at run time only. */
  readonly cloudsYaml: ISecret;

  /**
   * Name of the drop bucket.
   *
   * @default - CloudFormation makes one: bucket names are shared by all of AWS, so a fixed one may be taken
   */
  readonly dropBucketName?: string;

  /**
   * A bucket of yours to take drops from, instead of a new one.
   *
   * @default - a new bucket is made: its versions tell two drops of one key apart
   */
  readonly existingDropBucket?: ExistingDropBucket;

  /**
   * Lets the page of `imagedrop ui` send files straight to the drop bucket: a CORS rule that allows PUT to pages of
   * http://127.0.0.1 and http://localhost. A bucket of yours is left alone; without the rule the page's own server passes
   * the bytes on.
   *
   * @default true - the rule opens nothing: each PUT needs a presigned URL, and whoever has one can use it without a browser
   */
  readonly loopbackUploads?: boolean;

  /**
   * Uploads that run at a time, 2 to 1000.
   *
   * @default 10 - it protects the image endpoint: ten uploads of 60 to 75 MB/s fill a link of 5 Gbit/s and keep ten
   * workers of the image service busy
   */
  readonly maxConcurrentUploads?: number;

  /**
   * Runs the function that moves the bytes on EC2 instances of yours that AWS Lambda manages (Lambda Managed Instances):
   * an upload may then take 90 minutes in place of 15, and `auto` streams images of up to 192 GiB. Other functions stay.
   *
   * @default - off. Three instances run, and cost their price and 15 %, around the clock, whether anything is dropped or
   * not (docs/routes.md)
   */
  readonly managedInstances?: ManagedInstancesProps;

  /**
   * Settings of the function that creates the metadata, and of its queue.
   *
   * @default - see StageProps
   */
  readonly createMetadata?: StageProps;

  /**
   * Settings of the function that moves the bytes, and of its queue.
   *
   * @default - see StageProps
   */
  readonly streamUpload?: StageProps;

  /**
   * Settings of the function that settles the records, and of its queue.
   *
   * @default - see StageProps
   */
  readonly recordStatus?: StageProps;

  /**
   * Settings of the search for what got lost.
   *
   * @default - see ReconcileProps
   */
  readonly reconcile?: ReconcileProps;

  /**
   * How long the functions' logs are kept.
   *
   * @default RetentionDays.ONE_MONTH - what is known of a drop stands in its record; logs serve the search for a fault
   */
  readonly logRetention?: RetentionDays;

  /**
   * Least level that is logged.
   *
   * @default "INFO" - one line per state that a record takes; DEBUG adds each call to the endpoint
   */
  readonly logLevel?: LogLevel;

  /**
   * Topic that alarms are sent to.
   *
   * @default - alarms only change their state: who is to be woken is not for a construct to know
   */
  readonly alarmTopic?: ITopic;
}

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A drop bucket that exists already. Its notifications stay yours, for a bucket has only one list of them: send
 * `s3:ObjectCreated:*` to the construct's ingest queue, which admits events of this bucket.
 */
export interface ExistingDropBucket {
  readonly bucket: AnyBucket;
  /** Whether versioning is enabled; it decides by which actions objects are read and tagged. */
  readonly versioned: boolean;
}
