import { describe, expect, test } from '@jest/globals';
import { type ErrorCode, ImageDropError, REFUSED_READS } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';

const KEY = 'a.img';

function worldWithDrop(): MemoryWorld {
  const world = new MemoryWorld();
  world.objects.put(KEY, rawDisk());
  return world;
}

const refusal = (code: ErrorCode) => () => Promise.reject(new ImageDropError(code, 'S3 refuses.'));

/** The end of a restore, as S3 reports it. */
function restored(world: MemoryWorld) {
  const { Records: records } = world.event(KEY) as { Records: object[] };
  return { Records: records.map((record) => ({ ...record, eventName: 'ObjectRestore:Completed' })) };
}

describe.each(REFUSED_READS)('a drop whose reading fails with %s', (code) => {
  test('has a record that says so after the first message, at each target', async () => {
    const world = worldWithDrop();
    world.targets = [target('here'), target('there')];
    world.objects.head = refusal(code);
    await createMetadata(world.event(KEY), world.invocation(), world);
    for (const name of ['here', 'there']) {
      expect(world.record(KEY, name)).toMatchObject({
        status: 'failed',
        error: { code, message: 'S3 refuses.' },
        drop: { key: KEY, size: 4096, versionId: 'v1' },
      });
    }
    expect(world.statusQueue.sent).toHaveLength(2);
  });

  test('fails at once where its head can be read', async () => {
    const world = worldWithDrop();
    world.objects.open = refusal(code);
    await createMetadata(world.event(KEY), world.invocation(), world);
    expect(world.record(KEY)).toMatchObject({ status: 'failed', error: { code }, history: [{}, { note: code }] });
  });
});

test('a drop that S3 cannot give now has no record before its object can be identified', async () => {
  const world = worldWithDrop();
  world.objects.head = refusal('source-unreadable');
  await expect(createMetadata(world.event(KEY), world.invocation(), world)).rejects.toMatchObject({
    code: 'source-unreadable',
  });
  expect(world.records.stored.size).toBe(0);
});

describe('a drop that was archived', () => {
  async function archived() {
    const world = worldWithDrop();
    const { open } = world.objects;
    world.objects.open = refusal('object-archived');
    await createMetadata(world.event(KEY), world.invocation(), world);
    const message = { record: world.recordKey(KEY) };
    await recordStatus(message, world.invocation(), world);
    world.pass(3600);
    world.objects.open = open;
    return { world, message };
  }

  test('begins again when it is restored', async () => {
    const { world, message } = await archived();
    await createMetadata(restored(world), world.invocation('restored'), world);
    expect(world.record(KEY)).toMatchObject({ status: 'created', generation: 2, retriedFrom: 2 });
    await streamUpload(message, world.invocation('upload'), world);
    await recordStatus(message, world.invocation('check'), world);
    expect(world.record(KEY).status).toBe('active');
  });

  test('begins again once, however often the restore is reported', async () => {
    const { world } = await archived();
    await createMetadata(restored(world), world.invocation('one'), world);
    await createMetadata(restored(world), world.invocation('two'), world);
    expect(world.record(KEY)).toMatchObject({ status: 'created', generation: 2 });
  });
});

test('the restore of an object whose drop failed otherwise, or never was, begins nothing', async () => {
  const world = worldWithDrop();
  await createMetadata(restored(world), world.invocation(), world);
  expect(world.records.stored.size).toBe(0);
  world.objects.head = refusal('object-denied');
  await createMetadata(world.event(KEY), world.invocation(), world);
  await createMetadata(restored(world), world.invocation(), world);
  expect(world.record(KEY)).toMatchObject({ status: 'failed', error: { code: 'object-denied' } });
});
