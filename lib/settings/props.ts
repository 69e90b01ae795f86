import type { Duration } from 'aws-cdk-lib';
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

  /** The secret that holds clouds.yaml as text. Only the functions read it, at run time. */
  readonly cloudsYaml: ISecret;

  /**
   * The key of yours that encrypts the secret (docs/deploying.md).
   *
   * @default - that of `cloudsYaml` - a secret that is looked up by its name does not know its key
   */
  readonly cloudsYamlKey?: IKey;

  /**
   * Name of the drop bucket.
   *
   * @default - chosen by CloudFormation - bucket names are shared by all of AWS, so a fixed one may be in use
   */
  readonly dropBucketName?: string;

  /**
   * A bucket of yours that receives drops, instead of a new one.
   *
   * @default - a new bucket - its versions distinguish two drops of one key
   */
  readonly existingDropBucket?: ExistingDropBucket;

  /**
   * Encrypts the new buckets. Everyone who drops needs the right to use it (docs/permissions.md).
   *
   * @default - the key of Amazon S3 (SSE-S3) - it costs nothing and needs no rights
   */
  readonly encryptionKey?: IKey;

  /**
   * The VPC of the functions, for an image endpoint in a private network (docs/targets.md). With `managedInstances`,
   * stream-upload uses their subnets instead.
   *
   * @default - none - the functions reach the endpoint over the internet
   */
  readonly vpc?: AnyVpc;

  /**
   * The subnets of the VPC.
   *
   * @default - private subnets with egress - the functions have no public addresses
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups of the functions in the VPC. They need no inbound rule.
   *
   * @default - one for each function, with all outbound traffic
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Adds a CORS rule to the new drop bucket, so that the page of `imagedrop ui` uploads to it directly (docs/ui.md).
   *
   * @default true - the rule opens nothing: each PUT needs a presigned URL, which also works without a browser
   */
  readonly loopbackUploads?: boolean;

  /**
   * Concurrent uploads, 2 to 1000.
   *
   * @default 10 - it protects the image endpoint: ten uploads of 60 to 75 MB/s fill a link of 5 Gbit/s and keep ten
   * workers of the image service busy
   */
  readonly maxConcurrentUploads?: number;

  /**
   * Runs stream-upload on Lambda Managed Instances, for uploads of up to 90 minutes (docs/routes.md).
   *
   * @default - off - three instances run around the clock and cost their price and 15 %
   */
  readonly managedInstances?: ManagedInstancesProps;

  /**
   * Settings of create-metadata and its queue.
   *
   * @default - see StageProps
   */
  readonly createMetadata?: StageProps;

  /**
   * Settings of unpack-image and its queue.
   *
   * @default - see StageProps
   */
  readonly unpackImage?: StageProps;

  /**
   * Bytes of the largest disk inside a packed drop. A larger one fails as `too-large`.
   *
   * @default - the largest image that any target accepts, up to 1 TiB
   */
  readonly maxUnpackedBytes?: number;

  /**
   * Settings of stream-upload and its queue.
   *
   * @default - see StageProps
   */
  readonly streamUpload?: StageProps;

  /**
   * Settings of record-status and its queue.
   *
   * @default - see StageProps
   */
  readonly recordStatus?: StageProps;

  /**
   * Settings of reconcile.
   *
   * @default - see ReconcileProps
   */
  readonly reconcile?: ReconcileProps;

  /**
   * Retention of the functions' logs.
   *
   * @default RetentionDays.ONE_MONTH - a drop's record has all that is known of it; logs serve the search for a fault
   */
  readonly logRetention?: RetentionDays;

  /**
   * The lowest level that is logged: DEBUG, INFO, WARN or ERROR.
   *
   * @default "INFO" - one line per state that a record takes; DEBUG adds each call to the endpoint
   */
  readonly logLevel?: LogLevel;

  /**
   * Records traces of the functions in AWS X-Ray.
   *
   * @default false - records and logs say what became of a drop; traces cost by their number
   */
  readonly tracing?: boolean;

  /**
   * Writes the outcome as tags `imagedrop:<target>` on the dropped object.
   *
   * @default true - the person who copied a file sees the outcome where the file is, with no access to the status bucket
   */
  readonly tagDrops?: boolean;

  /**
   * The key that signs the receipts of images (docs/deploying.md).
   *
   * @default - none: receipts are not signed - a signature needs a key of yours, which AWS bills
   */
  readonly receiptKey?: ReceiptKeyProps;

  /**
   * Files with the public keys of publishers, from the folder in which the CDK app runs: `['keys/ubuntu.asc']`. OpenPGP
   * (armored or binary) and minisign. Signatures of checksum files count only by one of these keys (docs/metadata.md).
   *
   * @default [] - no signature is looked at
   */
  readonly publisherKeys?: readonly string[];

  /**
   * Deletes objects that failed nowhere so long after they were dropped, in whole days (docs/deploying.md).
   *
   * @default - never - the bucket keeps every file that was dropped, at the price of its storage
   */
  readonly expireSettledAfter?: Duration;

  /**
   * Sends an e-mail when a drop is settled.
   *
   * @default - none - the record, the tags of the object and the outcome topic have the outcome
   */
  readonly outcomeEmails?: OutcomeEmailsProps;

  /**
   * Namespace of the metrics in CloudWatch.
   *
   * @default "ImageDrop" - stacks of one account and region need one each. `ImageDropStack` of another name appends it:
   * `ImageDrop/NAME`
   */
  readonly metricsNamespace?: string;

  /**
   * The dashboard in CloudWatch. `false`: none.
   *
   * @default {} - one is made. CloudWatch bills it, beyond three in an account, with 3 dollars a month
   */
  readonly dashboard?: DashboardProps | false;

  /**
   * Address of your copy of the runbook. Alarms and dashboard link to it.
   *
   * @default "docs/runbook.md" - the path of the page in the package
   */
  readonly runbookUrl?: string;

  /**
   * Topic that receives alarms.
   *
   * @default - none - alarms only change their state: only you know who must be woken
   */
  readonly alarmTopic?: ITopic;

  /**
   * E-mail addresses that receive alarms, when they begin and when they end. Amazon SNS asks each address to confirm.
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
  /** The bucket: a construct of yours, or looked up by name. */
  readonly bucket: AnyBucket;
  /** Whether versioning is enabled, or suspended now. It decides which actions the roles allow. */
  readonly versioned: boolean;

  /**
   * The key of yours that encrypts its objects.
   *
   * @default - that of `bucket` - a bucket that is looked up by its name does not know its key
   */
  readonly encryptionKey?: IKey;

  /**
   * Topic that receives the events of the bucket.
   *
   * @default - none - the bucket sends its events to the ingest queue
   */
  readonly eventTopic?: ITopic;

  /**
   * Whether the bucket notifies Amazon EventBridge.
   *
   * @default false - the bucket sends its events to the ingest queue
   */
  readonly eventBridge?: boolean;
}
