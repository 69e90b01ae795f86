import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { UploadPlan } from '../../lambda/model/image.ts';
import * as changes from '../../lambda/model/record-changes.ts';
import type { Target } from '../../lambda/model/target.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryEndpoint, MemoryWorld } from '../support/memory-world.ts';

const DISK = rawDisk();

/** Another route for what a link has been too slow for, where the test says so. */
class PlanningEndpoint extends MemoryEndpoint {
  otherRoute: UploadPlan['route'] | ImageDropError = 'import';
  readonly planned: unknown[] = [];

  override async plan(found: unknown, bytes: number, place?: { measured?: unknown }): Promise<UploadPlan> {
    this.planned.push(place?.measured);
    const plan = await super.plan(found, bytes);
    if (place?.measured === undefined) return plan;
    if (this.otherRoute instanceof ImageDropError) throw this.otherRoute;
    return { ...plan, route: this.otherRoute };
  }
}

/** An upload of which 2048 bytes had gone by after some seconds, when the time of its function was over. */
async function outOfTime(otherRoute: PlanningEndpoint['otherRoute'], seconds = 800) {
  const world = new MemoryWorld();
  const endpoint = new PlanningEndpoint();
  endpoint.otherRoute = otherRoute;
  const deps = { ...world, endpoints: { of: async () => endpoint }, now: () => world.time };
  world.objects.put('a.img', DISK);
  await createMetadata(world.event('a.img'), world.invocation(), deps);
  const key = world.recordKey('a.img');
  endpoint.upload = async () => {
    world.pass(seconds);
    await world.records.change(key, (stored) => {
      const at = world.time.toISOString();
      return stored && { ...stored, progress: { bytes: 2048, totalBytes: DISK.length, bytesPerSecond: 5.12, at } };
    });
    throw new ImageDropError('out-of-time', 'The time is over.');
  };
  const uploaded = streamUpload({ record: key }, world.invocation('upload-1'), deps);
  return { world, endpoint, deps, key, uploaded };
}

describe('a stream that does not end within its time', () => {
  test('goes on by another route, which is planned by the rate that was measured', async () => {
    const { world, endpoint, deps, key, uploaded } = await outOfTime('import');
    const first = world.record('a.img').image?.id ?? '';
    await uploaded;
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(endpoint.deletedIds).toContain(first);
    expect(world.ingestQueue.sent).toMatchObject([{ record: key }]);
    await createMetadata({ record: key }, world.invocation('create-2'), deps);
    expect(world.record('a.img')).toMatchObject({ status: 'created', plan: { route: 'import' } });
    expect(endpoint.planned.slice(1)).toEqual([
      { bytesPerSecond: 5.12, seconds: 800 },
      { bytesPerSecond: 5.12, seconds: 800 },
    ]);
  });

  test.each([
    ['is not streamable in time, but streaming is all there is', 'stream' as const],
    ['is refused by all others', new ImageDropError('too-large', 'It is too large.')],
  ])('is tried again where the image %s', async (_case, otherRoute) => {
    const { world, uploaded } = await outOfTime(otherRoute);
    await expect(uploaded).rejects.toMatchObject({ code: 'out-of-time' });
    expect(world.record('a.img')).toMatchObject({ status: 'uploading', generation: 1, error: { code: 'out-of-time' } });
    expect(world.ingestQueue.sent).toEqual([]);
  });

  describe('whose rate has not been enough twice', () => {
    async function twice(target: Partial<Target> = {}, seconds = 700) {
      const run = await outOfTime('stream', seconds);
      await run.uploaded.catch(() => {});
      const [first] = run.world.targets;
      if (first === undefined) throw new Error('The world has no target.');
      const deps = { ...run.deps, targets: [{ ...first, ...target }] };
      const again = () => streamUpload({ record: run.key }, run.world.invocation('upload-2'), deps);
      await again().catch(() => {});
      return { ...run, again };
    }

    test('fails with the sum that shows it, and leaves no image', async () => {
      const { world, endpoint } = await twice();
      const { status, error, attempts } = world.record('a.img');
      expect(status).toBe('failed');
      expect(error).toMatchObject({ code: 'out-of-time', retryable: false });
      expect(error?.message).toBe(
        `The image has ${DISK.length} bytes. Two uploads were measured, the last with 5 bytes per second: in the 700 s of the function that is 3584 bytes.`,
      );
      expect(attempts).toBe(0);
      expect(endpoint.deletedIds.size).toBe(1);
    });

    test.each<[string, Partial<Target>, string]>([
      ['streams by its setting', { route: 'stream' }, 'set `route` of the target here to `auto`'],
      ['has no import', {}, 'have the cloud enable `web-download`'],
      ['reads from object storage', { kind: 'ims' }, 'give the target `staging`'],
    ])('names the routes that would work where the target %s', async (_which, target, route) => {
      const { world } = await twice(target);
      expect(world.record('a.img').error?.nextStep).toContain(route);
    });

    test('names managed instances, whose time would be enough', async () => {
      const { world } = await twice();
      expect(world.record('a.img').error?.nextStep).toContain('managedInstances');
    });

    test('begins to count again when the drop is retried', async () => {
      const { world } = await twice();
      const failed = world.record('a.img');
      const retried = changes.retry(failed, failed.history.at(-1)?.at ?? '', world.time);
      expect(retried).not.toHaveProperty('slowRuns');
      expect(retried).not.toHaveProperty('measured');
    });

    test('is tried again where the rate would be enough, and only time was lost', async () => {
      const { world } = await twice({}, 1e7);
      expect(world.record('a.img')).toMatchObject({
        status: 'uploading',
        error: { code: 'out-of-time', retryable: true },
      });
    });
  });

  test('is tried again where nothing was measured', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', DISK);
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const key = world.recordKey('a.img');
    world.endpoint.faults.push({ call: 'upload', error: new ImageDropError('out-of-time', 'The time is over.') });
    await expect(streamUpload({ record: key }, world.invocation('upload-1'), world)).rejects.toMatchObject({
      code: 'out-of-time',
    });
    expect(world.record('a.img').measured).toBeUndefined();
  });

  test('does not hide a fault of ours', async () => {
    const { uploaded, endpoint, world } = await outOfTime('import');
    endpoint.plan = async () => {
      throw new TypeError('a fault of ours');
    };
    await expect(uploaded).rejects.toMatchObject({ code: 'internal' });
    expect(world.record('a.img').generation).toBe(1);
  });
});
