import { describe, expect, test } from '@jest/globals';
import type { RegisterJob } from '../../lambda/endpoints/endpoint.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { Image } from '../../lambda/model/image.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

const DISK = rawDisk();
const BITMAP = Buffer.from('the bitmap of the disk');

/** A drop in the bucket that the service reads from, unless it is to be staged. */
async function created(route: 'register' | 'fast-import' = 'register', isDropBucket = true) {
  const world = new MemoryWorld();
  world.endpoint.route = route;
  world.staging.isDropBucket = isDropBucket;
  world.objects.put('a.mf', BITMAP);
  world.objects.put('a.raw', DISK);
  const key = world.recordKey('a.raw');
  let calls = 0;
  const run = {
    world,
    key,
    record: () => world.record('a.raw'),
    create: () => createMetadata({ record: key }, world.invocation(`create-${++calls}`), world),
    upload: (message: object = {}) =>
      streamUpload({ record: key, ...message }, world.invocation(`upload-${++calls}`), world),
    check: () => recordStatus({ record: key }, world.invocation(), world),
    tell: (job: RegisterJob) => Object.assign(world.endpoint.jobs, { 'job-1': job, 'job-2': job, 'job-3': job }),
  };
  await createMetadata(world.event('a.raw'), world.invocation(), world);
  return { ...run, id: run.record().image?.id ?? '' };
}

async function registered() {
  const run = await created();
  await run.upload();
  return run;
}

const passing = (code: 'endpoint-busy' | 'image-lost' = 'endpoint-busy') =>
  new ImageDropError(code, 'IMG.0060: Too many tasks.');
const permanent = () => new ImageDropError('content-refused', 'The job job-1 has failed: IMG.0057: No image.');

describe('a registered image', () => {
  test('is active and unverified when its job is done, with the reason', async () => {
    const { world, id, check, record, tell } = await registered();
    tell({ state: 'running', percent: 37 });
    world.endpoint.become(id, 'saving');
    await check();
    expect(record()).toMatchObject({ status: 'processing', register: { jobId: 'job-1', percent: 37 } });
    tell({ state: 'done', percent: 100 });
    world.endpoint.become(id, 'active');
    await check();
    expect(record()).toMatchObject({
      status: 'active',
      verification: { outcome: 'unverified', reason: 'The service reads the dropped object directly.' },
    });
  });

  test('does not compare when the service holds another number of bytes', async () => {
    const { world, id, check, record } = await registered();
    world.endpoint.become(id, 'active', Buffer.alloc(100));
    await check();
    expect(record()).toMatchObject({ status: 'received', generation: 2 });
    expect(record().history.at(-1)?.note).toBe('size-mismatch');
  });

  test('changes its record only when the job has gone on', async () => {
    const { check, record, tell } = await registered();
    tell({ state: 'running', percent: 5 });
    await check();
    const { revision } = record();
    await check();
    expect(record().revision).toBe(revision);
  });

  test('fails at once, and is removed, where its job failed permanently', async () => {
    const { world, check, record, tell } = await registered();
    tell({ state: 'failed', failure: permanent() });
    await check();
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'content-refused', message: permanent().message },
    });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('is made anew after a growing pause where its job may do better later, five times at most', async () => {
    const { world, create, upload, check, record, tell } = await registered();
    world.endpoint.jobs = {};
    for (const pause of [30, 120, 480, 900]) {
      tell({ state: 'failed', failure: passing() });
      await check();
      expect(world.ingestQueue.sent.at(-1)?.delaySeconds).toBe(pause);
      expect(record().register).toBeUndefined();
      await create();
      await upload();
      Object.assign(world.endpoint.jobs, {
        'job-4': world.endpoint.jobs['job-1'],
        'job-5': world.endpoint.jobs['job-1'],
      });
    }
    await check();
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'endpoint-busy', message: expect.stringContaining('IMG.0060') },
    });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('that is killed before its job says why fails for the reason of the job', async () => {
    const { world, id, check, record, tell } = await registered();
    world.endpoint.become(id, 'killed');
    await check();
    await check();
    expect(record().status).toBe('processing');
    tell({ state: 'failed', failure: permanent() });
    await check();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'content-refused' } });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('that was killed is made anew of the same copy', async () => {
    const { world, upload, create, check, record } = await created('register', false);
    await upload();
    await upload({ chunk: 0 });
    const { staging } = record();
    world.endpoint.become(record().image?.id ?? '', 'killed');
    await check();
    world.pass(60);
    await check();
    expect(record()).toMatchObject({ status: 'received', generation: 2, staging });
    await create();
    await upload();
    expect(world.staging.storedParts).toEqual([1]);
    expect(world.endpoint.registered).toEqual([`staging:${staging?.key}`, `staging:${staging?.key}`]);
  });

  test('that does not compare is made anew of another copy', async () => {
    const { world, create, upload, check, record } = await created('register', false);
    await upload();
    await upload({ chunk: 0 });
    world.endpoint.become(record().image?.id ?? '', 'active', Buffer.alloc(100));
    await check();
    expect(record()).toMatchObject({ status: 'received', staging: { doubted: true } });
    await create();
    await upload();
    expect(world.staging.objects.size).toBe(0);
    await upload({ chunk: 0 });
    expect(world.staging.storedParts).toEqual([1, 1]);
    expect(record().staging?.doubted).toBeUndefined();
  });

  test('that is gone is made anew', async () => {
    const { world, id, check, record } = await registered();
    world.endpoint.images.delete(id);
    await check();
    world.pass(60);
    await check();
    expect(record()).toMatchObject({ status: 'received', generation: 2 });
  });

  test('whose request was taken but not answered is left to its job', async () => {
    const { world, id, upload, check, record } = await created();
    world.endpoint.faults.push({ call: 'register', error: passing(), afterEffect: true });
    await expect(upload()).rejects.toMatchObject({ code: 'endpoint-busy' });
    world.endpoint.become(id, 'saving');
    await upload();
    expect(record().status).toBe('processing');
    expect(world.endpoint.registered).toHaveLength(1);
    await check();
    expect(record().status).toBe('processing');
  });

  test('is made anew when it still waits for its data after five minutes, and no job says why', async () => {
    const { world, check, record } = await registered();
    world.pass(299);
    await check();
    expect(record().status).toBe('processing');
    world.pass(1);
    await check();
    expect(record()).toMatchObject({ status: 'received', generation: 2 });
    expect(record().history.at(-1)?.note).toBe('import-failed');
  });

  test('is made anew before its time is over, where the target gives it less than ten minutes', async () => {
    const { world, check, record } = await registered();
    world.targets = world.targets.map((each) => ({ ...each, activeWithinSeconds: 180 }));
    world.pass(90);
    await check();
    expect(record()).toMatchObject({ status: 'received', generation: 2 });
  });

  test('that never ends fails when its time is over', async () => {
    const { world, check, record, tell } = await registered();
    tell({ state: 'running', percent: 99 });
    world.pass(3601);
    await check();
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'never-active', message: expect.stringContaining('99 %') },
    });
  });

  test('that was broken before it was registered is made anew', async () => {
    const { world, id, upload, record } = await created();
    world.endpoint.images.delete(id);
    await upload();
    expect(record()).toMatchObject({ status: 'created', error: { code: 'image-lost' } });
    world.pass(60);
    await upload();
    expect(record()).toMatchObject({ status: 'received', generation: 2 });
  });

  test('fails at an endpoint that reads nothing from object storage', async () => {
    const { world, upload, record } = await created();
    Object.assign(world.endpoint, { registers: undefined });
    await upload();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'route-not-offered' } });
  });

  test('is not begun without keys for the bucket that it is to be staged in', async () => {
    const world = new MemoryWorld();
    world.endpoint.route = 'register';
    world.staging.noAccess = new ImageDropError('bad-clouds-yaml', 'There are no keys.');
    world.objects.put('a.raw', DISK);
    await createMetadata(world.event('a.raw'), world.invocation(), world);
    expect(world.record('a.raw')).toMatchObject({ status: 'failed', error: { code: 'bad-clouds-yaml' } });
    expect(world.endpoint.images.size).toBe(0);
  });
});

