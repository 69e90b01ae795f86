import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord, Removal } from '../../lambda/model/record.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { isForsaken } from '../../lambda/steps/give-up-image.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';
import { stalledAt } from '../support/stalled-writer.ts';

const KEY = 'a.img';
const DISK = rawDisk();

/** A drop whose image is uploaded, and active. */
async function processing(userMetadata: Record<string, string> = {}) {
  const world = new MemoryWorld();
  world.objects.put(KEY, DISK, userMetadata);
  await createMetadata(world.event(KEY), world.invocation('create'), world);
  const message = { record: world.recordKey(KEY) };
  await streamUpload(message, world.invocation('upload'), world);
  return { world, message, id: world.record(KEY).image?.id ?? '' };
}

type Run = Awaited<ReturnType<typeof processing>>;

/** The image is rejected, and the next one uploaded meanwhile. */
async function anotherImage({ world, message, id }: Run) {
  world.endpoint.become(id, 'killed');
  await recordStatus(message, world.invocation('twin'), world);
  await createMetadata(message, world.invocation('create again'), world);
  await streamUpload(message, world.invocation('upload again'), world);
  const next = world.record(KEY);
  world.endpoint.become(next.image?.id ?? '', 'saving');
  return next;
}

describe('a record-status that stalls while the next image is uploaded', () => {
  test('does not settle the record of that image by the hash of its own', async () => {
    const run = await processing();
    const late = stalledAt(run.world, ({ status }) => status === 'active');
    const settling = recordStatus(run.message, run.world.invocation('late'), late.world);
    await late.stalls;
    const next = await anotherImage(run);
    late.goOn();
    await settling;
    expect(run.world.record(KEY)).toEqual(next);
    expect(next).toMatchObject({ status: 'processing', generation: 2 });
  });

  test('does not note its verification in the record of that image, and releases nothing', async () => {
    const run = await processing({ protected: 'true' });
    const late = stalledAt(run.world, ({ verification }) => verification !== undefined);
    const releasing = recordStatus(run.message, run.world.invocation('late'), late.world);
    await late.stalls;
    const next = await anotherImage(run);
    late.goOn();
    await releasing;
    expect(run.world.record(KEY)).toEqual(next);
    expect([...run.world.endpoint.images.values()].map((image) => image.protected)).toEqual([false]);
  });
});

describe('a record-status that stalls while it gives up an image', () => {
  test.each([
    ['has its next image', false],
    ['has given that one up, too', true],
  ])('sends no message for a drop that %s', async (_what, isGivenUp) => {
    const run = await processing();
    const { world, message, id } = run;
    world.endpoint.become(id, 'killed');
    const late = stalledAt(world, ({ status }) => status === 'received');
    const givingUp = recordStatus(message, world.invocation('late'), late.world);
    await late.stalls;
    const { image } = await anotherImage(run);
    if (isGivenUp) world.endpoint.become(image?.id ?? '', 'killed');
    await recordStatus(message, world.invocation('twin'), world);
    const before = { record: world.record(KEY), sent: [...world.ingestQueue.sent] };
    late.goOn();
    await givingUp;
    expect({ record: world.record(KEY), sent: world.ingestQueue.sent }).toEqual(before);
    expect(before.record).toMatchObject(isGivenUp ? { status: 'received', generation: 3 } : { generation: 2 });
  });
});

describe('an image that its record did not take', () => {
  const removal: Removal = { generation: 1, imageId: 'mine', reason: 'forsaken', since: '2026-01-02T03:04:05.000Z' };
  const stored = (more: Partial<DropRecord>) => ({ status: 'created', generation: 1, ...more }) as DropRecord;

  test.each<[string, boolean, Partial<DropRecord>]>([
    ['has it', false, { image: { id: 'mine' } }],
    ['has another', true, { image: { id: 'other' } }],
    ['may still find it', false, { status: 'received' }],
    ['is at the next generation', true, { status: 'received', generation: 2 }],
    ['has it, of the next generation', true, { generation: 2, image: { id: 'mine' } }],
    ['has failed with it', true, { status: 'failed', image: { id: 'mine' } }],
    ['was superseded with it', true, { status: 'superseded', image: { id: 'mine' } }],
    ['is active with it', false, { status: 'active', image: { id: 'mine' } }],
  ])('where the record %s: forsaken is %s', (_what, expected, record) => {
    expect(isForsaken(stored(record), removal)).toBe(expected);
  });

  test('because S3 was away is left to the next attempt, and no one looks for it now', async () => {
    const world = new MemoryWorld();
    world.objects.put(KEY, DISK);
    const asked: string[] = [];
    const change: MemoryWorld['records']['change'] = async (key, decide) => {
      const next = decide(await world.records.load(key));
      asked.push(next?.status ?? 'nothing');
      if (next?.status === 'created') throw new ImageDropError('aws-unavailable', 'S3 is away.');
      return world.records.change(key, decide);
    };
    const records = { load: world.records.load.bind(world.records), keysBelow: async () => [], change };
    const failing = { ...world, records } as unknown as MemoryWorld;
    await expect(createMetadata(world.event(KEY), world.invocation('first'), failing)).rejects.toThrow('S3 is away');
    // The drop, its lease, the image, and the lease given back.
    expect(asked).toEqual(['received', 'received', 'created', 'received']);
    await createMetadata({ record: world.recordKey(KEY) }, world.invocation('second'), world);
    expect(world.record(KEY)).toMatchObject({ status: 'created', generation: 1 });
    expect([...world.endpoint.images.keys()]).toEqual([world.record(KEY).image?.id]);
  });
});
