import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RECEIPT_ALGORITHMS } from '../../lambda/model/receipt.ts';
import type { Target } from '../../lambda/model/target.ts';
import type { PublisherKeys } from '../../lambda/runtime/environment.ts';
import type { DashboardProps } from '../dashboard/watched.ts';
import { RUNBOOK_PAGE } from '../operator-alarm.ts';
import { type Bounds, SettingError, wholeNumber } from './checks.ts';
import type { ManagedInstancesProps } from './managed-instances-props.ts';
import { type NetworkSettings, resolveNetwork } from './network.ts';
import { checkAddresses, type OutcomeEmails, resolveOutcomeEmails } from './outcome-emails-props.ts';
import { type ImageDropProps, LOG_LEVELS, type LogLevel, type ReceiptKeyProps } from './props.ts';
import { resolvePublisherKeys } from './publisher-keys.ts';
import { type ReconcileSettings, resolveReconcile } from './reconcile-props.ts';
import { resolveConcurrency, resolveStage, type StageSettings } from './resolve-stage.ts';
import {
  CREATE_METADATA,
  MANAGED_STREAM_UPLOAD,
  RECORD_STATUS,
  STREAM_UPLOAD,
  type Stage,
  UNPACK_IMAGE,
} from './stages.ts';
import { MAX_MANAGED_STREAM_BYTES, MAX_STREAM_BYTES } from './target-defaults.ts';
import { resolveTargets } from './targets.ts';

/** The construct's props with every default filled in. */
export interface Settings {
  readonly targets: readonly Target[];
  readonly createMetadata: StageSettings;
  readonly unpackImage: StageSettings;
  /** Bytes of the largest disk that is unpacked. */
  readonly maxUnpackedBytes: number;
  readonly streamUpload: StageSettings;
  readonly recordStatus: StageSettings;
  readonly reconcile: ReconcileSettings;
  readonly managedInstances?: ManagedInstancesProps;
  /** Where functions stand that no managed instances run; undefined: in no VPC. */
  readonly network: NetworkSettings | undefined;
  readonly tracing: boolean;
  readonly tagsDrops: boolean;
  /** Whole days; undefined: never. */
  readonly expireSettledAfter: Duration | undefined;
  /** Undefined: receipts are not signed. */
  readonly receiptKey: Required<ReceiptKeyProps> | undefined;
  /** Undefined: there are none. */
  readonly publisherKeys: PublisherKeys | undefined;
  readonly outcomeEmails: OutcomeEmails | undefined;
  readonly alarmEmails: readonly string[];
  readonly metricsNamespace: string;
  /** Undefined: there is none. */
  readonly dashboard: DashboardProps | undefined;
  readonly runbookUrl: string;
  readonly logRetention: RetentionDays;
  readonly logLevel: LogLevel;
}

/** @throws SettingError naming the property that cannot work, the value, and what to do */
export function settle(props: ImageDropProps): Settings {
  checkBuckets(props);
  if (props.cloudsYaml === undefined) {
    throw new SettingError('cloudsYaml', undefined, 'give the secret that holds clouds.yaml with the credentials.');
  }
  const { managedInstances } = props;
  if (managedInstances !== undefined) checkManagedInstances(managedInstances);
  const streamUpload = managedInstances === undefined ? STREAM_UPLOAD : MANAGED_STREAM_UPLOAD;
  const maxStreamBytes = managedInstances === undefined ? MAX_STREAM_BYTES : MAX_MANAGED_STREAM_BYTES;
  const targets = resolveTargets(props.targets, maxStreamBytes);
  return {
    targets,
    unpackImage: resolveStage('unpackImage', UNPACK_IMAGE, props.unpackImage),
    maxUnpackedBytes: resolveMaxUnpacked(props.maxUnpackedBytes, targets),
    createMetadata: resolveStage('createMetadata', CREATE_METADATA, props.createMetadata),
    streamUpload: resolveStreamUpload(props, streamUpload),
    recordStatus: resolveStage('recordStatus', RECORD_STATUS, props.recordStatus),
    reconcile: resolveReconcile(props.reconcile),
    ...(managedInstances !== undefined && { managedInstances }),
    network: resolveNetwork(props),
    tracing: props.tracing ?? false,
    tagsDrops: props.tagDrops ?? true,
    expireSettledAfter: resolveExpiry(props),
    receiptKey: resolveReceiptKey(props.receiptKey),
    publisherKeys: resolvePublisherKeys(props.publisherKeys, targets),
    outcomeEmails: props.outcomeEmails && resolveOutcomeEmails(props.outcomeEmails),
    alarmEmails: checkAddresses('alarmEmails', props.alarmEmails ?? []),
    metricsNamespace: namespaceOf(props.metricsNamespace ?? 'ImageDrop'),
    dashboard: props.dashboard === false ? undefined : (props.dashboard ?? {}),
    runbookUrl: props.runbookUrl ?? RUNBOOK_PAGE,
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    logLevel: logLevelOf(props.logLevel ?? 'INFO'),
  };
}

