import { describe, expect, test } from '@jest/globals';
import { ALL_RIGHTS } from '../../lambda/model/dropper-rights.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { Image } from '../../lambda/model/image.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { VERSION_DEFAULTS, type VersionSettings } from '../../lambda/model/versions.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { target } from '../support/memory-world.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';

const KEY = 'a.img';
const DAY = 24 * 3600;

function worldWith(versions: Partial<VersionSettings> = {}): ReconcileWorld {
  const world = new ReconcileWorld();
  world.targets = [{ ...target('here'), droppersMay: ALL_RIGHTS, versions: { ...VERSION_DEFAULTS, ...versions } }];
  return world;
}

interface Options {
  readonly key?: string;
  readonly metadata?: Record<string, string>;
}

/** Drops another version, a day after the last. @returns the key of its record */
async function uploaded(
  world: ReconcileWorld,
  seed: number,
  { key = KEY, metadata = {} }: Options = {},
): Promise<string> {
  world.pass(DAY);
  world.objects.put(key, rawDisk(4096, seed), metadata);
  await createMetadata(world.event(key), world.invocation('create'), world);
  const record = world.recordKey(key);
  await streamUpload({ record }, world.invocation('upload'), world);
  return record;
}

async function dropped(world: ReconcileWorld, seed: number, options?: Options): Promise<string> {
  const record = await uploaded(world, seed, options);
  await recordStatus({ record }, world.invocation('status'), world);
  return record;
}

const recordAt = (world: ReconcileWorld, key: string): DropRecord => world.records.stored.get(key) as DropRecord;
const imageAt = (world: ReconcileWorld, key: string): Image | undefined =>
  world.endpoint.images.get(recordAt(world, key).image?.id ?? '');

async function threeVersions(settings?: Partial<VersionSettings>) {
  const world = worldWith(settings);
  const keys = [await dropped(world, 1), await dropped(world, 2), await dropped(world, 3)];
  return { world, keys, images: () => keys.map((key) => imageAt(world, key)) };
}

/** What reconcile sends round, until nothing is left to send. */
async function reconciled(world: ReconcileWorld): Promise<void> {
  world.pass(3600);
  await world.wholePass();
  for (const { record } of world.ingestQueue.sent.splice(0))
    await createMetadata({ record }, world.invocation('i'), world);
  for (const { record } of world.statusQueue.sent.splice(0))
    await recordStatus({ record }, world.invocation('s'), world);
}

describe('older versions of an image', () => {
  test('are hidden, and deleted beyond those that are kept', async () => {
    const { world, keys, images } = await threeVersions({ keep: 2 });
    expect(images().map((image) => image && [image.name, image.osHidden])).toEqual([
      undefined,
      ['a', true],
      ['a', undefined],
    ]);
    const [first, second, third] = keys.map((key) => recordAt(world, key));
    expect(first?.retired).toEqual({ since: expect.any(String), deleted: true });
    expect(second?.retired).toEqual({ since: expect.any(String) });
    expect(third).toMatchObject({ status: 'active' });
    expect([third?.retired, third?.retiring, first?.removing]).toEqual([undefined, undefined, undefined]);
  });

  test('are renamed by the day on which they were dropped', async () => {
    const { images } = await threeVersions({ old: 'rename' });
    expect(images().map((image) => image?.name)).toEqual(['a (2026-01-03)', 'a (2026-01-04)', 'a']);
  });

  test('stay as they are until they are deleted', async () => {
    const { images } = await threeVersions({ old: 'delete', keep: 2 });
    expect(images().map((image) => [image?.name, image?.osHidden])).toEqual([
      [undefined, undefined],
      ['a', undefined],
      ['a', undefined],
    ]);
  });

  test('are those of the same family alone, whatever their names', async () => {
    const world = worldWith({ keep: 1 });
    const other = await dropped(world, 1, { key: 'other.img' });
    const first = await dropped(world, 2, { metadata: { family: 'linux', name: 'first' } });
    await dropped(world, 3, { metadata: { family: 'linux', name: 'second' } });
    expect([imageAt(world, other), imageAt(world, first)]).toEqual([expect.anything(), undefined]);
  });

  test('are those that a target without the setting has created in no case', async () => {
    const world = worldWith();
    const [here] = world.targets;
    world.targets = [target('here')];
    const first = await dropped(world, 1);
    world.targets = here === undefined ? [] : [here];
    await dropped(world, 2);
    expect(imageAt(world, first)?.osHidden).toBeUndefined();
    expect(recordAt(world, first).retired).toBeUndefined();
  });
});

