import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { heartbeat, underLease } from '../../lambda/steps/under-lease.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

async function created() {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  return { world, key: world.recordKey('a.img') };
}

const progress = { bytes: 1, totalBytes: 2, bytesPerSecond: 1, at: '2026-01-02T03:04:05.000Z' };

describe('work under a lease', () => {
  test('is not begun on a record that has moved on meanwhile', async () => {
    const { world, key } = await created();
    const work = () => Promise.reject(new Error('must not be called'));
    await expect(
      underLease(key, world.record('a.img'), ['received'], world.invocation(), world, work),
    ).rejects.toMatchObject({
      code: 'record-conflict',
    });
    expect(world.record('a.img')).toMatchObject({ status: 'created', attempts: 0 });
  });

  test('needs a record', async () => {
    const { world } = await created();
    const work = () => Promise.reject(new Error('must not be called'));
    await expect(
      underLease('none.json', world.record('a.img'), ['received'], world.invocation(), world, work),
    ).rejects.toMatchObject({
      code: 'bad-message',
    });
  });

  test('goes on as long as it has a heartbeat, which holds lease and message', async () => {
    const { world, key } = await created();
    const invocation = world.invocation();
    await underLease(key, world.record('a.img'), ['created'], invocation, world, async () => {
      for (let beat = 1; beat <= 5; beat++) {
        world.pass(50);
        await heartbeat(key, { ...progress, bytes: beat }, invocation, world);
      }
    });
    expect(world.record('a.img')).toMatchObject({
      progress: { bytes: 5 },
      lease: { until: '2026-01-02T03:09:15.000Z' },
    });
    expect(invocation.held).toEqual([60, 60, 60, 60, 60, 60]);
  });

  test('loses to one that took over when its lease had run out, and changes nothing more', async () => {
    const { world, key } = await created();
    const slow = world.invocation('slow');
    const work = underLease(key, world.record('a.img'), ['created'], slow, world, async () => {
      world.pass(61);
      await underLease(key, world.record('a.img'), ['created'], world.invocation('quick'), world, async () => {
        await expect(heartbeat(key, progress, slow, world)).rejects.toMatchObject({ code: 'lease-held' });
      });
      throw new ImageDropError('forbidden', 'The slow one has bad news, too late.');
    });
    await expect(work).rejects.toMatchObject({ code: 'lease-held' });
    expect(world.record('a.img')).toMatchObject({ status: 'created', lease: { holder: 'quick' } });
  });
});
