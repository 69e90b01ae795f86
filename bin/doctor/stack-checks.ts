import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { s3Reconciliations } from '../../lambda/adapters/s3-document.ts';
import { s3Pauses } from '../../lambda/adapters/s3-pauses.ts';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';
import type { TargetPause } from '../../lambda/model/target-pause.ts';
import type { StackConnection } from '../stack/connection.ts';
import { formatAge } from '../terminal/durations.ts';
import {
  Checks,
  type Finding,
  failed,
  hasFailed,
  ok,
  skipped,
  type Verdict,
  verdictOnError,
  warning,
} from './finding.ts';

/** Looks at a stack with the credentials that commands use. @param readOnly nothing is begun to see whether it may be */
export async function* stackChecks(stack: StackConnection, readOnly: boolean): AsyncGenerator<Finding> {
  const checks = new Checks(stack.what);
  const credentials = await checks.make('credentials', () => credentialsVerdict(stack));
  yield credentials;
  if (hasFailed(credentials)) return;
  yield await checks.make('clock', () => clockOf(stack));
  yield await checks.make('drop bucket', () => reachVerdict(stack, 'DropBucketName'));
  yield await checks.make('versioning', () => versioningOf(stack));
  // The stack on this machine encrypts nothing.
  if (!stack.isLocal) yield await checks.make('keys', () => keysOf(stack));
  yield await checks.make('dropping', () => (readOnly ? skipped('--read-only') : dropVerdict(stack)));
  const records = await checks.make('records', () => recordsVerdict(stack));
  yield records;
  yield await checks.make('queues', () => queueVerdict(stack));
  if (hasFailed(records)) return;
  yield await checks.make('reconcile', () => reconcileVerdict(stack, new Date()));
  for (const verdict of await pausesOf(stack)) yield checks.found('room', verdict);
}

async function credentialsVerdict({ s3 }: StackConnection): Promise<Verdict> {
  const { accessKeyId, expiration } = await s3.config.credentials();
  const end = expiration === undefined ? '' : `, until ${expiration.toISOString()}`;
  return ok(`access key ${accessKeyId}${end}, region ${await s3.config.region()}`);
}

/** S3 states the time in each answer, also when it refuses the request. */
async function clockOf(stack: StackConnection): Promise<Verdict> {
  const url = await getSignedUrl(stack.s3, new HeadBucketCommand({ Bucket: stack.output('DropBucketName') }));
  // The next check finds out why S3 does not answer.
  const answer = await fetch(url, { method: 'HEAD' }).catch(() => undefined);
  return clockVerdict(answer?.headers.get('date') ?? undefined, new Date(), 'S3');
}

async function reachVerdict(stack: StackConnection, output: string): Promise<Verdict> {
  const Bucket = stack.output(output);
  await stack.s3.send(new HeadBucketCommand({ Bucket }));
  return ok(Bucket);
}

/** Droppers need no permission to ask. */
async function versioningOf(stack: StackConnection): Promise<Verdict> {
  const command = new GetBucketVersioningCommand({ Bucket: stack.output('DropBucketName') });
  try {
    const { Status: status } = await stack.s3.send(command);
    return versioningVerdict(stack.output('DropBucketVersioned'), status);
  } catch (error) {
    return verdictOnError(error, 'warning');
  }
}

/**
 * Compares the stack's `versioned` with the bucket. A bucket whose versioning is suspended still has versions.
 * @param setting `true` or `false`, as the stack's output says
 * @param status as S3 says; undefined where versioning was never enabled
 */
export function versioningVerdict(setting: string, status: string | undefined): Verdict {
  const is = status?.toLowerCase() ?? 'off';
  if (setting === 'false' && status !== undefined) {
    return failed(
      `it is ${is}, but the stack has \`versioned: false\`: the functions may not read versions`,
      'Set `versioned: true` of `existingDropBucket`, then deploy the stack again.',
    );
  }
  if (status === 'Enabled') return ok('enabled: each drop is a version of its object');
  return ok(`${is}: a drop that is replaced before its upload is lost, and its record superseded`);
}

/** Droppers need no permission to ask. */
async function keysOf(stack: StackConnection): Promise<Verdict> {
  const granted = stack.output('KeyArns');
  try {
    const ofBucket = keyVerdict('drop bucket', await keyOfBucket(stack), granted);
    if (ofBucket.outcome === 'failed') return ofBucket;
    return keyVerdict('secret', await keyOfSecret(stack.output('CloudsYamlSecretName')), granted);
  } catch (error) {
    return verdictOnError(error, 'warning');
  }
}

async function keyOfBucket(stack: StackConnection): Promise<string | undefined> {
  const command = new GetBucketEncryptionCommand({ Bucket: stack.output('DropBucketName') });
  const { ServerSideEncryptionConfiguration: configuration } = await stack.s3.send(command);
  return configuration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
}

async function keyOfSecret(SecretId: string): Promise<string | undefined> {
  const client = new SecretsManagerClient();
  try {
    return (await client.send(new DescribeSecretCommand({ SecretId }))).KmsKeyId;
  } finally {
    client.destroy();
  }
}

/** The setting that names the key of each. */
const KEY_SETTINGS = { 'drop bucket': 'existingDropBucket.keyArn', secret: 'cloudsYamlKeyArn' } as const;

/**
 * Whether the functions may decrypt with a key. A key that AWS manages lets every role of the account use it.
 * @param key ARN or id; undefined where AWS encrypts with a key of its own
 * @param granted the stack's output: ARNs, or `none`
 */
