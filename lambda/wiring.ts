/** What the entry points have in common: the outside services, made once for each environment of a function. */
import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import {
  kmsClient,
  type StagingAccess,
  s3Client,
  secretsClient,
  sqsClient,
  stagingClient,
} from './adapters/aws-clients.ts';
import { awsUnavailable } from './adapters/aws-errors.ts';
import { httpClient, measuredHttp } from './adapters/http.ts';
import { kmsSigner } from './adapters/kms-signer.ts';
import { s3Beginnings, s3Receipts, s3Reconciliations } from './adapters/s3-document.ts';
import { s3Listing } from './adapters/s3-listing.ts';
import { s3Logins } from './adapters/s3-logins.ts';
import { s3FolderKeys, s3Objects, sharedObjects } from './adapters/s3-objects.ts';
import { s3Pauses } from './adapters/s3-pauses.ts';
import { observedRecords, s3Records } from './adapters/s3-records.ts';
import { s3Staging } from './adapters/s3-staging.ts';
import { taggedObjects } from './adapters/s3-tags.ts';
import { s3Unpackings } from './adapters/s3-unpackings.ts';
import { cachedSecret, type Secret } from './adapters/secrets.ts';
import { holdMessage, sqsQueue } from './adapters/sqs-queue.ts';
import { sqsStages } from './adapters/sqs-stages.ts';
import type { Cloud } from './clouds/cloud.ts';
import { isPlace, stagingAccess, stagingOpener } from './clouds/open-staging.ts';
import { endpointOpener } from './endpoints/registry.ts';
import { type RecordStatusEnvironment, type SharedEnvironment, targetsOf } from './runtime/environment.ts';
import { functionLog, once } from './runtime/log.ts';
import { functionMetrics } from './runtime/metrics.ts';
import { shutdownSignal } from './runtime/shutdown.ts';
import { sqsHandler } from './runtime/sqs-handler.ts';
import type {
  BeginningStore,
  Endpoints,
  Invocation,
  MessageQueue,
  ReceiptStore,
  ScheduledInvocation,
  SharingStore,
  Staging,
  StagingPlaces,
  StepDependencies,
  TaggingStore,
  WorkBucket,
} from './steps/ports.ts';
import { deadline } from './transfer/deadline.ts';

const log = functionLog();
const metrics = functionMetrics();
const s3 = s3Client();
const sqs = sqsClient();
const now = () => new Date();
let shuttingDown: AbortSignal | undefined;

/** One listener for all invocations of an environment. */
const shutdown = (): AbortSignal => (shuttingDown ??= shutdownSignal());

export const stages = (urls: Parameters<typeof sqsStages>[1]) => sqsStages(sqs, urls);

/** The buckets as reconcile sees them. */
export function bucketsOf({ STATUS_BUCKET }: SharedEnvironment, dropBucket: string) {
  return {
    listing: s3Listing(s3, dropBucket, STATUS_BUCKET),
    reconciliations: s3Reconciliations(s3, STATUS_BUCKET),
  };
}

/** When each target began, for the functions that take drops up. */
export const beginningsOf = ({ STATUS_BUCKET }: SharedEnvironment): BeginningStore =>
  s3Beginnings(s3, STATUS_BUCKET, now);

export function receiptsOf(environment: RecordStatusEnvironment): ReceiptStore {
  const { STATUS_BUCKET, IMAGEDROP_VERSION, RECEIPT_KEY_ARN: key, RECEIPT_ALGORITHM: algorithm } = environment;
  const signer = key !== undefined && algorithm !== undefined ? kmsSigner(kmsClient(), key, algorithm) : undefined;
  return s3Receipts({ client: s3, bucket: STATUS_BUCKET }, IMAGEDROP_VERSION, signer);
}

export const queue = (url: string): MessageQueue => sqsQueue(sqs, url);

/** Where it is a secret it can be read again. */
type CloudsYaml = (() => Promise<string>) & Partial<Pick<Secret, 'again' | 'version'>>;

