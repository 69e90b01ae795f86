import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

/** Ten parts in five chunks. */
const CUT = { partBytes: 1000, partsPerChunk: 2 };
const DISK = rawDisk(9728);

const away = () => new ImageDropError('staging-unavailable', 'The storage is away.');

async function created(route: 'register' | 'fast-import' = 'register') {
  const world = new MemoryWorld();
  world.endpoint.route = route;
  world.objects.put('a.img', DISK);
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const key = world.recordKey('a.img');
  await world.records.change(
    key,
    (stored) =>
      stored && { ...stored, staging: { bucket: 'staging', key: `imagedrop/${stored.sent?.id}.raw`, ...CUT } },
  );
  let calls = 0;
  return {
    world,
    key,
    id: world.record('a.img').image?.id ?? '',
    stagedKey: world.record('a.img').staging?.key ?? '',
    begin: () => streamUpload({ record: key }, world.invocation(`begin-${++calls}`), world),
    chunk: (chunk: number, receives = 1, signal?: AbortSignal) =>
      streamUpload({ record: key, chunk }, world.invocation(`chunk-${++calls}`, signal, receives), world),
    check: () => recordStatus({ record: key }, world.invocation(), world),
  };
}

async function begun() {
  const run = await created();
  await run.begin();
  return run;
}

async function registered() {
  const run = await begun();
  for (const chunk of [0, 1, 2, 3, 4]) await run.chunk(chunk);
  return run;
}

