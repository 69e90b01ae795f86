import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isSettled } from '../../lambda/model/record-changes.ts';
import { BEGINNINGS_KEY, type TargetBeginnings } from '../../lambda/model/target-beginnings.ts';
import type { ReconcileReport } from '../../lambda/steps/reconcile/reconcile.ts';
import { seeded } from '../../local/contributing/faults/fault.ts';
import type { EmbeddedStack } from '../../local/stack.ts';
import type { ChaosCloud } from './chaos-cloud.ts';
import type { ChaosFaults } from './chaos-faults.ts';
import { OTHER_KINDS } from './kinds.ts';
import type { Operator } from './survey.ts';

/** What functions remember of targets that were away, and of credentials that were refused. */
const REMEMBERED = ['targets/', 'logins/'];

/** Ends all pauses at once, as an operator does who knows that the target is back: a run must not wait for hours. */
export async function endPauses({ s3, records: { bucket: Bucket } }: Operator): Promise<void> {
  for (const Prefix of REMEMBERED) {
    const { Contents: found = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    const Objects = found.map(({ Key }) => ({ Key }));
    if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
}

/** Milliseconds by the clock of the function that saw the target first; Infinity while none has seen any. */
export async function beginningOf(target: string, { s3, records: { bucket } }: Operator): Promise<number> {
  const text = await textOf(BEGINNINGS_KEY, s3, bucket);
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const { targets }: TargetBeginnings = JSON.parse(text);
  return Date.parse(targets[target]?.since ?? '') + CLOCK_ERROR_MS;
}

/** Between putting an object and what S3 calls its time. */
const CLOCK_ERROR_MS = 1000;

const RETRY_CHANCE = 0.3;

/** Has some of the failed drops tried once more. */
export async function retrySome({ records, queues }: Operator, faults: ChaosFaults, seed: number): Promise<void> {
  for (const [key, record] of await records.all()) {
    const subject = faults.subjects.ofRecord(key) ?? '';
    const isOver = record.status === 'failed' && record.announcedAt !== undefined && record.retriedFrom === undefined;
    if (!isOver || seeded(seed, 'retry', subject) >= RETRY_CHANCE) continue;
    faults.ledger.note(OTHER_KINDS.retried, subject);
    await queues.retry(record);
  }
}

/** Somebody else deletes an image of ours, or gives it another name. */
export async function interfere(
  cloud: ChaosCloud,
  how: 'delete' | 'rename',
  faults: ChaosFaults,
  dice: number,
): Promise<void> {
  const ours = (await cloud.images()).filter((image) => image.protected !== true && subjectOf(image, faults));
  const image = ours[Math.floor(dice * ours.length)];
  if (image === undefined) return;
  faults.ledger.note(
    how === 'delete' ? OTHER_KINDS.deletedByOthers : OTHER_KINDS.changedByOthers,
    subjectOf(image, faults),
  );
  await (how === 'delete' ? cloud.delete(image.id) : cloud.rename(image.id, 'By others'));
}

const subjectOf = ({ imagedrop_record: key = '' }: { imagedrop_record?: string }, faults: ChaosFaults) =>
  faults.subjects.ofRecord(decodeURIComponent(key));

/** A pass, what it repairs, and a pass that finds nothing any more. */
const MOST_PASSES = 4;

/**
 * Lets reconcile look at everything again, as it does each day, until it finds nothing.
 * @returns what it still finds, and why a run failed
 */
export async function reconciled(operator: Operator, stack: EmbeddedStack): Promise<readonly string[]> {
  let findings: readonly string[] = [];
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    await letADayPass(operator);
    findings = await wholePass(stack);
    if (findings.length === 0) return [];
    await allSettled(operator);
  }
  return findings;
}

async function wholePass(stack: EmbeddedStack): Promise<readonly string[]> {
  const findings: string[] = [];
  for (;;) {
    const outcome = await stack.invoke(stack.outputs.ReconcileFunctionName ?? '', {});
    if (!outcome.ok) return [`reconcile failed: ${outcome.error.errorMessage}`];
    const { run, complete } = outcome.result as ReconcileReport;
    // A dead letter that nobody redrives is found by each run.
    const found = run.findings.filter(({ kind }) => kind !== 'dead-letter-unread');
    findings.push(...found.map(({ kind, subject, why }) => `${kind}: ${subject}: ${why}`));
    if (complete) return findings;
  }
}

const RECONCILIATION = 'reconcile.json';

/** Images and old drops are looked at once a day. */
async function letADayPass({ s3, records: { bucket: Bucket } }: Operator): Promise<void> {
  const text = await textOf(RECONCILIATION, s3, Bucket);
  // On a busy machine no run may have come to its end yet.
  if (text === undefined) return;
  const { imagesSeenAt: _images, lookedBackAt: _drops, ...rest } = JSON.parse(text);
  await s3.send(new PutObjectCommand({ Bucket, Key: RECONCILIATION, Body: JSON.stringify(rest) }));
}

/** @returns undefined where there is no such object */
async function textOf(Key: string, s3: S3Client, Bucket: string): Promise<string | undefined> {
  try {
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return await body?.transformToString();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

const LOOK_MS = 1000;
const SETTLED_WITHIN_LOOKS = 120;

async function allSettled({ records }: Operator): Promise<void> {
  for (let look = 0; look < SETTLED_WITHIN_LOOKS; look += 1) {
    const all = [...(await records.all()).values()];
    if (all.every((record) => isSettled(record) && record.announcedAt !== undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
