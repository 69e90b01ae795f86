import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { ImageDrop } from './image-drop.ts';
import type { ExistingDropBucket, ImageDropProps, ReceiptKeyProps } from './settings/props.ts';

export interface ImageDropStackProps extends StackProps, Omit<ImageDropProps, 'cloudsYaml'> {
  /** Name of the secret that holds clouds.yaml, in the account and region of the stack. */
  readonly cloudsYamlSecret: string;
  /** A bucket of yours to take drops from, by its name; the same as `existingDropBucket`, for an app without a construct of it. */
  readonly dropBucketByName?: DropBucketByName;
  /** The same as `encryptionKey`, by its ARN. */
  readonly encryptionKeyArn?: string;
  /** The same as `cloudsYamlKey`, by its ARN. */
  readonly cloudsYamlKeyArn?: string;
  /** The same as `alarmTopic`, by its ARN. */
  readonly alarmTopicArn?: string;
  /** The key that this topic is encrypted with. */
  readonly alarmTopicKeyArn?: string;
  /** The same as `receiptKey`, for an app without a construct of it. */
  readonly receiptKeyByArn?: ReceiptKeyByArn;
}

/** The key of receipts as cdk.json names it. */
export interface ReceiptKeyByArn extends Pick<ReceiptKeyProps, 'algorithm'> {
  readonly arn: string;
}

/** An existing drop bucket as cdk.json names it. */
export interface DropBucketByName extends Pick<ExistingDropBucket, 'versioned' | 'eventBridge'> {
  readonly name: string;
  readonly eventTopicArn?: string;
  /** Of the key that its objects are encrypted with. */
  readonly keyArn?: string;
}

/** Of a stack, and of the namespace of its metrics: a second stack of the account has another. */
const DEFAULT_NAME = 'ImageDrop';

/** ImageDrop as a stack of its own. Its outputs keep their names: scripts read them. */
export class ImageDropStack extends Stack {
  readonly imageDrop: ImageDrop;

  constructor(scope: Construct, id: string, stackProps: ImageDropStackProps) {
    const { cloudsYamlSecret, dropBucketByName, receiptKeyByArn, ...given } = stackProps;
    super(scope, id, given);
    // The tags of a stack reach its resources only when CloudFormation is given them; these are in the template.
    for (const [key, value] of Object.entries(given.tags ?? {})) Tags.of(this).add(key, value);
    const metricsNamespace = id === DEFAULT_NAME ? DEFAULT_NAME : `${DEFAULT_NAME}/${id}`;
    const receiptKey = receiptKeyByArn && { receiptKey: this.receiptKeyOf(receiptKeyByArn) };
    const props = { metricsNamespace, ...given, ...receiptKey, ...this.foundByArn(given) };
    const cloudsYaml = Secret.fromSecretNameV2(this, 'CloudsYaml', cloudsYamlSecret);
    const existing = dropBucketByName && { existingDropBucket: this.dropBucketOf(dropBucketByName) };
    this.imageDrop = new ImageDrop(this, 'ImageDrop', { ...props, ...existing, cloudsYaml });
    const { versioned = true } = existing?.existingDropBucket ?? props.existingDropBucket ?? {};
    const outputs = {
      ...outputsOf(this.imageDrop),
      DropBucketVersioned: {
        value: String(versioned),
        description: 'Whether the functions may read versions of drops',
      },
      KeyArns: {
        value: this.imageDrop.keys.map(({ keyArn }) => keyArn).join(',') || 'none',
        description: 'Keys of yours that the functions may decrypt with',
      },
      ...settingsOf(props, cloudsYamlSecret),
    };
    for (const [name, output] of Object.entries(outputs)) new CfnOutput(this, name, output);
  }

  private receiptKeyOf({ arn, ...rest }: ReceiptKeyByArn): ReceiptKeyProps {
    return { ...rest, key: Key.fromKeyArn(this, 'ReceiptKey', arn) };
  }