/** One cache for all who need it. */
export const cloudsYamlOf = ({ CLOUDS_YAML_SECRET }: SharedEnvironment): Secret =>
  cachedSecret(secretsClient(), CLOUDS_YAML_SECRET, now);

/** What all functions need. What only some functions need is below, and is in their bundles only. */
export function stepDependencies(environment: SharedEnvironment, cloudsYaml: CloudsYaml): StepDependencies {
  return {
    objects: s3Objects(s3),
    records: observedRecords(s3Records(s3, environment.STATUS_BUCKET, { nonce: randomUUID }), {
      log,
      count: metrics.countStatus,
    }),
    endpoints: endpointsOf(environment, cloudsYaml),
    staging: stagingPlaces(environment, cloudsYaml),
    pauses: s3Pauses(s3, environment.STATUS_BUCKET, { now, count: metrics.countPause }),
    targets: targetsOf(environment),
    ingestQueue: queue(environment.INGEST_QUEUE_URL),
    statusQueue: queue(environment.STATUS_QUEUE_URL),
    meter: metrics,
    log,
    now,
  };
}

function endpointsOf({ STATUS_BUCKET }: SharedEnvironment, cloudsYaml: CloudsYaml): Endpoints {
  const warn = once((message) => log.warn(message));
  const { debug } = log;
  const httpFor = (cloud: Cloud) =>
    measuredHttp(httpClient({ ...cloud, warn }), { target: cloud.name, count: metrics.countAnswer, debug });
  const { again: reread, version } = cloudsYaml;
  const open = endpointOpener({
    httpFor,
    now,
    ...(reread && { reread }),
    ...(version && { attempt: s3Logins(s3, STATUS_BUCKET, { now, version }) }),
  });
  return { of: async (target) => open(await cloudsYaml(), target) };
}

function stagingPlaces({ AWS_ENDPOINT_URL_S3 }: SharedEnvironment, cloudsYaml: CloudsYaml): StagingPlaces {
  return {
    holds: ({ objectStorage }, dropBucket) => isPlace(objectStorage?.staging, dropBucket, AWS_ENDPOINT_URL_S3),
    requireKeys: async (target) => void stagingAccess(await cloudsYaml(), target),
  };
}

type StagingClient = (access: StagingAccess) => S3Client;

export function stagingOf(
  environment: SharedEnvironment,
  cloudsYaml: CloudsYaml,
  client: StagingClient = stagingClient,
): Staging {
  const open = stagingOpener((access, bucket) => s3Staging(client(access), bucket));
  return { ...stagingPlaces(environment, cloudsYaml), of: async (target) => open(await cloudsYaml(), target) };
}

/** Where packed drops are unpacked into. */
export const workBucketOf = ({ WORK_BUCKET }: { readonly WORK_BUCKET: string }, client = s3): WorkBucket => ({
  store: s3Staging(client, WORK_BUCKET, awsUnavailable),
  unpackings: s3Unpackings(s3, WORK_BUCKET),
});

export const folderKeys = () => s3FolderKeys(s3);

export const sharingStore = (client: S3Client): SharingStore => sharedObjects(client);

export const taggingStore = (): TaggingStore => taggedObjects(s3);

/** What an invocation that no queue has asked for has to work with. */
export function invocationOf(context: Context): ScheduledInvocation {
  return { id: context.awsRequestId, signal: deadline(context.getRemainingTimeInMillis(), [shutdown()]) };
}

/** A handler that publishes its metrics when it ends. */
export function measured<Event, Result>(handler: (event: Event, context: Context) => Promise<Result>): typeof handler {
  return async (event, context) => {
    try {
      return await handler(event, context);
    } finally {
      metrics.flush();
    }
  };
}

/** The handler of the queue that a function works on. */
export function handlerOf(queueUrl: string, work: (message: unknown, invocation: Invocation) => Promise<void>) {
  const handler = sqsHandler({
    work,
    holdMessage: (receiptHandle, seconds) => holdMessage(sqs, queueUrl, receiptHandle, seconds),
    signal: (remainingMs) => deadline(remainingMs, [shutdown()]),
    log,
    random: Math.random,
  });
  return measured(handler);
}
