import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledgeAllKeys } from './acknowledge-keys.ts';
import { type AnyBucket, type DropBucket, newDropBucket, newStatusBucket } from './buckets.ts';
import { type Environments, environmentsOf } from './environments.ts';
import { createMetadataGrants, reconcileGrants, recordStatusGrants, streamUploadGrants } from './grants.ts';
import { admitEventsOf, notifyOfNewObjects } from './notifications.ts';
import type { Parts, Queues } from './parts.ts';
import { ReconcileFunction } from './reconcile.ts';
import type { ImageDropProps } from './settings/props.ts';
import { type Settings, settle } from './settings/settings.ts';
import { StageAlarms } from './stage-alarms.ts';
import { StageFunction, type StageFunctionProps } from './stage-function.ts';
import { StageQueue } from './stage-queue.ts';
import { TargetAlarm } from './target-alarm.ts';

/** The function of each stage. */
export interface Functions {
  readonly createMetadata: StageFunction;
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
  /** Every settled record is published here. */
  readonly outcomeTopic: Topic;
  readonly queues: Queues;
  readonly functions: Functions;
  /** Looks for what got lost, on a schedule. */
  readonly reconcile: ReconcileFunction;

  /** @throws SettingError naming the property that cannot work, before anything is built */
  constructor(scope: Construct, id: string, props: ImageDropProps) {
    super(scope, id);
    const settings = settle(props);
    this.queues = this.newQueues(settings);
    const drops = this.dropsOf(props);
    const records = newStatusBucket(this, 'StatusBucket');
    this.dropBucket = drops.bucket;
    this.statusBucket = records;
    this.outcomeTopic = new Topic(this, 'OutcomeTopic', { enforceSSL: true });
    const parts = { drops, records, queues: this.queues, outcomes: this.outcomeTopic, cloudsYaml: props.cloudsYaml };
    const environments = environmentsOf(settings, parts);
    this.functions = this.newFunctions(settings, parts, environments);
    this.reconcile = this.newReconcile(settings, parts, environments.reconcile, props.alarmTopic);
    for (const { role } of [...Object.values(this.functions), this.reconcile]) {
      for (const bucket of [drops.bucket, records]) acknowledgeAllKeys(role, bucket);
    }
    this.watch(settings, props);
  }

  private newQueues(settings: Settings): Queues {
    return {
      ingest: new StageQueue(this, 'Ingest', settings.createMetadata),
      upload: new StageQueue(this, 'Upload', settings.streamUpload),
      status: new StageQueue(this, 'Status', settings.recordStatus),
    };
  }

  private dropsOf({ existingDropBucket, dropBucketName, loopbackUploads = true }: ImageDropProps): DropBucket {
    const { queue } = this.queues.ingest;
    if (existingDropBucket !== undefined) {
      admitEventsOf(existingDropBucket.bucket, queue);
      return existingDropBucket;
    }
    const bucket = newDropBucket(this, 'DropBucket', { bucketName: dropBucketName, loopbackUploads });
    notifyOfNewObjects(bucket, queue, dropBucketName);
    return { bucket, versioned: true };
  }

  private newFunctions(settings: Settings, parts: Parts, environments: Environments): Functions {
    const { logRetention, logLevel } = settings;
    const stageFunction = (id: string, props: Omit<StageFunctionProps, 'logRetention' | 'logLevel'>) =>
      new StageFunction(this, id, { logRetention, logLevel, ...props });
    return {
      createMetadata: stageFunction('CreateMetadata', {
        stage: settings.createMetadata,
        queue: parts.queues.ingest.queue,
        environment: environments.createMetadata,
        grants: createMetadataGrants(parts),
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
    { reconcile, logRetention, logLevel }: Settings,
    parts: Parts,
    environment: Environments['reconcile'],
    alarmTopic: ITopic | undefined,
  ): ReconcileFunction {
    const grants = reconcileGrants(parts);
    const { every } = reconcile;
    return new ReconcileFunction(this, 'Reconcile', { every, logRetention, logLevel, environment, grants, alarmTopic });
  }

  private watch(settings: Settings, { alarmTopic: topic }: ImageDropProps): void {
    const { ingest, upload, status } = this.queues;
    const { createMetadata, streamUpload, recordStatus } = this.functions;
    const stages = [
      { id: 'CreateMetadataAlarms', stage: settings.createMetadata, queue: ingest, function: createMetadata },
      { id: 'StreamUploadAlarms', stage: settings.streamUpload, queue: upload, function: streamUpload },
      { id: 'RecordStatusAlarms', stage: settings.recordStatus, queue: status, function: recordStatus },
    ];
    for (const { id, ...watched } of stages) new StageAlarms(this, id, { ...watched, topic });
    for (const { name } of settings.targets) new TargetAlarm(this, `Paused-${name}`, name, topic);
  }
}