describe('a file that is staged', () => {
  test('is cut into chunks, and each is asked for by a message of its own', async () => {
    const { world, key } = await begun();
    expect(world.uploadQueue.sent.slice(1)).toEqual(
      [0, 1, 2, 3, 4].map((chunk) => ({ record: key, chunk, delaySeconds: 0 })),
    );
    expect(world.record('a.img')).toMatchObject({ status: 'uploading', staging: { uploadId: 'upload-1' } });
    expect(world.record('a.img').lease).toBeUndefined();
  });

  test('arrives whole, in whatever order its chunks come, and is then registered', async () => {
    const { world, chunk, stagedKey, id } = await begun();
    for (const one of [3, 0, 4, 2]) await chunk(one);
    expect(world.endpoint.registered).toEqual([]);
    await chunk(1);
    expect(world.staging.objects.get(stagedKey)).toEqual(DISK);
    expect(world.endpoint.registered).toEqual([`staging:${stagedKey}`]);
    expect(world.record('a.img')).toMatchObject({
      status: 'processing',
      image: { id },
      register: { jobId: 'job-1', askedAt: '2026-01-02T03:04:05.000Z' },
    });
    expect(world.statusQueue.sent).toEqual([{ record: world.recordKey('a.img'), delaySeconds: 0 }]);
  });

  test('is copied by any number of functions at one time', async () => {
    const { world, chunk, stagedKey } = await begun();
    await Promise.allSettled([0, 1, 2, 3, 4].map((one) => chunk(one)));
    await chunk(4);
    expect(world.staging.objects.get(stagedKey)).toEqual(DISK);
    expect(world.endpoint.registered).toHaveLength(1);
    expect(world.staging.storedParts.toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('has no part stored twice when a chunk comes twice', async () => {
    const { world, chunk } = await begun();
    await chunk(1);
    await chunk(1);
    expect(world.staging.storedParts).toEqual([3, 4]);
  });

  test('has only what is missing copied when a chunk broke off', async () => {
    const { world, chunk } = await begun();
    world.staging.faults.push({ call: 'storePart', error: away(), afterEffect: true });
    await expect(chunk(1)).rejects.toMatchObject({ code: 'staging-unavailable' });
    const before = world.staging.storedParts.length;
    expect(world.record('a.img')).toMatchObject({ status: 'uploading', error: { code: 'staging-unavailable' } });
    await chunk(1, 2);
    expect(world.staging.multipart.get('upload-1')?.parts.size).toBe(2);
    expect(world.staging.storedParts.length).toBeLessThanOrEqual(before + 1);
  });

  test('has only the missing chunks asked for when its first message comes again', async () => {
    const { world, begin, chunk } = await begun();
    await chunk(0);
    await chunk(3);
    world.uploadQueue.sent.length = 0;
    await begin();
    expect(world.uploadQueue.sent.map(({ chunk: one }) => one)).toEqual([1, 2, 4]);
    expect(world.staging.multipart.size).toBe(1);
  });

  test('goes on with the upload that a killed function has begun, and aborts any other', async () => {
    const { world, begin, stagedKey } = await created();
    world.staging.faults.push({ call: 'begin', error: away(), afterEffect: true });
    await expect(begin()).rejects.toMatchObject({ code: 'staging-unavailable' });
    await world.staging.begin(stagedKey);
    await begin();
    expect([...world.staging.multipart.keys()]).toEqual(['upload-1']);
    expect(world.record('a.img').staging?.uploadId).toBe('upload-1');
  });

  test('begins another upload when somebody has aborted it', async () => {
    const { world, begin, chunk } = await begun();
    world.staging.multipart.clear();
    await chunk(0);
    expect(world.record('a.img')).toMatchObject({ status: 'uploading', staging: { uploadId: 'upload-2' } });
    world.uploadQueue.sent.length = 0;
    await begin();
    expect(world.uploadQueue.sent).toHaveLength(5);
  });

  test('is not copied again when the function died right after its completion', async () => {
    const { world, chunk, stagedKey } = await begun();
    for (const one of [0, 1, 2, 3]) await chunk(one);
    world.staging.faults.push({ call: 'complete', error: away(), afterEffect: true });
    await expect(chunk(4)).rejects.toMatchObject({ code: 'staging-unavailable' });
    expect(world.endpoint.registered).toEqual([]);
    await chunk(4, 2);
    expect(world.endpoint.registered).toEqual([`staging:${stagedKey}`]);
    expect(world.staging.storedParts).toHaveLength(10);
  });

  test('is copied anew where what is under its key has another size', async () => {
    const { world, begin, stagedKey } = await created();
    world.staging.objects.set(stagedKey, DISK.subarray(1));
    await begin();
    expect(world.endpoint.registered).toEqual([]);
    expect(world.uploadQueue.sent.filter(({ chunk }) => chunk !== undefined)).toHaveLength(5);
  });

  test('that is of another size after its completion is not registered', async () => {
    const { world, chunk, stagedKey } = await begun();
    for (const one of [0, 1, 2, 3]) await chunk(one);
    world.staging.complete = async () => world.staging.objects.set(stagedKey, Buffer.alloc(3)) !== undefined;
    await expect(chunk(4)).rejects.toThrow('has 3 bytes after its upload; the file has 9728 bytes');
    expect(world.endpoint.registered).toEqual([]);
  });

  test('is in the bucket of the drop already where that is the same', async () => {
    const { world, begin } = await created();
    world.staging.isDropBucket = true;
    await world.records.change(
      world.recordKey('a.img'),
      (stored) => stored && { ...stored, staging: undefined as never },
    );
    await begin();
    expect(world.endpoint.registered).toEqual(['drops:a.img']);
    expect(world.record('a.img')).toMatchObject({
      status: 'processing',
      unread: 'The service reads the dropped object directly.',
    });
    expect(world.staging.multipart.size).toBe(0);
  });

  test('tells how far it is, and not at every chunk', async () => {
    const { world, chunk } = await begun();
    await chunk(0);
    expect(world.record('a.img').progress).toMatchObject({ bytes: 2000, totalBytes: 9728 });
    world.pass(4);
    await chunk(1);
    expect(world.record('a.img').progress?.bytes).toBe(2000);
    world.pass(1);
    await chunk(2);
    expect(world.record('a.img').progress).toMatchObject({ bytes: 6000, bytesPerSecond: 1200 });
  });

  test('goes on when its progress cannot be noted', async () => {
    const { world, chunk } = await begun();
    const change = world.records.change.bind(world.records);
    world.records.change = async () => {
      throw new ImageDropError('record-conflict', 'Others write, too.');
    };
    await chunk(0);
    world.records.change = change;
    expect(world.staging.storedParts).toEqual([1, 2]);
  });
});

describe('a chunk that cannot be copied', () => {
  test('fails the drop when its object is gone, and leaves neither image nor copy', async () => {
    const { world, chunk, check } = await begun();
    await chunk(0);
    world.objects.versions.length = 0;
    const { stored } = world.records;
    await chunk(1);
    await check();
    const [record] = [...stored.values()];
    expect(record).toMatchObject({
      status: 'failed',
      error: { code: 'object-gone' },
      staging: { removedAt: expect.any(String) },
    });
    expect(world.endpoint.images.size).toBe(0);
    expect(world.staging.multipart.size).toBe(0);
  });

  test('fails the drop after twelve attempts', async () => {
    const { world, chunk } = await begun();
    world.staging.faults.push({ call: 'storePart', error: away() }, { call: 'storePart', error: away() });
    await expect(chunk(2, 11)).rejects.toMatchObject({ code: 'staging-unavailable' });
    world.staging.faults.push({ call: 'storePart', error: away() }, { call: 'storePart', error: away() });
    await chunk(2, 12);
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: { code: 'retries-exhausted', message: expect.stringContaining('chunk 2') },
    });
  });

  test('fails the drop when its function was killed twelve times', async () => {
    const { world, chunk } = await begun();
    await chunk(2, 13);
    expect(world.record('a.img').error?.message).toContain('none of them stored a result');
    expect(world.staging.storedParts).toEqual([]);
  });

  test('waits for another who holds the lease before it fails the drop', async () => {
    const { world, key, chunk } = await begun();
    await world.records.change(
      key,
      (stored) => stored && { ...stored, lease: { holder: 'other', until: '2026-01-02T03:05:00.000Z' } },
    );
    await expect(chunk(2, 13)).rejects.toMatchObject({ code: 'lease-held' });
    expect(world.record('a.img').status).toBe('uploading');
  });

  test('ends when the time of its function is over, and lets no part go on', async () => {
    const { world, chunk } = await begun();
    const outOfTime = AbortSignal.abort(new ImageDropError('out-of-time', 'The time is over.'));
    await expect(chunk(0, 1, outOfTime)).rejects.toMatchObject({ code: 'out-of-time' });
    expect(world.staging.storedParts).toEqual([]);
  });

  test.each(['received', 'created'] as const)('leaves a record alone that is %s again', async (status) => {
    const { world, key, chunk } = await begun();
    await world.records.change(key, (stored) => stored && { ...stored, status });
    world.uploadQueue.sent.length = 0;
    await chunk(0);
    expect(world.staging.storedParts).toEqual([]);
    expect([...world.uploadQueue.sent, ...world.ingestQueue.sent]).toEqual([]);
  });

  test.each([-1, 1.5, '0', null])('is none when the message says %j', async (chunk) => {
    const { world, key } = await begun();
    const bad = streamUpload({ record: key, chunk }, world.invocation(), world);
    await expect(bad).rejects.toMatchObject({ code: 'bad-message' });
  });

  test('beyond the end of the file has nothing to copy', async () => {
    const { world, chunk } = await begun();
    await chunk(5);
    expect(world.staging.storedParts).toEqual([]);
  });
});

describe('what is left in object storage', () => {
  test('is removed before the outcome is reported', async () => {
    const { world, id, check } = await registered();
    world.endpoint.become(id, 'active', DISK);
    world.staging.faults.push({ call: 'delete', error: away() });
    await expect(check()).rejects.toMatchObject({ code: 'staging-unavailable' });
    expect(world.outcomes).toEqual([]);
    await check();
    expect(world.staging.objects.size).toBe(0);
    expect(world.outcomes).toMatchObject([{ status: 'active' }]);
    expect(world.record('a.img').staging?.removedAt).toBeDefined();
  });

  test('is named in the record where we may not remove it', async () => {
    const { world, id, check } = await registered();
    world.endpoint.become(id, 'active', DISK);
    world.staging.faults.push({ call: 'delete', error: new ImageDropError('staging-refused', 'No right to delete.') });
    await check();
    expect(world.record('a.img')).toMatchObject({
      status: 'active',
      announcedAt: expect.any(String),
      staging: { left: 'No right to delete.' },
    });
  });

  test('is aborted again when a part that was on its way brings the upload back', async () => {
    const { world, key, chunk, check } = await begun();
    await chunk(0);
    await world.records.change(key, (stored) => stored && { ...stored, status: 'failed' });
    const { abort } = world.staging;
    let aborts = 0;
    world.staging.abort = async (...upload) => {
      aborts += 1;
      if (aborts > 1) await abort.apply(world.staging, upload);
    };
    await check();
    expect(world.staging.multipart.size).toBe(0);
    expect(aborts).toBe(2);
  });

  test('is looked at again later when the upload does not go away', async () => {
    const { world, key, check } = await begun();
    await world.records.change(key, (stored) => stored && { ...stored, status: 'failed' });
    world.staging.abort = async () => {};
    await expect(check()).rejects.toMatchObject({ code: 'staging-unavailable' });
    expect(world.outcomes).toEqual([]);
  });
});
