import { setTimeout as pause } from 'node:timers/promises';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordKey } from '../../lambda/model/drop.ts';
import type { Finding, FindingKind } from '../../lambda/model/reconciliation.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import type { ReconcileReport } from '../../lambda/steps/reconcile/reconcile.ts';
import type { StackFaults } from '../../local/faults.ts';
import { rawDisk } from '../support/disk.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

/** The shortest that the stack takes. */
const LOST_AFTER_SECONDS = 10;

/** The stage that AWS Lambda refuses to start: its messages come back, and each time counts as a receipt. */
let throttled: string | undefined;
const faults: StackFaults = {
  endpoints: async (endpoints) => endpoints,
  functions: { environment: (_, variables) => variables, invocation: () => () => undefined },
  messages: {
    received: (queueArn) =>
      throttled !== undefined && queueArn.includes(throttled) ? { how: 'delay', seconds: 0 } : undefined,
  },
};

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start({ reconcile: { lostAfterSeconds: LOST_AFTER_SECONDS }, faults });
  await pipeline.reconciledOnce();
});
afterAll(() => pipeline?.stop());

const keyOf = ({ key, versionId }: Dropped) => recordKey({ key, id: versionId }, pipeline.cloud.name);

async function run(): Promise<ReconcileReport> {
  const outcome = await pipeline.stack.invoke(pipeline.output('ReconcileFunctionName'), {});
  if (!outcome.ok) throw new Error(outcome.error.errorMessage);
  return outcome.result as ReconcileReport;
}

/** Runs until it has found such a thing, which takes as long as something must be without a sign. */
async function runUntilFound(kind: FindingKind): Promise<Finding> {
  for (;;) {
    const found = (await run()).run.findings.find((finding) => finding.kind === kind);
    if (found !== undefined) return found;
    await pause(500);
  }
}

async function putRecord(record: DropRecord, key: string): Promise<void> {
  const Bucket = pipeline.output('StatusBucketName');
  await pipeline.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: JSON.stringify(record) }));
}

test('a drop that no one knows of is processed, and has one image in the end', async () => {
  const dropped = await pipeline.drop('folder/nobody knows.img', rawDisk());
  const before = await pipeline.settled(dropped);
  const Bucket = pipeline.output('StatusBucketName');
  await pipeline.s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf(dropped) }));
  expect(await runUntilFound('taken-up')).toMatchObject({ subject: expect.stringContaining('nobody knows.img') });
  const record = await pipeline.settled(dropped);
  expect(record).toMatchObject({ status: 'active', image: { id: before.image?.id } });
  expect(await pipeline.images()).toHaveLength(1);
});

test('a record whose message was lost goes on', async () => {
  const dropped = await pipeline.drop('lost message.img', rawDisk());
  const { image: _, announcedAt: __, verification: ___, ...settled } = await pipeline.settled(dropped);
  await putRecord({ ...settled, status: 'received', generation: 2 }, keyOf(dropped));
  expect(await runUntilFound('sent-again')).toMatchObject({ subject: keyOf(dropped) });
  expect(await pipeline.settled(dropped)).toMatchObject({ status: 'active', rounds: 1 });
});

test('a dead letter settles its record, stays, and brings the drop back when it is redriven', async () => {
  const dropped = await pipeline.drop('dead.img', rawDisk());
  const { announcedAt: _, verification: __, ...settled } = await pipeline.settled(dropped);
  const letter = { record: keyOf(dropped) };
  await putRecord({ ...settled, status: 'created', attempts: 12 }, letter.record);
  await pipeline.send('UploadDeadLetterQueueUrl', letter);
  expect(await runUntilFound('dead-letter-settled')).toMatchObject({ subject: letter.record });
  expect(await pipeline.settled(dropped)).toMatchObject({ status: 'failed', error: { code: 'retries-exhausted' } });
  expect(await pipeline.messages('UploadDeadLetterQueueUrl')).toBe(1);

  // By a person, who takes a while.
  await pause(6000);
  await pipeline.send('UploadQueueUrl', letter);
  while ((await pipeline.record(dropped))?.status === 'failed') await pause(50);
  expect(await pipeline.settled(dropped)).toMatchObject({ status: 'active', generation: 2 });
});

test.each([
  ['Ingest', 'received'],
  ['Upload', 'created'],
  ['Status', 'processing'],
] as const)(
  'a drop that is throttled at %s until its message is a dead letter becomes active',
  async (stage, status) => {
    const letters = `${stage}DeadLetterQueueUrl`;
    const before = await pipeline.messages(letters);
    throttled = `${stage}Queue`;
    const dropped = await pipeline.drop(`throttled at ${stage}.img`, rawDisk());
    while ((await pipeline.messages(letters)) === before) await pause(100);
    expect((await pipeline.record(dropped))?.status ?? 'received').toBe(status);
    throttled = undefined;
    while ((await pipeline.record(dropped))?.announcedAt === undefined) {
      await run();
      await pause(500);
    }
    expect(await pipeline.record(dropped)).toMatchObject({ status: 'active' });
  },
);
