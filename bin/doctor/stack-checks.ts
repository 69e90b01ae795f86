import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { StackConnection } from '../stack/connection.ts';
import { clockVerdict } from './clock.ts';
import { Checks, type Finding, hasFailed, ok, skipped, type Verdict } from './finding.ts';
import { pausesOf } from './pause-checks.ts';
import { queueVerdict } from './queue-checks.ts';
import { reconcileVerdict } from './reconcile-check.ts';
import { keepDate } from './server-date.ts';

/** Looks at a stack with the credentials that commands use. @param readOnly nothing is begun to see whether it may be */
export async function* stackChecks(stack: StackConnection, readOnly: boolean): AsyncGenerator<Finding> {
  const checks = new Checks(stack.what);
  const credentials = await checks.make('credentials', () => credentialsVerdict(stack));
  yield credentials;
  if (hasFailed(credentials)) return;
  yield await checks.make('clock', () => clockOf(stack));
  yield await checks.make('drop bucket', () => reachVerdict(stack, 'DropBucketName'));
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

/** Whatever S3 answers, it says what time it is. */
async function clockOf(stack: StackConnection): Promise<Verdict> {
  const command = new HeadBucketCommand({ Bucket: stack.output('DropBucketName') });
  const date = keepDate(command);
  // The check of the bucket comes next, and tells of a refusal.
  await stack.s3.send(command).catch(() => undefined);
  return clockVerdict(date(), new Date(), 'S3');
}

async function reachVerdict(stack: StackConnection, output: string): Promise<Verdict> {
  const Bucket = stack.output(output);
  await stack.s3.send(new HeadBucketCommand({ Bucket }));
  return ok(Bucket);
}

/** No object ever has it: the upload under it is never completed. */
const PROBE_KEY = 'imagedrop-doctor';

/** An upload that is begun and given up is no drop: S3 tells nobody of it. */
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
