import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
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
}

/** ImageDrop as a stack of its own. Its outputs keep their names: scripts read them. */
export class ImageDropStack extends Stack {
  readonly imageDrop: ImageDrop;

  constructor(scope: Construct, id: string, stackProps: ImageDropStackProps) {
    const { cloudsYamlSecret, dropBucketByName, receiptKeyByArn, ...given } = stackProps;
    super(scope, id, given);
    const props = receiptKeyByArn === undefined ? given : { ...given, receiptKey: this.receiptKeyOf(receiptKeyByArn) };
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
      ...settingsOf(props, cloudsYamlSecret),
    };
    for (const [name, output] of Object.entries(outputs)) new CfnOutput(this, name, output);
  }

  private receiptKeyOf({ arn, ...rest }: ReceiptKeyByArn): ReceiptKeyProps {
    return { ...rest, key: Key.fromKeyArn(this, 'ReceiptKey', arn) };
  }

  private dropBucketOf({ name, eventTopicArn, ...rest }: DropBucketByName): ExistingDropBucket {
    const bucket = Bucket.fromBucketName(this, 'ExistingDropBucket', name);
    if (eventTopicArn === undefined) return { ...rest, bucket };
    return { ...rest, bucket, eventTopic: Topic.fromTopicArn(this, 'EventTopic', eventTopicArn) };
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
