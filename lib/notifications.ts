import { Aws } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { type Conditions, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnSubscription, type ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { AnyBucket } from './buckets.ts';
import type { ExistingDropBucket } from './settings/props.ts';

const SECOND_CONFIGURATION =
  'dropBucket has a notification that was added with addEventNotification: it would replace the one that starts each ' +
  'drop. Subscribe to outcomeTopic, or make the bucket yourself, add both notifications, and give it as existingDropBucket.';

/** A drop that S3 has to restore from an archive first continues at the second. */
const EVENTS = ['s3:ObjectCreated:*', 's3:ObjectRestore:Completed'];

/**
 * Sends an event for every object that arrives, by the bucket's own notification configuration: the one of the bucket
 * construct would deploy a function to write it.
 *
 * S3 tries the queue when the configuration is written, so the queue's policy must stand before the bucket; hence it
 * cannot name a bucket whose name CloudFormation has yet to make: it admits the buckets of this account.
 *
 * @param bucketName the bucket's name; undefined when CloudFormation makes it
 */
export function notifyOfNewObjects(bucket: Bucket, queue: Queue, bucketName: string | undefined): void {
  admitEvents(queue, `arn:${Aws.PARTITION}:s3:::${bucketName ?? '*'}`);
  const resource = bucket.node.defaultChild;
  if (!CfnBucket.isCfnBucket(resource)) throw new TypeError(`${bucket.node.path} has no bucket resource.`);
  resource.notificationConfiguration = {
    queueConfigurations: EVENTS.map((event) => ({ event, queue: queue.queueArn })),
  };
  bucket.node.addDependency(queue);
  // S3 keeps one configuration for each bucket. What `addEventNotification` deploys would replace this one, and drops
  // would arrive only when reconcile finds them.
  bucket.node.addValidation({
    validate: () => (bucket.node.tryFindChild('Notifications') === undefined ? [] : [SECOND_CONFIGURATION]),
  });
}

/**
 * Lets the events of a bucket that exists already in, by the one way that they come: from the bucket itself, whose owner
 * configures them, through a topic, or through a rule of EventBridge.
 */
export function receiveEventsOf(scope: Construct, existing: ExistingDropBucket, queue: Queue): void {
  const { bucket, eventTopic, eventBridge = false } = existing;
  if (eventTopic !== undefined) subscribe(scope, eventTopic, queue);
  else if (eventBridge) receiveByRule(scope, bucket, queue);
  else admitEvents(queue, bucket.bucketArn);
}

function subscribe(scope: Construct, { topicArn }: ITopic, queue: Queue): void {
  const { queueArn: endpoint } = queue;
  new CfnSubscription(scope, 'DropEvents', { topicArn, protocol: 'sqs', endpoint, rawMessageDelivery: true });
  admit(queue, 'sns.amazonaws.com', { ArnEquals: { 'aws:SourceArn': topicArn } });
}

/** Amazon S3 user guide, "Using EventBridge": the names of the events. */
function receiveByRule(scope: Construct, { bucketName }: AnyBucket, queue: Queue): void {
  const rule = new CfnRule(scope, 'DropEvents', {
    description: 'Sends new objects of the drop bucket to create-metadata',
    eventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created', 'Object Restore Completed'],
      detail: { bucket: { name: [bucketName] } },
    },
    targets: [{ id: 'IngestQueue', arn: queue.queueArn }],
  });
  admit(queue, 'events.amazonaws.com', { ArnEquals: { 'aws:SourceArn': rule.attrArn } });
}

function admitEvents(queue: Queue, bucketArn: string): void {
  admit(queue, 's3.amazonaws.com', {
    ArnLike: { 'aws:SourceArn': bucketArn },
    StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
  });
}

function admit(queue: Queue, service: string, conditions: Conditions): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(service)],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions,
    }),
  );
}