export function keyVerdict(what: keyof typeof KEY_SETTINGS, key: string | undefined, granted: string): Verdict {
  if (key === undefined || /(^|[:/])aws\/\w+$/.test(key)) return ok('the keys of AWS, which need no permission');
  if (granted.split(',').some((arn) => arn === key || arn.endsWith(`/${key}`)))
    return ok(`the functions may use ${key}`);
  return failed(
    `the functions have no kms:Decrypt on key ${key}, which encrypts the ${what}`,
    `Set \`${KEY_SETTINGS[what]}\` in cdk.json to the ARN of the key, then deploy the stack again.`,
  );
}

/** No object ever has it: the upload under it is never completed. */
const PROBE_KEY = 'imagedrop-doctor';

/** An upload that is begun and given up is not a drop: S3 sends no event for it. */
async function dropVerdict(stack: StackConnection): Promise<Verdict> {
  const place = { Bucket: stack.output('DropBucketName'), Key: PROBE_KEY };
  const { UploadId } = await stack.s3.send(new CreateMultipartUploadCommand(place));
  await stack.s3.send(new AbortMultipartUploadCommand({ ...place, UploadId }));
  return ok('an upload was begun and given up');
}

async function recordsVerdict(stack: StackConnection): Promise<Verdict> {
  const Bucket = stack.output('StatusBucketName');
  await stack.s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
  return ok(`they can be read in ${Bucket}`);
}

/** It runs every quarter of an hour, unless the stack's settings say otherwise; four missed runs are not an accident. */
const LATE_SECONDS = 3600;

/** Whether what gets lost would be found. */
async function reconcileVerdict(stack: StackConnection, now: Date): Promise<Verdict> {
  const stored = await s3Reconciliations(stack.s3, stack.output('StatusBucketName')).load();
  const lastRun = stored?.reconciliation.lastRun;
  if (lastRun === undefined) return skipped('it has not run yet; it does so every quarter of an hour');
  const seconds = (now.getTime() - Date.parse(lastRun.startedAt)) / 1000;
  const detail = `it ran ${formatAge(seconds)} ago`;
  if (seconds < LATE_SECONDS) return ok(detail);
  return warning(
    detail,
    'Look at the log of the reconcile function and at its schedule; `imagedrop reconcile` runs it now.',
  );
}

/** Whether the functions have found room at each target lately. */
async function pausesOf(stack: StackConnection): Promise<readonly Verdict[]> {
  const options = { now: () => new Date(), count: () => {} };
  const pauses = s3Pauses(stack.s3, stack.output('StatusBucketName'), options);
  return Promise.all(stack.targets.map(async ({ name }) => verdictOn(name, await pauses.of(name))));
}

function verdictOn(name: string, pause: TargetPause | undefined): Verdict {
  if (pause === undefined || pause.endedAt !== undefined) return ok(`no drop has to wait for ${name}`);
  const { since, until, message, code } = pause;
  const detail = `${name} is paused since ${since} and tried again at ${until}: ${message} (${code})`;
  return failed(detail, ERROR_KINDS[code].nextStep);
}

const STAGES = ['Ingest', 'Unpack', 'Upload', 'Status'] as const;

/** Waiting messages and dead letters. Droppers need no permission to see them. */
async function queueVerdict(stack: StackConnection): Promise<Verdict> {
  try {
    const waiting = await messagesIn(stack, '');
    const dead = await messagesIn(stack, 'DeadLetter');
    const detail = `${waiting} messages wait, ${dead} were given up`;
    if (dead === 0) return ok(detail);
    return warning(
      detail,
      'Fix the cause (`imagedrop ls --failed`), then `imagedrop retry --all-failed`; docs/reconcile.md says how letters are redriven.',
    );
  } catch (error) {
    return verdictOnError(error, 'warning');
  }
}

async function messagesIn(stack: StackConnection, kind: '' | 'DeadLetter'): Promise<number> {
  const sqs = await stack.sqs();
  const counts = await Promise.all(STAGES.map((stage) => count(sqs, stack.output(`${stage}${kind}QueueUrl`))));
  return counts.reduce((sum, each) => sum + each, 0);
}

async function count(client: SQSClient, QueueUrl: string): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages' as const];
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  return Number(Attributes.ApproximateNumberOfMessages);
}

/** S3 refuses requests that are signed a quarter of an hour off (RequestTimeTooSkewed). */
const REFUSED_SECONDS = 900;
/** More than the way of an answer takes, and more than a clock that is set by NTP is ever off. */
const NOTICED_SECONDS = 60;

/**
 * Compares this machine's clock with that of a server.
 * @param date of the answer (RFC 9110, section 6.6.1); whole seconds
 */
export function clockVerdict(date: string | undefined, now: Date, whose: string): Verdict {
  const at = Date.parse(date ?? '');
  if (!Number.isFinite(at)) return skipped(`${whose} does not say what time it is.`);
  const seconds = Math.round((now.getTime() - at) / 1000);
  const detail =
    Math.abs(seconds) <= 1
      ? `as ${whose}'s`
      : `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ${whose}'s`;
  const nextStep = 'Set the clock of this machine by NTP (`timedatectl set-ntp true`).';
  if (Math.abs(seconds) >= REFUSED_SECONDS) return failed(`${detail}: signed requests are refused`, nextStep);
  if (Math.abs(seconds) >= NOTICED_SECONDS) return warning(detail, nextStep);
  return { outcome: 'ok', detail };
}