describe('what is never deleted', () => {
  const change = (world: ReconcileWorld, key: string, more: object) => {
    const image = imageAt(world, key);
    if (image !== undefined) world.endpoint.images.set(image.id, { ...image, ...more });
  };

  test.each<[string, (world: ReconcileWorld, key: string) => void]>([
    ['a protected image', (world, key) => change(world, key, { protected: true })],
    ['an image that a person has deactivated', (world, key) => change(world, key, { status: 'deactivated' })],
    ['an image without a record', (world, key) => void world.records.stored.delete(key)],
    [
      'an image that its record does not have',
      (world, key) => void world.records.stored.set(key, { ...recordAt(world, key), image: { id: 'another' } }),
    ],
    ['an image of another family', (world, key) => change(world, key, { properties: {} })],
    [
      'an image of another target, which the cloud lists because it is public',
      (world, key) => void world.records.stored.set(key, { ...recordAt(world, key), target: 'there' }),
    ],
    ['an image whose record is unreadable', (world, key) => void world.records.damaged.add(key)],
  ])('%s', async (_what, prepare) => {
    const world = worldWith({ keep: 1 });
    const first = await dropped(world, 1);
    const { id = '' } = imageAt(world, first) ?? {};
    prepare(world, first);
    const second = await dropped(world, 2);
    expect(world.endpoint.images.has(id)).toBe(true);
    expect(recordAt(world, second)).toMatchObject({ status: 'active' });
    expect(recordAt(world, second).retiring).toBeUndefined();
  });

  test('the last active image: the newer one is gone', async () => {
    const world = worldWith({ keep: 1 });
    const first = await dropped(world, 1);
    const second = await uploaded(world, 2);
    const { announcedAt: _, ...record } = recordAt(world, second);
    world.records.stored.set(second, { ...record, status: 'active', lease: undefined } as never);
    world.endpoint.images.delete(record.image?.id ?? '');
    await recordStatus({ record: second }, world.invocation('status'), world);
    expect(imageAt(world, first)).toMatchObject({ status: 'active' });
    expect(imageAt(world, first)?.osHidden).toBeUndefined();
  });

  test('anything while the cloud does not list the new image yet', async () => {
    const world = worldWith({ keep: 1 });
    const first = await dropped(world, 1);
    const second = await dropped(world, 2);
    const third = await uploaded(world, 3);
    world.endpoint.unlisted.add(recordAt(world, third).image?.id ?? '');
    await recordStatus({ record: third }, world.invocation('status'), world);
    expect(recordAt(world, third)).toMatchObject({ status: 'active', retiring: { failure: expect.any(String) } });
    expect([imageAt(world, first), imageAt(world, second)?.osHidden]).toEqual([undefined, undefined]);
    world.endpoint.unlisted.clear();
    await reconciled(world);
    expect([imageAt(world, second), recordAt(world, third).retiring]).toEqual([undefined, undefined]);
  });

  test('anything in a run in which a version could not be hidden', async () => {
    const world = worldWith({ keep: 1 });
    const first = await dropped(world, 1);
    world.endpoint.faults.push({ call: 'alter', error: new ImageDropError('forbidden', 'Not you.') });
    const second = await dropped(world, 2);
    expect(imageAt(world, first)).toBeDefined();
    expect(recordAt(world, second)).toMatchObject({ status: 'active', retiring: { failure: 'Not you.' } });
    expect(world.outcomes.at(-1)).toMatchObject({ status: 'active', drop: { versionId: 'v2' } });
    await reconciled(world);
    expect(imageAt(world, first)).toBeUndefined();
    expect(recordAt(world, second).retiring).toBeUndefined();
  });
});

