import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { renewLease, underLease } from '../../lambda/steps/under-lease.ts';
import { Work } from '../../lambda/steps/work.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

async function created() {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const workOf = (invocation = world.invocation(), key = world.recordKey('a.img')) =>
    new Work(key, world.record('a.img'), invocation, world);
  return { world, workOf };
}

const progress = { bytes: 1, totalBytes: 2, bytesPerSecond: 1, at: '2026-01-02T03:04:05.000Z' };

describe('work under a lease', () => {
  test('does not begin on a record whose status has changed meanwhile', async () => {
    const { world, workOf } = await created();
    const work = () => Promise.reject(new Error('must not be called'));
    await expect(underLease(workOf(), ['received'], world, work)).rejects.toMatchObject({
      code: 'record-conflict',
    });
    expect(world.record('a.img')).toMatchObject({ status: 'created', attempts: 0 });
  });

  test('needs a record', async () => {
    const { world, workOf } = await created();
    const work = () => Promise.reject(new Error('must not be called'));
    await expect(underLease(workOf(world.invocation(), 'none.json'), ['received'], world, work)).rejects.toMatchObject({
      code: 'bad-message',
    });
  });

  test('continues as long as it renews its lease, which also holds the message', async () => {
    const { world, workOf } = await created();
    const invocation = world.invocation();
    await underLease(workOf(invocation), ['created'], world, async (work) => {
      for (let beat = 1; beat <= 5; beat++) {
        world.pass(50);
        await renewLease(work, world, { ...progress, bytes: beat });
      }
    });
    expect(world.record('a.img')).toMatchObject({
      progress: { bytes: 5 },
      lease: { until: '2026-01-02T03:09:15.000Z' },
    });
    expect(invocation.held).toEqual([60, 60, 60, 60, 60, 60]);
  });

  test('loses to one that took over when its lease had run out, and changes nothing more', async () => {
    const { world, workOf } = await created();
    const slow = world.invocation('slow');
    const work = underLease(workOf(slow), ['created'], world, async (stalled) => {
      world.pass(61);
      await underLease(workOf(world.invocation('quick')), ['created'], world, async () => {
        await expect(renewLease(stalled, world, progress)).rejects.toMatchObject({ code: 'lease-held' });
      });
      throw new ImageDropError('forbidden', 'The slow one has bad news, too late.');
    });
    await expect(work).rejects.toMatchObject({ code: 'lease-held' });
    expect(world.record('a.img')).toMatchObject({ status: 'created', lease: { holder: 'quick' } });
  });
});
