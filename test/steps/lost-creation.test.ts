import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../lambda/clouds/answers.ts';
import { planForGlance } from '../../lambda/endpoints/glance.ts';
import { ID_PROPERTY, METADATA_PROPERTY } from '../../lambda/model/image.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';

/** A world in which the function has died between the creation of an image and its record. */
async function diedAfterCreation(): Promise<MemoryWorld> {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk());
  world.records.failsAt = (next) => next.status === 'created';
  await createMetadata(world.event('a.img'), world.invocation('c1'), world).catch(() => {});
  expect(world.endpoint.images.size).toBe(1);
  world.pass(120);
  return world;
}

const again = (world: MemoryWorld) =>
  createMetadata({ record: world.recordKey('a.img') }, world.invocation('c2', undefined, 2), world);

const imageOf = (world: MemoryWorld) => world.endpoint.images.get(world.record('a.img').image?.id ?? '');

describe('an image whose creation no record has seen', () => {
  test('is used where nothing has changed since', async () => {
    const world = await diedAfterCreation();
    const [id] = world.endpoint.images.keys();
    await again(world);
    expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 1, image: { id } });
  });

  test('is replaced at once where the settings of the target have changed: the image has what `sent` says', async () => {
    const world = await diedAfterCreation();
    world.targets = [{ ...target('here'), metadata: { minRam: 512, properties: { hw_disk_bus: 'scsi' } } }];
    await again(world);
    const { status, generation, sent } = world.record('a.img');
    expect({ status, generation }).toEqual({ status: 'created', generation: 2 });
    expect(imageOf(world)).toMatchObject({ minRam: 512, properties: { hw_disk_bus: 'scsi' } });
    expect(imageOf(world)?.properties).toEqual(sent?.properties);
    expect(world.endpoint.images.size).toBe(1);
  });

  test('is replaced where a setting has changed that no property shows', async () => {
    const world = await diedAfterCreation();
    world.targets = [{ ...target('here'), metadata: { tags: ['new'] } }];
    await again(world);
    expect(imageOf(world)).toMatchObject({ tags: ['new'] });
    expect(world.record('a.img').generation).toBe(2);
  });

  test('is deleted where the drop fails then, though the record never learned of it', async () => {
    const world = await diedAfterCreation();
    world.objects.deleted.add('a.img');
    await again(world);
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'object-gone' } });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('is used where its visibility alone is to be another: that is set by its release', async () => {
    const world = await diedAfterCreation();
    world.targets = [{ ...target('here'), metadata: { visibility: 'shared', protected: true } }];
    await again(world);
    expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 1, sent: { visibility: 'shared' } });
  });

  test('is used at a cloud that does not show what it was created with', async () => {
    const world = await diedAfterCreation();
    for (const image of world.endpoint.images.values()) {
      const { [METADATA_PROPERTY]: _, ...properties } = image.properties;
      world.endpoint.images.set(image.id, { ...image, properties });
    }
    await again(world);
    expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 1 });
  });

  test('gives its place back where it has used up the quota itself', async () => {
    const world = await diedAfterCreation();
    world.endpoint.plan = async (found, bytes) =>
      planForGlance(found as never, bytes, target('here'), {
        quotas: [{ name: 'image_count_total', limit: 1, usage: world.endpoint.images.size }],
      });
    await again(world);
    expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 2 });
    expect(world.record('a.img').waiting).toBeUndefined();
    expect(world.endpoint.images.size).toBe(1);
  });

  test('does not take the place of others for its own', async () => {
    const world = await diedAfterCreation();
    for (const image of world.endpoint.images.values()) {
      world.endpoint.images.set(image.id, { ...image, properties: { [ID_PROPERTY]: 'of-others' } });
    }
    world.endpoint.plan = async (found, bytes) =>
      planForGlance(found as never, bytes, target('here'), {
        quotas: [{ name: 'image_count_total', limit: 1, usage: 1 }],
      });
    await again(world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', waiting: { code: 'quota-exceeded' } });
    expect(world.endpoint.images.size).toBe(1);
  });
});

describe('a Retry-After without reason', () => {
  const answer = (retryAfter: string) =>
    refusal({ status: 503, headers: { 'retry-after': retryAfter }, text: 'maintenance' }, 'Creating image');

  test.each(['31536000', '9999999999999', '9'.repeat(400)])('of %s pauses the target for an hour', async (value) => {
    const world = new MemoryWorld();
    for (const key of ['a.img', 'b.img']) world.objects.put(key, rawDisk());
    world.endpoint.faults.push({ call: 'create', error: answer(value) });
    await createMetadata(world.event('a.img'), world.invocation('c1'), world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', waiting: { code: 'endpoint-busy' } });
    world.pass(3601);
    await createMetadata(world.event('b.img'), world.invocation('c2'), world);
    expect(world.record('b.img').status).toBe('created');
  });
});