describe('a version', () => {
  test('that servers use is noted, keeps no other from being deleted, and is deleted by reconcile later', async () => {
    const { world, keys } = await threeVersions({ keep: 3 });
    const [only] = world.targets;
    world.targets = only === undefined ? [] : [{ ...only, versions: { ...VERSION_DEFAULTS, keep: 1 } }];
    const inUse = new ImageDropError('endpoint-busy', 'The image is in use.');
    world.endpoint.faults.push({ call: 'delete', error: inUse });
    const last = await dropped(world, 4);
    const there = () => keys.filter((key) => imageAt(world, key) !== undefined);
    expect(there()).toHaveLength(1);
    const [kept = ''] = there();
    expect(recordAt(world, kept).removing).toMatchObject([{ reason: 'retired', obstacle: 'The image is in use.' }]);
    expect(recordAt(world, last).retiring).toMatchObject({ failure: 'The image is in use.' });
    await reconciled(world);
    expect(there()).toEqual([]);
    expect(recordAt(world, kept).removing).toBeUndefined();
    expect(recordAt(world, last).retiring).toBeUndefined();
  });

  test('that could not retire another leaves that to the newer one', async () => {
    const { world, keys } = await threeVersions({ keep: 3 });
    const [only] = world.targets;
    world.targets = only === undefined ? [] : [{ ...only, versions: { ...VERSION_DEFAULTS, keep: 2 } }];
    const inUse = new ImageDropError('endpoint-busy', 'The image is in use.');
    const refused = (times: number) => Array.from({ length: times }, () => ({ call: 'delete', error: inUse }) as const);
    world.endpoint.faults.push(...refused(2));
    const fourth = await dropped(world, 4);
    expect(recordAt(world, fourth).retiring).toBeDefined();
    world.endpoint.faults.push(...refused(3));
    const fifth = await dropped(world, 5);
    expect(recordAt(world, fourth).retiring).toBeUndefined();
    expect(recordAt(world, fifth).retiring).toBeDefined();
    await reconciled(world);
    expect(keys.map((key) => imageAt(world, key))).toEqual([undefined, undefined, undefined]);
    expect(recordAt(world, fifth).retiring).toBeUndefined();
  });

  test('that was dropped before the current one, and became active after it, is the one that is retired', async () => {
    const world = worldWith();
    const late = await uploaded(world, 1, { key: 'x/a.img' });
    const current = await dropped(world, 2, { key: 'y/a.img' });
    await recordStatus({ record: late }, world.invocation('status'), world);
    expect([imageAt(world, late)?.osHidden, imageAt(world, current)?.osHidden]).toEqual([true, undefined]);
  });

  test('that was dropped in the same second is older where it was received first', async () => {
    for (const seeds of [
      [1, 2],
      [2, 1],
    ]) {
      const world = worldWith();
      const keys: string[] = [];
      for (const seed of seeds) keys.push(await uploaded(world, seed, { key: `${seed}/a.img` }));
      for (const [index, key] of keys.entries()) {
        const record = recordAt(world, key);
        const droppedAt = '2026-01-09T00:00:00.000Z';
        const history = record.history.map((entry) => ({ ...entry, at: `2026-01-09T00:00:00.${index}00Z` }));
        world.records.stored.set(key, { ...record, drop: { ...record.drop, droppedAt }, history });
      }
      for (const record of keys) await recordStatus({ record }, world.invocation('status'), world);
      expect(keys.map((key) => imageAt(world, key)?.osHidden)).toEqual([true, undefined]);
    }
  });

  test('that is dropped again once it is retired becomes an image of its own', async () => {
    const { world, keys } = await threeVersions();
    const again = await dropped(world, 1);
    expect(recordAt(world, again).duplicateOf).toBeUndefined();
    expect(imageAt(world, keys[2] ?? '')?.osHidden).toBe(true);
  });

  test('that is dropped again stays the current one, and its duplicate names it', async () => {
    const { world, keys } = await threeVersions({ keep: 1 });
    const again = await dropped(world, 3);
    expect(recordAt(world, again).duplicateOf).toBe(keys[2]);
    expect(imageAt(world, keys[2] ?? '')).toMatchObject({ status: 'active' });
    expect(recordAt(world, keys[2] ?? '').droppedAgainAt).toBe(recordAt(world, again).drop.droppedAt);
  });

  test('that is dropped again under its key is current before a later one of another key', async () => {
    const world = worldWith();
    const first = await dropped(world, 1, { key: 'x/a.img' });
    const other = await uploaded(world, 2, { key: 'y/a.img' });
    const again = await dropped(world, 1, { key: 'x/a.img' });
    expect(recordAt(world, again).duplicateOf).toBe(first);
    await recordStatus({ record: other }, world.invocation('status'), world);
    expect([imageAt(world, first)?.osHidden, imageAt(world, other)?.osHidden]).toEqual([undefined, true]);
  });
});

describe('a crash', () => {
  test.each<[string, (world: ReconcileWorld) => void]>([
    ['before the old version is marked', (world) => (world.records.failsAt = (next) => next.retired !== undefined)],
    [
      'before the old version is hidden',
      (world) => void world.endpoint.faults.push({ call: 'alter', error: new Error('The function died.') }),
    ],
    ['before the intent to delete it', (world) => (world.records.failsAt = ({ removing }) => removing !== undefined)],
    [
      'before it is deleted',
      (world) => void world.endpoint.faults.push({ call: 'delete', error: new Error('The function died.') }),
    ],
    [
      'after it is deleted',
      (world) =>
        void world.endpoint.faults.push({ call: 'delete', error: new Error('The function died.'), afterEffect: true }),
    ],
    [
      'before its record says that it is deleted',
      (world) => (world.records.failsAt = (next) => next.retired?.deleted === true),
    ],
    [
      'before the record is done with it',
      (world) => (world.records.failsAt = (next) => next.announcedAt !== undefined && next.retiring === undefined),
    ],
  ])('%s leaves nothing that reconcile does not finish', async (_when, breakAt) => {
    const world = worldWith({ keep: 1 });
    const first = await dropped(world, 1);
    const second = await uploaded(world, 2);
    breakAt(world);
    await recordStatus({ record: second }, world.invocation('status'), world).catch(() => {});
    expect(recordAt(world, second)).toMatchObject({ status: 'active', announcedAt: expect.any(String) });
    for (let passes = 0; passes < 3; passes += 1) await reconciled(world);
    expect([...world.endpoint.images.keys()]).toEqual([imageAt(world, second)?.id]);
    expect(recordAt(world, second)).toMatchObject({ status: 'active' });
    expect(recordAt(world, second).retiring).toBeUndefined();
    expect(recordAt(world, first).removing).toBeUndefined();
  });
});