describe('a fast import', () => {
  test('makes its image itself, which the record learns from the job', async () => {
    const { world, upload, check, record, tell } = await created('fast-import');
    expect(record()).toMatchObject({ status: 'created' });
    expect(world.endpoint.images.size).toBe(0);
    await upload();
    expect(record()).toMatchObject({ status: 'processing', register: { jobId: 'job-1' } });
    const imageId = `made-of-${record().sent?.id}`;
    tell({ state: 'running', percent: 1 });
    await check();
    expect(record().image).toBeUndefined();
    tell({ state: 'running', percent: 50, imageId });
    await check();
    expect(record().image).toEqual({ id: imageId });
    world.endpoint.become(imageId, 'active');
    await check();
    expect(record()).toMatchObject({ status: 'active', image: { id: imageId } });
  });

  test('whose request was taken but not answered is found again by its mark', async () => {
    const { world, upload, record } = await created('fast-import');
    world.endpoint.faults.push({ call: 'register', error: passing(), afterEffect: true });
    await expect(upload()).rejects.toMatchObject({ code: 'endpoint-busy' });
    await upload();
    expect(record()).toMatchObject({ status: 'processing', image: { id: `made-of-${record().sent?.id}` } });
    expect(world.endpoint.registered).toHaveLength(1);
  });

  test('is asked for again when its image has not shown itself within five minutes', async () => {
    const { world, upload, record } = await created('fast-import');
    world.endpoint.faults.push({ call: 'register', error: passing() });
    await expect(upload()).rejects.toMatchObject({ code: 'endpoint-busy' });
    world.pass(299);
    await upload();
    expect(world.ownQueue.sent).toMatchObject([{ delaySeconds: 30 }]);
    expect(record()).toMatchObject({ status: 'uploading', attempts: 1, error: { code: 'upload-interrupted' } });
    world.pass(1);
    await upload();
    expect(record()).toMatchObject({ status: 'processing', register: { jobId: 'job-1' } });
  });

  /** The second request of an invocation that stalled, and whose message came again before the job named an image. */
  async function requestedTwice() {
    const run = await created('fast-import');
    const { world, upload, record, key } = run;
    await upload();
    const [first, second] = [`made-of-${record().sent?.id}`, `made-of-${record().sent?.id}-again`];
    world.endpoint.images.set(second, { ...(world.endpoint.images.get(first) as Image), id: second });
    await streamUpload({ record: key }, { ...world.invocation('stalled'), receives: 2 }, world);
    run.tell({ state: 'done', percent: 100, imageId: first });
    await run.check();
    world.endpoint.become(first, 'active');
    return { ...run, first, second };
  }

  test('that was requested twice leaves the image that its job has named', async () => {
    const { world, check, record, first } = await requestedTwice();
    await check();
    expect(record()).toMatchObject({ status: 'active', image: { id: first } });
    expect(record().removing).toBeUndefined();
    expect([...world.endpoint.images.keys()]).toEqual([first]);
  });

  test('is active although its second image cannot be deleted, which the record says', async () => {
    const { world, check, record, second } = await requestedTwice();
    world.endpoint.faults.push({ call: 'delete', error: permanent() }, { call: 'delete', error: permanent() });
    await check();
    expect(record()).toMatchObject({
      status: 'active',
      removing: [{ imageId: second, obstacle: permanent().message }],
    });
  });

  test('that fails leaves no image, though the record never learned of it', async () => {
    const { world, upload, check, record, tell } = await created('fast-import');
    await upload();
    expect(world.endpoint.images.size).toBe(1);
    tell({ state: 'failed', failure: permanent() });
    await check();
    expect(record().status).toBe('failed');
    expect(world.endpoint.images.size).toBe(0);
  });

  test('that was requested once more after it had failed leaves no image', async () => {
    const { world, upload, check, record, tell, key } = await created('fast-import');
    await upload();
    const [made] = world.endpoint.images.values();
    tell({ state: 'failed', failure: permanent() });
    await check();
    world.endpoint.images.set(`${made?.id}-again`, { ...(made as Image), id: `${made?.id}-again` });
    await streamUpload({ record: key }, { ...world.invocation('stalled'), receives: 2 }, world);
    expect(record().status).toBe('failed');
    expect(world.endpoint.images.size).toBe(0);
  });

  test('of a raw image has its bitmap file staged beside it, and both are removed in the end', async () => {
    const { world, upload, check, record, tell } = await created('fast-import', false);
    await upload();
    await upload({ chunk: 0 });
    const bitmap = record().staging?.key.replace(/raw$/, 'mf') ?? '';
    expect(world.staging.objects.get(bitmap)).toEqual(BITMAP);
    expect(world.endpoint.registered).toEqual([`staging:${record().staging?.key}`]);
    tell({ state: 'failed', failure: permanent() });
    await check();
    await check();
    expect(world.staging.objects.size).toBe(0);
  });

  test('fails when the bitmap file is gone', async () => {
    const { world, upload, record } = await created('fast-import', false);
    world.objects.deleted.add('a.mf');
    await upload();
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'object-gone', message: expect.stringContaining('a.mf') },
    });
  });

  test('refuses a bitmap file that is too large to be one', async () => {
    const { world, upload, record } = await created('fast-import', false);
    const bitmap = world.objects.newest('a.mf');
    Object.assign(bitmap ?? {}, { size: 2 ** 28 + 1 });
    await upload();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'too-large' } });
  });
});

