import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

async function created() {
  const world = new MemoryWorld();
  world.endpoint.route = 'import';
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const message = { record: world.recordKey('a.img') };
  return {
    world,
    id: world.record('a.img').image?.id ?? '',
    upload: (signal?: AbortSignal) => streamUpload(message, world.invocation('upload-1', signal), world),
    check: () => recordStatus(message, world.invocation(), world),
  };
}

async function importing() {
  const run = await created();
  await run.upload();
  run.world.endpoint.become(run.id, 'importing');
  return run;
}

describe('an image that its endpoint imports', () => {
  test('is asked for with a URL of this version that lives as long as the image may take', async () => {
    const { world, upload } = await created();
    await upload();
    expect(world.endpoint.imported).toEqual(['https://drops.example/a.img?versionId=v1&expires=3600']);
    expect(world.endpoint.uploads).toBe(0);
    expect(world.record('a.img')).toMatchObject({
      status: 'processing',
      import: { askedAt: '2026-01-02T03:04:05.000Z', urlExpiresAt: '2026-01-02T04:04:05.000Z' },
      hashes: { sha512: expect.any(String) },
    });
  });

  test('has a URL that ends with the credentials that sign it', async () => {
    const { world, upload } = await created();
    world.objects.credentialsEnd = new Date('2026-01-02T03:30:00.000Z');
    await upload();
    expect(world.record('a.img').import?.urlExpiresAt).toBe('2026-01-02T03:30:00.000Z');
  });

  test('is verified by the hashes of the object, which is read meanwhile', async () => {
    const { world, id, check } = await importing();
    await check();
    expect(world.record('a.img').status).toBe('processing');
    world.endpoint.become(id, 'active', rawDisk());
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
  });

  test('that is not what the object holds is made anew', async () => {
    const { world, id, check } = await importing();
    world.endpoint.become(id, 'active', Buffer.alloc(rawDisk().length));
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.record('a.img').import).toBeUndefined();
  });

  test('is unverified where the service has converted it', async () => {
    const { world, id, check } = await importing();
    world.endpoint.become(id, 'active', Buffer.from('another form of the same disk'));
    const image = world.endpoint.images.get(id);
    if (image !== undefined) world.endpoint.images.set(id, { ...image, diskFormat: 'qcow2' });
    await check();
    expect(world.record('a.img')).toMatchObject({
      status: 'active',
      verification: { outcome: 'unverified', reason: expect.stringContaining('from raw to qcow2') },
    });
  });

  test('is unverified where the object cannot be read within the time of a function', async () => {
    const { world, id, upload, check } = await created();
    await upload(AbortSignal.abort(new ImageDropError('out-of-time', 'The time is over.')));
    world.endpoint.become(id, 'active', rawDisk());
    await check();
    expect(world.record('a.img')).toMatchObject({
      status: 'active',
      verification: { outcome: 'unverified', reason: expect.stringContaining('too large to be read') },
    });
  });

  test('is not asked for again by a second try that finds it under way', async () => {
    const { world, id, upload } = await created();
    const shutDown = new ImageDropError('shutting-down', 'The environment is stopped.');
    await expect(upload(AbortSignal.abort(shutDown))).rejects.toMatchObject({ code: 'shutting-down' });
    world.endpoint.become(id, 'importing');
    world.pass(600);
    await upload();
    expect(world.endpoint.imported).toHaveLength(1);
    expect(world.record('a.img')).toMatchObject({ status: 'processing', image: { id }, generation: 1 });
  });

  test('that the endpoint may not fetch fails at once and leaves no image', async () => {
    const { world, id, upload } = await created();
    world.endpoint.faults.push({ call: 'import', error: new ImageDropError('import-refused', 'Not from there.') });
    await upload();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'import-refused' } });
    expect(world.endpoint.deletedIds).toContain(id);
  });

  test('waits while it is still queued', async () => {
    const { world, check, upload } = await created();
    await upload();
    world.pass(299);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'processing', generation: 1 });
  });

  test('that fell back to queued is made anew after a pause, for the reason that the tasks give', async () => {
    const { world, upload, check } = await created();
    await upload();
    world.endpoint.importFault = 'HTTP Error 403: Forbidden';
    await check();
    const record = world.record('a.img');
    expect(record).toMatchObject({ status: 'received', generation: 2 });
    expect(record.history.at(-1)?.note).toBe('import-failed');
    expect(world.ingestQueue.sent.at(-1)).toMatchObject({ delaySeconds: 30 });
  });

  test('that fell back to queued without a reason is made anew after five minutes', async () => {
    const { world, upload, check } = await created();
    await upload();
    world.pass(300);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
  });

  test('that stays queued is made anew before its time is over, where the target gives it less than ten minutes', async () => {
    const { world, upload, check } = await created();
    world.targets = world.targets.map((each) => ({ ...each, activeWithinSeconds: 180 }));
    await upload();
    world.pass(89);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'processing', generation: 1 });
    world.pass(1);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
  });

  test('fails after five tries, with the words of the service', async () => {
    const { world, check, upload } = await created();
    world.endpoint.importFault = 'HTTP Error 403: Forbidden';
    for (let generation = 1; generation <= 5; generation += 1) {
      await upload();
      await check();
      if (generation < 5) {
        await createMetadata({ record: world.recordKey('a.img') }, world.invocation(), world);
      }
    }
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: { code: 'import-failed', message: expect.stringContaining('HTTP Error 403: Forbidden') },
    });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('that failed when its URL had run out says so', async () => {
    const { world, upload, check } = await created();
    world.targets = world.targets.map((each) => ({ ...each, activeWithinSeconds: 60 }));
    for (let generation = 1; generation <= 5; generation += 1) {
      await upload();
      world.endpoint.importFault = 'Task failed due to Internal Error';
      world.pass(60);
      await check();
      await createMetadata({ record: world.recordKey('a.img') }, world.invocation(), world);
    }
    expect(world.record('a.img').error?.message).toMatch(
      /failed: Task failed due to Internal Error\. Its URL expired at 2026-/,
    );
  });

  test('that never ends fails when its time is over, and is removed', async () => {
    const { world, check } = await importing();
    world.pass(3601);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'never-active' } });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('fails at an endpoint that has no imports', async () => {
    const { world, upload } = await created();
    Object.assign(world.endpoint, { imports: undefined });
    await upload();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'route-not-offered' } });
  });
});
