import { Annotations, Aws } from 'aws-cdk-lib';
import { type Dashboard, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { type ITopic, SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { METRICS_SERVICE } from '../lambda/model/metrics.ts';
import {
  type AnyBucket,
  acknowledgeAllKeys,
  type DropBucket,
  newDropBucket,
  newStatusBucket,
  newWorkBucket,
} from './buckets.ts';
import { OperatorDashboard } from './dashboard/operator-dashboard.ts';
import type { Watched } from './dashboard/watched.ts';
import { type Environments, environmentsOf } from './environments.ts';
import {
  createMetadataGrants,
  reconcileGrants,
  recordStatusGrants,
  streamUploadGrants,
  unpackImageGrants,
} from './grants.ts';
import { notifyOfNewObjects, receiveEventsOf } from './notifications.ts';
import type { AlarmNotice } from './operator-alarm.ts';
import type { Parts, Queues } from './parts.ts';
import { RECONCILE_MEMORY_MIB, ReconcileFunction } from './reconcile.ts';
import type { OutcomeEmails } from './settings/outcome-emails-props.ts';
import type { ImageDropProps } from './settings/props.ts';
import { type Settings, settle } from './settings/settings.ts';
import { StageAlarms } from './stage-alarms.ts';
import { StageFunction, type StageFunctionProps } from './stage-function.ts';
import { StageQueue } from './stage-queue.ts';
import { TargetAlarm, TargetMetrics } from './target-alarm.ts';

/** The function of each stage. */
export interface Functions {
  readonly createMetadata: StageFunction;
  readonly unpackImage: StageFunction;
  readonly streamUpload: StageFunction;
  readonly recordStatus: StageFunction;
}

/**
 * A bucket whose objects become verified images at image endpoints, and all that does the work.
 *
 * ```ts
 * new ImageDrop(stack, 'ImageDrop', {
 *   targets: { mycloud: { kind: 'glance' } },
 *   cloudsYaml: Secret.fromSecretNameV2(stack, 'CloudsYaml', 'imagedrop/clouds.yaml'),
 * });
 * ```
 */
export class ImageDrop extends Construct {
  /** Copy images here. */
  readonly dropBucket: AnyBucket;
  /** Read here what became of them. */
  readonly statusBucket: Bucket;
  /** Packed drops are unpacked into it. Empty most of the time. */
  readonly workBucket: Bucket;
  /** Every settled record is published here. */
  readonly outcomeTopic: Topic;
  readonly queues: Queues;
  readonly functions: Functions;
  /** Looks for what got lost, on a schedule. */
  readonly reconcile: ReconcileFunction;
  /** Keys of the user that the functions may decrypt with. */
  readonly keys: readonly IKey[];
  /** Undefined where there is to be none. */
  readonly dashboard: Dashboard | undefined;

  /** @throws SettingError naming the property that cannot work, before anything is built */
  constructor(scope: Construct, id: string, props: ImageDropProps) {
    super(scope, id);
    const settings = settle(props);
    this.queues = this.newQueues(settings);
    const drops = this.dropsOf(props, settings);
    const records = newStatusBucket(this, 'StatusBucket', props.encryptionKey);
    this.dropBucket = drops.bucket;
    this.statusBucket = records;
    const work = newWorkBucket(this, 'WorkBucket', props.encryptionKey);
    this.workBucket = work;
    this.outcomeTopic = newOutcomeTopic(this, 'OutcomeTopic', settings.outcomeEmails);
    const readsInPlace = settings.targets.some(({ objectStorage }) => objectStorage?.staging !== undefined);
    const { queues, outcomeTopic: outcomes } = this;
    const { tagsDrops, receiptKey } = settings;
    const { cloudsYaml, cloudsYamlKey = cloudsYaml.encryptionKey } = props;
    const settled = { tagsDrops, readsInPlace, receiptKey: receiptKey?.key, cloudsYaml, cloudsYamlKey };
    const parts = { ...settled, drops, records, work, queues, outcomes };
    this.keys = [drops.key, cloudsYamlKey, props.encryptionKey].filter((key) => key !== undefined);
    const environments = environmentsOf(settings, parts);
    this.functions = this.newFunctions(settings, parts, environments);
    const notice = { topics: this.alarmTopicsOf(props, settings), runbookUrl: settings.runbookUrl };
    this.reconcile = this.newReconcile(settings, parts, environments.reconcile, notice);
    for (const { role } of [...Object.values(this.functions), this.reconcile]) {
      for (const bucket of [drops.bucket, records, work]) acknowledgeAllKeys(role, bucket);
    }
    this.watch(settings, notice);
    this.dashboard = this.newDashboard(settings);
  }

  /** The caller's topic, and one of ours for the addresses. */
  private alarmTopicsOf({ alarmTopic }: ImageDropProps, { alarmEmails }: Settings): readonly ITopic[] {
    const topics = alarmTopic === undefined ? [] : [alarmTopic];
    if (alarmTopic?.masterKey !== undefined) admitAlarms(this, alarmTopic.masterKey);
    if (alarmEmails.length === 0) return topics;
    const own = new Topic(this, 'AlarmTopic', { enforceSSL: true });
    // A topic with a policy of its own admits only what it names: Amazon CloudWatch user guide, "Notifying users on alarm changes".
    own.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [own.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    for (const address of alarmEmails) own.addSubscription(new EmailSubscription(address));
    return [...topics, own];
  }

  private newQueues(settings: Settings): Queues {
    return {
      ingest: new StageQueue(this, 'Ingest', settings.createMetadata),
      unpack: new StageQueue(this, 'Unpack', settings.unpackImage),
      upload: new StageQueue(this, 'Upload', settings.streamUpload),
      status: new StageQueue(this, 'Status', settings.recordStatus),
    };
  }

  private dropsOf(props: ImageDropProps, { expireSettledAfter }: Settings): DropBucket {
    const { existingDropBucket, dropBucketName: bucketName, encryptionKey, loopbackUploads = true } = props;
    const { queue } = this.queues.ingest;
    if (existingDropBucket !== undefined) {
      receiveEventsOf(this, existingDropBucket, queue);
      const { bucket, versioned, encryptionKey: key = bucket.encryptionKey } = existingDropBucket;
      if (key === undefined && bucket.node.defaultChild === undefined) warnOfUnknownKey(this, bucket);
      return { bucket, versioned, isOwn: false, key };
    }
    const bucket = newDropBucket(this, 'DropBucket', {
      bucketName,
      encryptionKey,
      loopbackUploads,
      expireSettledAfter,
    });
    notifyOfNewObjects(bucket, queue, bucketName);
    return { bucket, versioned: true, isOwn: true, key: encryptionKey };
  }

  private newFunctions(settings: Settings, parts: Parts, environments: Environments): Functions {
    const common = commonOf(settings);
    const stageFunction = (id: string, props: Omit<StageFunctionProps, keyof typeof common>) =>
      new StageFunction(this, id, { ...common, ...props });
    return {
      createMetadata: stageFunction('CreateMetadata', {
        stage: settings.createMetadata,
        queue: parts.queues.ingest.queue,
        environment: environments.createMetadata,
        publisherKeys: settings.publisherKeys,
        grants: createMetadataGrants(parts),
      }),
      unpackImage: stageFunction('UnpackImage', {
        stage: settings.unpackImage,
        queue: parts.queues.unpack.queue,
        environment: environments.unpackImage,
        grants: unpackImageGrants(parts),
      }),
      streamUpload: stageFunction('StreamUpload', {
        stage: settings.streamUpload,
        queue: parts.queues.upload.queue,
        environment: environments.streamUpload,
        managedInstances: settings.managedInstances,
        grants: streamUploadGrants(parts),
      }),
      recordStatus: stageFunction('RecordStatus', {
        stage: settings.recordStatus,
        queue: parts.queues.status.queue,
        environment: environments.recordStatus,
        grants: recordStatusGrants(parts),
      }),
    };
  }

  private newReconcile(
    settings: Settings,
    parts: Parts,
    environment: Environments['reconcile'],
    notice: AlarmNotice,
  ): ReconcileFunction {
    const grants = reconcileGrants(parts);
    const { every } = settings.reconcile;
    const errors = reconcileErrors(settings.metricsNamespace);
    return new ReconcileFunction(this, 'Reconcile', {
      ...commonOf(settings),
      every,
      environment,
      grants,
      errors,
      notice,
    });
  }

  private watch(settings: Settings, notice: AlarmNotice): void {
    const { ingest, unpack, upload, status } = this.queues;
    const { createMetadata, unpackImage, streamUpload, recordStatus } = this.functions;
    const stages = [
      { id: 'CreateMetadataAlarms', stage: settings.createMetadata, queue: ingest, function: createMetadata },
      { id: 'UnpackImageAlarms', stage: settings.unpackImage, queue: unpack, function: unpackImage },
      { id: 'StreamUploadAlarms', stage: settings.streamUpload, queue: upload, function: streamUpload },
      { id: 'RecordStatusAlarms', stage: settings.recordStatus, queue: status, function: recordStatus },
    ];
    const { metricsNamespace, reconcile } = settings;
    const common = { notice, metricsNamespace, every: reconcile.every };
    for (const { id, ...watched } of stages) new StageAlarms(this, id, { ...watched, ...common });
    for (const { name: target } of settings.targets) {
      new TargetAlarm(this, `Paused-${target}`, { target, metricsNamespace, notice });
    }
  }

  private newDashboard(settings: Settings): Dashboard | undefined {
    const { dashboard, runbookUrl } = settings;
    if (dashboard === undefined) return undefined;
    const watched = this.watchedBy(settings);
    return new OperatorDashboard(this, 'Operators', { ...dashboard, watched, runbookUrl }).dashboard;
  }

  private watchedBy({ targets, metricsNamespace, ...settings }: Settings): Watched {
    const { ingest, unpack, upload, status } = this.queues;
    const { createMetadata, unpackImage, streamUpload, recordStatus } = this.functions;
    return {
      targets: targets.map(({ name }) => ({ name, metrics: new TargetMetrics(metricsNamespace, name) })),
      reconcileErrors: reconcileErrors(metricsNamespace),
      queues: {
        [settings.createMetadata.name]: ingest,
        [settings.unpackImage.name]: unpack,
        [settings.streamUpload.name]: upload,
        [settings.recordStatus.name]: status,
      },
      functions: {
        [settings.createMetadata.name]: { function: createMetadata, memorySize: settings.createMetadata.memorySize },
        [settings.unpackImage.name]: { function: unpackImage, memorySize: settings.unpackImage.memorySize },
        [settings.streamUpload.name]: { function: streamUpload, memorySize: settings.streamUpload.memorySize },
        [settings.recordStatus.name]: { function: recordStatus, memorySize: settings.recordStatus.memorySize },
        reconcile: { function: this.reconcile, memorySize: RECONCILE_MEMORY_MIB },
      },
      buckets: { drops: this.dropBucket, records: this.statusBucket, work: this.workBucket },
    };
  }
}

/** A bucket that is looked up says nothing of its encryption. */
function warnOfUnknownKey(scope: Construct, { bucketName }: AnyBucket): void {
  Annotations.of(scope).addWarningV2(
    'imagedrop:existing-bucket-key',
    `The bucket ${bucketName} is named without a key. If a KMS key of yours encrypts its objects, the functions cannot read ` +
      'them: give encryptionKey of existingDropBucket (keyArn in cdk.json). `imagedrop doctor` tells it after deploying.',
  );
}

/** Amazon SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics". */
function admitAlarms(scope: Construct, key: IKey): void {
  const principals = [new ServicePrincipal('cloudwatch.amazonaws.com')];
  const actions = ['kms:Decrypt', 'kms:GenerateDataKey*'];
  const conditions = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
  const statement = new PolicyStatement({ principals, actions, resources: ['*'], conditions });
  if (key.addToResourcePolicy(statement, true).statementAdded) return;
  Annotations.of(scope).addWarningV2(
    'imagedrop:alarm-topic-key',
    `The key ${key.keyArn} of the alarm topic is not of this app: alarms arrive only if its policy allows ` +
      `cloudwatch.amazonaws.com ${actions.join(' and ')}.`,
  );
}

/** What all functions have in common. */
function commonOf({ logRetention, logLevel, metricsNamespace, network, tracing }: Settings) {
  return { logRetention, logLevel, metricsNamespace, network, tracing };
}

/** Items of a run that could not be read or corrected. */
function reconcileErrors(namespace: string): Metric {
  return new Metric({
    namespace,
    metricName: 'ReconcileErrors',
    dimensionsMap: { service: METRICS_SERVICE },
  });
}

/** The topic that every settled record is published to. @param emails the addresses that get mails; undefined: none */
function newOutcomeTopic(scope: Construct, id: string, emails: OutcomeEmails | undefined): Topic {
  const topic = new Topic(scope, id, { enforceSSL: true });
  if (emails === undefined) return topic;
  // An attribute of each message, set by lambda/adapters/sns-topic.ts.
  const filterPolicy = { status: SubscriptionFilter.stringFilter({ allowlist: [...emails.statuses] }) };
  for (const address of emails.addresses) topic.addSubscription(new EmailSubscription(address, { filterPolicy }));
  return topic;
}
