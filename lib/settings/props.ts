import type { ISecurityGroup, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { ReceiptAlgorithm } from '../../lambda/model/receipt.ts';
import type { AnyBucket } from '../buckets.ts';
import type { DashboardProps } from '../dashboard/watched.ts';
import type { ManagedInstancesProps } from './managed-instances-props.ts';
import type { AnyVpc } from './network.ts';
import type { OutcomeEmailsProps } from './outcome-emails-props.ts';
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
   * A key of yours that the new buckets are encrypted with. The functions get the right to use it; so must everybody who
   * copies images into the drop bucket (`kms:GenerateDataKey`, and `kms:Decrypt` for uploads in parts).
   *
   * @default - the key of Amazon S3 (SSE-S3), which costs nothing and needs no rights
   */
  readonly encryptionKey?: IKey;

  /**
   * The VPC that the functions stand in, for an image endpoint that is reached from there only. They need a way to Amazon
   * S3, SQS, SNS and Secrets Manager: a NAT gateway, or endpoints of the VPC. With `managedInstances` the function that
   * moves the bytes is where the instances are.
   *
   * @default - none: the functions reach the endpoint over the internet
   */
  readonly vpc?: AnyVpc;

  /**
   * Which subnets of the VPC.
   *
   * @default - private subnets with a way out; the functions have no public addresses
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups of the functions in the VPC. Nothing has to come in.
   *
   * @default - one is made for each function that lets everything out
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Lets the page of `imagedrop ui` send files straight to the drop bucket: a CORS rule that allows PUT to pages of
   * http://127.0.0.1 and http://localhost. A bucket of yours is left alone; without the rule the page's own server passes
   * the bytes on.
   *
   * @default true - the rule opens nothing: each PUT needs a presigned URL, which also works without a browser
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
   * Settings of the function that unpacks compressed drops, and of its queue.
   *
   * @default - see StageProps
   */
  readonly unpackImage?: StageProps;

  /**
   * Bytes of the largest disk that is unpacked from a compressed drop; a larger one fails as `too-large`.
   *
   * @default - the largest image that any of the targets takes, 1 TiB at most
   */
  readonly maxUnpackedBytes?: number;

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
   * @default RetentionDays.ONE_MONTH - a drop's record has all that is known of it; logs serve the search for a fault
   */
  readonly logRetention?: RetentionDays;

  /**
   * Least level that is logged.
   *
   * @default "INFO" - one line per state that a record takes; DEBUG adds each call to the endpoint
   */
  readonly logLevel?: LogLevel;

  /**
   * Writes the outcome of each drop as tags on the dropped object, `imagedrop:<target>`. Turn it off for a bucket whose
   * policy forbids tags, or whose tags belong to another system.
   *
   * @default true - the person who copied a file sees the outcome where the file is, with no access to the status bucket
   */
  readonly tagDrops?: boolean;

  /**
   * The key that signs the receipts of images. Functions in a VPC need a way to AWS KMS then.
   *
   * @default - receipts are not signed: a signature needs a key of yours, which AWS bills
   */
  readonly receiptKey?: ReceiptKeyProps;

  /**
   * Who gets a mail when a drop has settled.
   *
   * @default - no one: the record, the tags of the object and the outcome topic say it
   */
  readonly outcomeEmails?: OutcomeEmailsProps;

  /**
   * Namespace of the metrics in CloudWatch.
   *
   * @default "ImageDrop" - stacks of one account and region that have targets of the same name need one each
   */
  readonly metricsNamespace?: string;

  /**
   * The dashboard in CloudWatch; false: none.
   *
   * @default {} - one is made. CloudWatch bills it, beyond three in an account, with 3 dollars a month
   */
  readonly dashboard?: DashboardProps | false;

  /**
   * Address of your copy of the runbook, that alarms and dashboard lead to.
   *
   * @default "docs/runbook.md" - the path of the page in the package
   */
  readonly runbookUrl?: string;

  /**
   * Topic that alarms are sent to.
   *
   * @default - alarms only change their state: who is to be woken is not for a construct to know
   */
  readonly alarmTopic?: ITopic;

  /**
   * E-mail addresses that alarms are sent to, each when it begins and when it ends. Amazon SNS asks each address to
   * confirm first.
   *
   * @default - none
   */
  readonly alarmEmails?: readonly string[];
}

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** An asymmetric key of AWS KMS for signing. record-status gets `kms:Sign` on it, and nothing else. */
export interface ReceiptKeyProps {
  /** Its usage is SIGN_VERIFY. The account of the stack owns it, or its policy lets the function sign. */
  readonly key: IKey;

  /**
   * How it signs; one that its key spec has.
   *
   * @default "ECDSA_SHA_256" - for a key of the spec ECC_NIST_P256, whose signatures are short
   */
  readonly algorithm?: ReceiptAlgorithm;
}

/**
 * A drop bucket that exists already. Its notifications stay yours, for a bucket has only one list of them. Send
 * `s3:ObjectCreated:*` and `s3:ObjectRestore:Completed` to the construct's ingest queue, which admits events of this
 * bucket; or let them come through a topic or EventBridge, where the bucket has another receiver already.
 */
export interface ExistingDropBucket {
  /** The bucket, made by a construct of yours or looked up. */
  readonly bucket: AnyBucket;
  /**
   * Whether objects of the bucket have versions: true where versioning is enabled, and where it was and is suspended now.
   * It decides by which actions objects are read and tagged. `imagedrop doctor` compares it with the bucket.
   */
  readonly versioned: boolean;

  /**
   * Topic that the bucket sends its events to. The construct subscribes the ingest queue, which then admits this topic
   * alone.
   *
   * @default - the bucket sends its events to the ingest queue itself
   */
  readonly eventTopic?: ITopic;

  /**
   * Whether the events come through Amazon EventBridge, which the bucket must be set to notify. The construct makes a
   * rule for the bucket, and the ingest queue admits this rule alone.
   *
   * @default false - the bucket sends its events to the ingest queue itself
   */
  readonly eventBridge?: boolean;
}