/** Its concurrency protects the image endpoint, and has a name that says so. */
function resolveStreamUpload(props: ImageDropProps, stage: Stage): StageSettings {
  const { maxConcurrentUploads: uploads = stage.maxConcurrency, managedInstances, streamUpload = {} } = props;
  const { maxConcurrency, reservedConcurrency } = streamUpload;
  if (maxConcurrency !== undefined) {
    throw new SettingError('streamUpload.maxConcurrency', maxConcurrency, 'give maxConcurrentUploads instead.');
  }
  if (managedInstances !== undefined && reservedConcurrency !== undefined) {
    const problem = 'functions on managed instances have no reserved concurrency; leave it out.';
    throw new SettingError('streamUpload.reservedConcurrency', reservedConcurrency, problem);
  }
  const settled = resolveStage('streamUpload', withUploads(stage, uploads), streamUpload);
  if (managedInstances !== undefined) checkCapacity(managedInstances, settled);
  return settled;
}

const withUploads = (stage: Stage, uploads: number): Stage => ({
  ...stage,
  maxConcurrency: resolveConcurrency('maxConcurrentUploads', uploads),
});

/** AWS Lambda developer guide, "Lambda Managed Instances": 2 GiB of a function's memory come with each vCPU. */
const MIB_PER_VCPU = 2048;

/** The event source would start uploads that no instance has room for, and each throttled message counts a receipt. */
function checkCapacity({ maxVCpuCount }: ManagedInstancesProps, { memorySize, maxConcurrency }: StageSettings): void {
  if (maxVCpuCount === undefined) return;
  const uploads = Math.floor(maxVCpuCount / Math.ceil(memorySize / MIB_PER_VCPU));
  if (uploads >= maxConcurrency) return;
  const problem = `it is enough for ${uploads} of ${maxConcurrency} uploads at a time; raise it, or lower maxConcurrentUploads.`;
  throw new SettingError('managedInstances.maxVCpuCount', maxVCpuCount, problem);
}

/** Longer than any bucket of images is kept; S3 takes whole days alone. */
const DAYS: Bounds = { lowest: 1, highest: 36_500, of: 'days' };

function resolveExpiry({ expireSettledAfter: after, tagDrops = true }: ImageDropProps): Duration | undefined {
  if (after === undefined) return undefined;
  if (!tagDrops)
    throw new SettingError('tagDrops', false, 'expireSettledAfter finds settled drops by a tag; leave it out.');
  return Duration.days(wholeNumber('expireSettledAfter', after.toDays({ integral: false }), DAYS));
}

function resolveReceiptKey(given: ReceiptKeyProps | undefined): Settings['receiptKey'] {
  if (given === undefined) return undefined;
  const { key, algorithm = 'ECDSA_SHA_256' } = given;
  if (RECEIPT_ALGORITHMS.includes(algorithm)) return { key, algorithm };
  throw new SettingError('receiptKey.algorithm', algorithm, `use one of ${RECEIPT_ALGORITHMS.join(', ')}.`);
}

/** The parts of one multipart upload (lambda/steps/part-upload.ts) hold more. */
const MAX_UNPACKED_BYTES = 2 ** 40;

function resolveMaxUnpacked(given: number | undefined, targets: readonly Target[]): number {
  const bytes = given ?? largestTaken(targets);
  const bounds = { lowest: 1, highest: MAX_UNPACKED_BYTES, of: 'bytes, the largest image of any image service' };
  return wholeNumber('maxUnpackedBytes', bytes, bounds);
}

/** Bytes of the largest image that any of the targets takes by any route. */
function largestTaken(targets: readonly Target[]): number {
  const limits = targets.flatMap(({ maxPutBytes, objectStorage }) => [
    maxPutBytes,
    objectStorage?.maxRegisterBytes ?? 0,
    objectStorage?.maxFastImportBytes ?? 0,
  ]);
  return Math.min(Math.max(...limits), MAX_UNPACKED_BYTES);
}

/** Amazon CloudWatch API, "PutMetricData": Namespace. */
const NAMESPACE = /^(?!AWS\/|:)[\w.\-/#:]{1,255}$/;

function namespaceOf(name: string): string {
  if (NAMESPACE.test(name)) return name;
  const problem = 'give up to 255 letters, digits and . - _ / # : that do not begin with AWS/.';
  throw new SettingError('metricsNamespace', name, problem);
}

function checkBuckets({ dropBucketName, existingDropBucket }: ImageDropProps): void {
  if (existingDropBucket?.eventBridge === true && existingDropBucket.eventTopic !== undefined) {
    const problem = 'eventTopic is given too, so each event would come twice; leave one of them out.';
    throw new SettingError('existingDropBucket.eventBridge', true, problem);
  }
  if (dropBucketName === undefined || existingDropBucket === undefined) return;
  const problem =
    'existingDropBucket is given too, so no bucket is made that could have this name; leave one of them out.';
  throw new SettingError('dropBucketName', dropBucketName, problem);
}

function checkManagedInstances({ subnets, securityGroups }: ManagedInstancesProps): void {
  for (const [name, list] of Object.entries({ subnets, securityGroups })) {
    if (!Array.isArray(list) || list.length === 0) {
      throw new SettingError(`managedInstances.${name}`, list, 'name at least one: instances stand in a VPC of yours.');
    }
  }
}

function logLevelOf(level: LogLevel): LogLevel {
  if (LOG_LEVELS.includes(level)) return level;
  throw new SettingError('logLevel', level, `no level has this name; use one of ${LOG_LEVELS.join(', ')}.`);
}