  private dropBucketOf({ name, eventTopicArn, keyArn, ...rest }: DropBucketByName): ExistingDropBucket {
    return {
      ...rest,
      bucket: Bucket.fromBucketName(this, 'ExistingDropBucket', name),
      ...(keyArn !== undefined && { encryptionKey: Key.fromKeyArn(this, 'DropBucketKey', keyArn) }),
      ...(eventTopicArn !== undefined && { eventTopic: Topic.fromTopicArn(this, 'EventTopic', eventTopicArn) }),
    };
  }

  private foundByArn(given: Omit<ImageDropStackProps, 'cloudsYamlSecret'>): Partial<ImageDropProps> {
    const { encryptionKeyArn, cloudsYamlKeyArn, alarmTopicArn: topicArn, alarmTopicKeyArn: keyArn } = given;
    const key = keyArn === undefined ? {} : { keyArn };
    return {
      ...(encryptionKeyArn !== undefined && { encryptionKey: Key.fromKeyArn(this, 'BucketsKey', encryptionKeyArn) }),
      ...(cloudsYamlKeyArn !== undefined && { cloudsYamlKey: Key.fromKeyArn(this, 'CloudsYamlKey', cloudsYamlKeyArn) }),
      ...(topicArn !== undefined && {
        alarmTopic: Topic.fromTopicAttributes(this, 'GivenAlarmTopic', { topicArn, ...key }),
      }),
    };
  }
}

function outputsOf({ dropBucket, statusBucket, workBucket, outcomeTopic, queues, reconcile }: ImageDrop) {
  const { ingest, unpack, upload, status } = queues;
  return {
    DropBucketName: { value: dropBucket.bucketName, description: 'Copy images here' },
    StatusBucketName: { value: statusBucket.bucketName, description: 'Records: <drop key>/<drop id>/<target>.json' },
    WorkBucketName: { value: workBucket.bucketName, description: 'Compressed drops are unpacked into it' },
    OutcomeTopicArn: { value: outcomeTopic.topicArn, description: 'Every settled record is published here' },
    IngestQueueUrl: { value: ingest.queue.queueUrl, description: 'Worked on by create-metadata' },
    UnpackQueueUrl: { value: unpack.queue.queueUrl, description: 'Worked on by unpack-image' },
    UploadQueueUrl: { value: upload.queue.queueUrl, description: 'Worked on by stream-upload' },
    StatusQueueUrl: { value: status.queue.queueUrl, description: 'Worked on by record-status' },
    IngestDeadLetterQueueUrl: { value: ingest.deadLetters.queueUrl, description: 'Given up by create-metadata' },
    UnpackDeadLetterQueueUrl: { value: unpack.deadLetters.queueUrl, description: 'Given up by unpack-image' },
    UploadDeadLetterQueueUrl: { value: upload.deadLetters.queueUrl, description: 'Given up by stream-upload' },
    StatusDeadLetterQueueUrl: { value: status.deadLetters.queueUrl, description: 'Given up by record-status' },
    ReconcileFunctionName: { value: reconcile.function.functionName, description: 'Looks for what got lost' },
  };
}

/** What those who work with the stack have to know of its settings: `mycloud:glance,huawei:ims`. */
function settingsOf(props: Omit<ImageDropProps, 'cloudsYaml'>, secret: string) {
  const { targets, receiptKey, alarmTopic, alarmEmails = [] } = props;
  const names = Object.entries(targets).map(([name, { kind }]) => `${name}:${kind}`);
  const notified = [...(alarmTopic === undefined ? [] : [alarmTopic.topicArn]), ...alarmEmails];
  return {
    AlarmsTell: {
      value: notified.length > 0 ? notified.join(',') : 'no one: set alarmEmails in cdk.json, then deploy again',
      description: 'Who hears of alarms',
    },
    Targets: { value: names.join(','), description: 'Where drops go, each with its kind' },
    ...(receiptKey && { ReceiptKeyArn: { value: receiptKey.key.keyArn, description: 'The key that signs receipts' } }),
    CloudsYamlSecretName: { value: secret, description: 'The secret that holds clouds.yaml' },
  };
}
