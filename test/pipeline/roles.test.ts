import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordKey } from '../../lambda/model/drop.ts';
import type { RecordDraft } from '../../lambda/model/record-changes.ts';
import { receive } from '../../lambda/model/record-changes.ts';
import { rawDisk } from '../support/disk.ts';
import { obsCloud } from './obs-cloud.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

/** Of the form that S3 gives, but of no object. */
const NO_VERSION = 'A'.repeat(32);

/** For objects of a bucket whose versioning is suspended (suspended.test.ts); here each object has a version. */
const WITHOUT_VERSION = ['s3:GetObject', 's3:GetObjectTagging', 's3:PutObjectTagging'];

/** For what a killed unpack-image leaves in the work bucket (packed.test.ts); here none is killed. */
const AFTER_A_KILL = ['s3:AbortMultipartUpload', 's3:AbortMultipartUpload', 's3:DeleteObject'];

/** For stream-upload and unpack-image, where a version is deleted while it is read; here none is. */
const WHILE_READ = ['s3:ListBucketVersions', 's3:ListBucketVersions'];

/** A function may know for so long that there is no pause (lambda/adapters/s3-pauses.ts). */
const PAUSE_KNOWN_MS = 5000;

let folder: string;
let pipeline: Pipeline;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-roles-'));
  // Longer than a function takes to start, so that record-status must ask again, by a message to itself.
  const { cloud, staging } = await obsCloud(folder, { jobDurationMs: 4000 });
  pipeline = await Pipeline.start({
    cloud: { ...cloud, name: 'simulator' },
    // stream-upload asks itself for the chunks of a file that is registered.
    targets: { simulator: { kind: 'glance' }, 'simulator-ims': { kind: 'ims', route: 'register', staging } },
    reconcile: { lostAfterSeconds: 10 },
  });
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A record as a person might have written it. */
async function putRecord(dropped: Dropped, changes: Partial<RecordDraft>): Promise<string> {
  const drop = { ...dropped, bucket: pipeline.dropBucket, id: dropped.versionId, etag: 'e', size: 1, droppedAt: '' };
  const record = { ...receive(drop, 'simulator', new Date()), ...changes, revision: 1, nonce: 'by hand' };
  return store(recordKey(drop, 'simulator'), record);
}

async function store(key: string, record: object): Promise<string> {
  const Bucket = pipeline.output('StatusBucketName');
  await pipeline.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: JSON.stringify(record) }));
  return key;
}

/** As a function does whose target has no room; the others know of it when they read it again. */
async function pauseTarget(target: string, seconds: number): Promise<void> {
  const since = new Date().toISOString();
  const until = new Date(Date.now() + seconds * 1000).toISOString();
  const paused = { target, holds: 'all', code: 'quota-exceeded', message: 'Full.', since, until, times: 1 };
  const Bucket = pipeline.output('StatusBucketName');
  const Key = `targets/${target}.json`;
  await pipeline.s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(paused) }));
  await pause(PAUSE_KNOWN_MS);
}

async function reconcileUntil(isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) {
    expect(await pipeline.stack.invoke(pipeline.output('ReconcileFunctionName'), {})).toMatchObject({ ok: true });
    await pause(500);
  }
}

