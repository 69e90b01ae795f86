import { Aws } from 'aws-cdk-lib';
import { type Conditions, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { AnyBucket } from './buckets.ts';

const SECOND_CONFIGURATION =
  'dropBucket has a notification that was added with addEventNotification: it would replace the one that starts each ' +
  'drop. Subscribe to outcomeTopic, or make the bucket yourself, add both notifications, and give it as existingDropBucket.';

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
    queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: queue.queueArn }],
  };
  bucket.node.addDependency(queue);
  // S3 keeps one configuration for each bucket. What `addEventNotification` deploys would replace this one, and drops
  // would arrive only when reconcile finds them.
  bucket.node.addValidation({
    validate: () => (bucket.node.tryFindChild('Notifications') === undefined ? [] : [SECOND_CONFIGURATION]),
  });
}

/** Lets a bucket that exists already send its events; its owner configures them. */
export function admitEventsOf(bucket: AnyBucket, queue: Queue): void {
  admitEvents(queue, bucket.bucketArn);
}

function admitEvents(queue: Queue, bucketArn: string): void {
  const conditions: Conditions = {
    ArnLike: { 'aws:SourceArn': bucketArn },
    StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
  };
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions,
    }),
  );
}
