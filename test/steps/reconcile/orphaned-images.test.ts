import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../../lambda/model/errors.ts';
import { createMetadata } from '../../../lambda/steps/create-metadata.ts';
import { rawDisk } from '../../support/disk.ts';
import { target } from '../../support/memory-world.ts';
import { ReconcileWorld } from '../../support/reconcile-world.ts';

async function created() {
  const world = new ReconcileWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const key = world.recordKey('a.img');
  return { world, key, id: world.record('a.img').image?.id ?? '' };
}

const findings = async (world: ReconcileWorld) => (await world.wholePass()).run.findings;

describe('an image of ours', () => {
  test('that its record names is in order', async () => {
    const { world } = await created();
    expect(await findings(world)).toEqual([]);
  });

  test('that its record is about to name is in order', async () => {
    const { world, key } = await created();
    const { image: _, ...record } = world.record('a.img');
    world.records.stored.set(key, { ...record, status: 'received' });
    expect(await findings(world)).toEqual([]);
  });

  test.each([
    ['has failed', 'failed', undefined],
    ['was superseded', 'superseded', undefined],
    ['has another image by now', 'active', { id: 'another' }],
  ] as const)('is orphaned where its record %s', async (_how, status, image) => {
    const { world, key, id } = await created();
    const record = world.record('a.img');
    world.records.stored.set(key, { ...record, status, announcedAt: 'now', ...(image && { image }) });
    expect(await findings(world)).toEqual([
      { kind: 'orphaned-image', subject: `here: ${id}`, why: expect.stringContaining(`${key}, which is ${status}`) },
    ]);
    expect(world.endpoint.images.has(id)).toBe(true);
  });

  test('is orphaned where its record is gone', async () => {
    const { world, key, id } = await created();
    world.records.stored.delete(key);
    expect(await findings(world)).toEqual([
      { kind: 'orphaned-image', subject: `here: ${id}`, why: expect.stringContaining('which is not there') },
    ]);
  });

  test('that a fast import made after its record had failed is orphaned, though it names no record', async () => {
    const { world, key, id } = await created();
    const image = world.endpoint.images.get(id);
    if (image === undefined) throw new Error('no image');
    const { imagedrop_record: _, ...mark } = image.properties;
    world.endpoint.images.set(id, { ...image, properties: mark });
    world.records.stored.set(key, { ...world.record('a.img'), status: 'failed', announcedAt: 'now' });
    expect(await findings(world)).toMatchObject([{ kind: 'orphaned-image', subject: `here: ${id}` }]);
  });

  test('that its record still has to delete is left to the record', async () => {
    const { world, key, id } = await created();
    const removing = [{ generation: 1, imageId: id, reason: 'forbidden', since: world.time.toISOString() }];
    world.records.stored.set(key, { ...world.record('a.img'), status: 'failed', announcedAt: 'now', removing });
    expect(await findings(world)).toEqual([]);
  });

  test('of an earlier generation is orphaned', async () => {
    const { world, key } = await created();
    const { image: _, ...record } = world.record('a.img');
    world.records.stored.set(key, { ...record, status: 'received', generation: 2 });
    expect(await findings(world)).toMatchObject([{ kind: 'orphaned-image' }]);
  });

  test('is deleted where that is asked for', async () => {
    const { world, key, id } = await created();
    world.records.stored.delete(key);
    Object.assign(world.settings, { deleteOrphanedImages: true });
    expect(await findings(world)).toMatchObject([{ kind: 'orphaned-image-deleted' }]);
    expect(world.endpoint.images.has(id)).toBe(false);
  });
});

test('images are looked at once a day, and by anyone who asks', async () => {
  const { world, key } = await created();
  await world.wholePass();
  world.records.stored.delete(key);
  const orphan = expect.objectContaining({ kind: 'orphaned-image' });
  world.pass(23 * 3600);
  expect(await findings(world)).not.toContainEqual(orphan);
  expect((await world.run({ dryRun: true })).run.findings).toContainEqual(orphan);
  world.pass(2 * 3600);
  expect(await findings(world)).toContainEqual(orphan);
});

describe('an image of others', () => {
  test.each([
    ['a stack with another drop bucket', { dropBucket: 'their-drops' }, {}],
    ['somebody who copied our properties', {}, { imagedrop_id: '00000000-0000-5000-8000-000000000000' }],
    ['somebody who has none of our properties', {}, { imagedrop_record: '' }],
    ['somebody whose property is not as we write it', {}, { imagedrop_record: '%' }],
    ['another target', {}, { imagedrop_record: 'a.img/v1/elsewhere.json' }],
  ])('of %s is not ours to judge', async (_whose, settings, properties) => {
    const { world, key, id } = await created();
    world.records.stored.delete(key);
    Object.assign(world.settings, settings);
    const image = world.endpoint.images.get(id);
    if (image) world.endpoint.images.set(id, { ...image, properties: { ...image.properties, ...properties } });
    expect(await findings(world)).toEqual([]);
  });
});

test('a cloud that is away is named, and the other targets are looked at', async () => {
  const { world, key } = await created();
  world.records.stored.delete(key);
  world.targets = [target('away'), target('here')];
  const error = new ImageDropError('endpoint-unavailable', 'The cloud is away.');
  world.endpoint.faults.push({ call: 'list', error });
  expect(await findings(world)).toMatchObject([
    { kind: 'unreadable', subject: 'away', code: 'endpoint-unavailable' },
    { kind: 'orphaned-image' },
  ]);
});