test('each function needs all that its role allows, and nothing that it does not', async () => {
  // The usual way, at two targets, also of a packed file, and a file that is refused.
  const packed = await pipeline.drop('packed.img.gz', gzipSync(rawDisk()));
  const good = await pipeline.drop('good.img', rawDisk());
  const bad = await pipeline.drop('bad.txt', Buffer.from('This is no disk.'));
  for (const target of ['simulator', 'simulator-ims']) {
    expect(await pipeline.settled(good, target)).toMatchObject({ status: 'active' });
    expect(await pipeline.settled(packed, target)).toMatchObject({ status: 'active' });
    expect(await pipeline.settled(bad, target)).toMatchObject({ status: 'failed' });
  }
  expect(Object.keys(await pipeline.tags(good))).toEqual(['imagedrop:simulator', 'imagedrop:simulator-ims']);

  // What create-metadata decides, for the records that are written by hand below.
  const { found, plan, sent, image } = await pipeline.settled(good, 'simulator');
  const planned = { ...(found && { found }), ...(plan && { plan }), ...(sent && { sent }) };

  // An object that is gone: create-metadata and stream-upload must be able to tell that from one they may not see.
  await pipeline.send('IngestQueueUrl', pipeline.event({ key: 'gone.img', versionId: NO_VERSION }, rawDisk()));
  expect(await pipeline.settled({ key: 'gone.img', versionId: NO_VERSION })).toMatchObject({ status: 'failed' });
  const absent = { key: 'absent.img', versionId: NO_VERSION };
  await pipeline.send('UploadQueueUrl', { record: await putRecord(absent, { status: 'created', ...planned }) });
  // Its image, which is not there either, is deleted with the secret's credentials.
  const unpackable = { key: 'absent.img.gz', versionId: NO_VERSION };
  const removed = { status: 'unpacking', ...(image && { image: { ...image, id: randomUUID() } }) } as const;
  await pipeline.send('UnpackQueueUrl', { record: await putRecord(unpackable, removed) });
  for (const dropped of [absent, unpackable]) {
    expect(await pipeline.settled(dropped)).toMatchObject({ error: { code: 'object-gone' } });
  }

  // An unpacked disk that is gone: create-metadata and stream-upload have the drop unpacked again.
  for (const [status, queue] of [
    ['received', 'IngestQueueUrl'],
    ['created', 'UploadQueueUrl'],
  ] as const) {
    const { drop, generation, packed: unpacked, revision } = await pipeline.settled(packed, 'simulator');
    const again = { ...receive(drop, 'simulator', new Date()), ...planned, status, generation: generation + 1 };
    const written = { ...again, ...(unpacked && { packed: unpacked }), revision: revision + 1, nonce: 'by hand' };
    await pipeline.send(queue, { record: await store(recordKey(drop, 'simulator'), written) });
    expect(await pipeline.settled(packed, 'simulator')).toMatchObject({ status: 'active' });
  }

  // A record that is not there, for each function.
  for (const queue of ['IngestQueueUrl', 'UploadQueueUrl', 'StatusQueueUrl']) {
    await pipeline.send(queue, { record: 'there/is/no/such.json' });
  }

  // A record that begins again reaches create-metadata from both of the others.
  for (const [key, queue] of [
    ['one.img', 'UploadQueueUrl'],
    ['two.img', 'StatusQueueUrl'],
  ] as const) {
    const dropped = { key, versionId: NO_VERSION };
    await pipeline.send(queue, { record: await putRecord(dropped, {}) });
    expect(await pipeline.settled(dropped)).toMatchObject({ error: { code: 'object-gone' } });
  }

  // A drop that the service has read where it lies, and that is gone since: record-status looks for it.
  const inPlace = { key: 'in-place.img', versionId: NO_VERSION };
  const register = { askedAt: new Date().toISOString() };
  const asked = { status: 'processing', register, ...planned, ...(image && { image }) } as const;
  const read = await putRecord(inPlace, asked);
  await pipeline.send('StatusQueueUrl', { record: read });
  expect(await pipeline.settled(inPlace)).toMatchObject({ error: { code: 'object-changed' } });

  // A target that is paused: create-metadata and stream-upload put drops off, by a message to themselves.
  await pauseTarget('simulator', 12);
  const late = { key: 'late.img', versionId: NO_VERSION };
  await pipeline.send('UploadQueueUrl', { record: await putRecord(late, { status: 'created', ...planned }) });
  const packedLater = { key: 'later.img.gz', versionId: NO_VERSION };
  await pipeline.send('UnpackQueueUrl', { record: await putRecord(packedLater, { status: 'unpacking' }) });
  const later = { key: 'later.img', versionId: NO_VERSION };
  await pipeline.send('IngestQueueUrl', { record: await putRecord(later, {}) });
  for (const dropped of [late, later, packedLater]) {
    expect(await pipeline.settled(dropped)).toMatchObject({ error: { code: 'object-gone' } });
  }

  // Lost work: a dead letter of a deleted object, which is sent again, and a record without a message.
  const dead = { key: 'dead.img', versionId: NO_VERSION };
  await pipeline.send('IngestDeadLetterQueueUrl', pipeline.event(dead, rawDisk()));
  const tried = { key: 'tried.img', versionId: NO_VERSION };
  await pipeline.send('IngestDeadLetterQueueUrl', { record: await putRecord(tried, { attempts: 1 }) });
  const lost = { key: 'lost.img', versionId: NO_VERSION };
  await putRecord(lost, {});
  await reconcileUntil(async () => (await pipeline.record(lost))?.status === 'failed');
  expect(await pipeline.settled(dead)).toMatchObject({ error: { code: 'object-gone' } });
  expect(await pipeline.settled(tried)).toMatchObject({ error: { code: 'retries-exhausted' } });

  const { used, unused, denied } = pipeline.stack.access.usage();
  expect(used.length).toBeGreaterThan(20);
  const rest = unused.map(({ action }) => action).sort();
  expect(rest).toEqual([...AFTER_A_KILL, ...WITHOUT_VERSION, ...WHILE_READ].sort());
  expect(denied).toEqual([]);
});