describe('a drop that the service reads directly', () => {
  const done: RegisterJob = { state: 'done', percent: 100 };

  test.each([
    [
      'written again',
      (world: MemoryWorld) => void world.objects.put('a.raw', rawDisk(4096, 9)),
      'was replaced by version',
    ],
    ['deleted', (world: MemoryWorld) => void world.objects.deleted.add('a.raw'), 'was deleted while'],
  ])('fails, and leaves no image, when its key was %s before the service had read it', async (_what, change, words) => {
    const { world, key, id, check, tell } = await registered();
    change(world);
    world.endpoint.become(id, 'active', rawDisk(4096, 9));
    tell(done);
    await check();
    const record = world.records.stored.get(key);
    expect(record).toMatchObject({ status: 'failed', error: { code: 'object-changed', retryable: false } });
    expect(record?.error?.message).toContain(words);
    expect(world.endpoint.images.size).toBe(0);
  });

  test('is not asked for again where the service reads a copy of ours', async () => {
    const { world, key, upload, check, record } = await created('register', false);
    await upload();
    for (const { chunk } of world.uploadQueue.sent) if (chunk !== undefined) await upload({ chunk });
    expect(record().status).toBe('processing');
    world.objects.put('a.raw', rawDisk(4096, 9));
    world.endpoint.become(world.records.stored.get(key)?.image?.id ?? '', 'active');
    await check();
    expect(world.records.stored.get(key)?.status).toBe('active');
  });
});
