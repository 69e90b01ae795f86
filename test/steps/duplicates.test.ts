import { describe, expect, test } from '@jest/globals';
import { ALL_RIGHTS } from '../../lambda/model/dropper-rights.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';
import { stalledAt } from '../support/stalled-writer.ts';

const KEY = 'linux/a.img';

interface Dropped {
  readonly key: string;
  readonly record: () => DropRecord;
}

const put = (world: MemoryWorld, seed = 1, userMetadata: Record<string, string> = {}) => {
  world.pass(60);
  return world.objects.put(KEY, rawDisk(4096, seed), userMetadata);
};

const recordOf = (world: MemoryWorld, key: string): DropRecord => {
  const record = world.records.stored.get(key);
  if (record === undefined) throw new Error(`no record ${key}`);
  return record;
};

/** Drops the file and lets the steps work until nothing is left to do. */
async function dropped(world: MemoryWorld, seed = 1, userMetadata: Record<string, string> = {}): Promise<Dropped> {
  put(world, seed, userMetadata);
  return received(world);
}

async function received(world: MemoryWorld): Promise<Dropped> {
  await createMetadata(world.event(KEY), world.invocation('create'), world);
  return finished(world);
}

async function finished(world: MemoryWorld): Promise<Dropped> {
  const key = world.recordKey(KEY);
  await streamUpload({ record: key }, world.invocation('upload'), world);
  await recordStatus({ record: key }, world.invocation('status'), world);
  return { key, record: () => recordOf(world, key) };
}

const first = async <W extends MemoryWorld>(world: W) => ({ world, original: await dropped(world) });

/** A new image, and nothing about another drop. */
function expectOwnImage(world: MemoryWorld, { record }: Dropped): void {
  expect(record()).toMatchObject({ status: 'active', image: { id: record().sent?.id } });
  expect(record().duplicateOf).toBeUndefined();
  expect(world.endpoint.images.has(record().image?.id ?? '')).toBe(true);
}

describe('the same bytes under the same key', () => {
  test('become no second image: the record has the existing one, and says whose it is', async () => {
    const { world, original } = await first(new MemoryWorld());
    const again = await dropped(world);
    const { image, verification, hashes, sent } = original.record();
    expect(again.record()).toMatchObject({
      status: 'active',
      duplicateOf: original.key,
      image,
      verification,
      hashes,
      sent,
    });
    expect([world.endpoint.images.size, world.endpoint.uploads]).toEqual([1, 1]);
    expect(world.outcomes).toHaveLength(2);
    expect(world.objects.newest(KEY)?.tags).toEqual({ 'imagedrop:here': `active ${image?.id}` });
  });

  test('name the first record at the third drop as well', async () => {
    const { world, original } = await first(new MemoryWorld());
    await dropped(world);
    const third = await dropped(world);
    expect(third.record().duplicateOf).toBe(original.key);
  });

  test('have the receipt of the first drop, also where that has none yet', async () => {
    const { world, original } = await first(new MemoryWorld());
    const { receipt = '' } = original.record();
    world.receipts.stored.clear();
    const again = await dropped(world);
    expect(again.record().receipt).toBe(receipt);
    expect(world.receipts.stored.get(receipt)?.predicate.record).toBe(original.key);
  });

  test('are uploaded to a target that has no image of them', async () => {
    const { world } = await first(new MemoryWorld());
    world.targets = [target('here'), target('there')];
    const again = await dropped(world);
    await streamUpload({ record: world.recordKey(KEY, 'there') }, world.invocation('upload'), world);
    expect(again.record().duplicateOf).toBeDefined();
    expect(world.record(KEY, 'there').duplicateOf).toBeUndefined();
    expect(world.endpoint.images.size).toBe(2);
  });

  test.each([
    ['again is true', { again: 'true' }],
    ['their metadata is other', { 'min-ram': '512' }],
    ['they are to be public', { visibility: 'public' }],
  ])('become an image of their own where %s', async (_why, userMetadata) => {
    const { world } = await first(new MemoryWorld());
    world.targets = [{ ...target('here'), droppersMay: ALL_RIGHTS }];
    expectOwnImage(world, await dropped(world, 1, userMetadata));
    expect(world.endpoint.images.size).toBe(2);
  });

  test('become an image of their own where a metadata file has changed in between', async () => {
    const { world } = await first(new MemoryWorld());
    world.objects.put('linux/imagedrop.yaml', Buffer.from('min_ram: 512'));
    expectOwnImage(world, await dropped(world));
  });

  test('become an image of their own where other bytes were dropped in between: the last drop is the current one', async () => {
    const { world } = await first(new MemoryWorld());
    await dropped(world, 2);
    expectOwnImage(world, await dropped(world, 1));
    expect(world.endpoint.images.size).toBe(3);
  });

  test('become an image of their own while other bytes are being uploaded', async () => {
    const { world } = await first(new MemoryWorld());
    put(world, 2);
    await createMetadata(world.event(KEY), world.invocation('create'), world);
    expectOwnImage(world, await dropped(world, 1));
  });

  test('have the existing image where the other bytes in between have failed', async () => {
    const { world, original } = await first(new MemoryWorld());
    const bad = await dropped(world, 2, { visibility: 'public' });
    expect(bad.record().status).toBe('failed');
    expect((await dropped(world)).record().duplicateOf).toBe(original.key);
  });

  test.each<[string, (world: MemoryWorld, id: string) => void]>([
    ['is gone', (world, id) => void world.endpoint.images.delete(id)],
    ['is deactivated', (world, id) => world.endpoint.become(id, 'deactivated')],
    [
      'was renamed',
      (world, id) => {
        const image = world.endpoint.images.get(id);
        if (image !== undefined) world.endpoint.images.set(id, { ...image, name: 'a (old)' });
      },
    ],
  ])('become an image of their own where the first one %s', async (_what, change) => {
    const { world, original } = await first(new MemoryWorld());
    change(world, original.record().image?.id ?? '');
    expectOwnImage(world, await dropped(world));
  });

  test('become an image of their own where the first record is gone', async () => {
    const { world, original } = await first(new MemoryWorld());
    const second = await dropped(world);
    expect(second.record().duplicateOf).toBe(original.key);
    world.records.stored.delete(original.key);
    expectOwnImage(world, await dropped(world));
  });

  test('become an image of their own where there are too many records to know them all', async () => {
    const { world } = await first(new MemoryWorld());
    const { keysBelow } = world.records;
    world.records.keysBelow = async (prefix) => [
      ...(await keysBelow.call(world.records, prefix)),
      ...Array.from({ length: 999 }, (_, index) => `${prefix}b.img/v${index}/here.json`),
    ];
    expectOwnImage(world, await dropped(world));
  });

  test('are refused with a value of again that is neither true nor false', async () => {
    const { world } = await first(new MemoryWorld());
    const bad = await dropped(world, 1, { again: 'maybe' });
    expect(bad.record()).toMatchObject({ status: 'failed', error: { code: 'bad-metadata' } });
    expect(bad.record().error?.message).toContain('x-amz-meta-again');
  });
});

describe('the checksum of a publisher', () => {
  const SHA256 = 'sha256:ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7';

  test('that was not compared with the bytes leads to an image of their own', async () => {
    const { world } = await first(new MemoryWorld());
    const again = await dropped(world, 1, { checksum: SHA256 });
    expect(again.record().duplicateOf).toBeUndefined();
    expect(again.record()).toMatchObject({ publisher: { checksum: { agrees: false } } });
  });

  test('that the first drop had agrees at the second as well', async () => {
    const { world, original } = await first(new MemoryWorld());
    const { hashes, ...record } = original.record();
    const checksum = { algorithm: 'sha512', value: hashes?.sha512 ?? '', from: 'metadata', agrees: true } as const;
    world.records.stored.set(original.key, { ...record, publisher: { checksum } });
    const again = await dropped(world, 1, { checksum: `sha512:${hashes?.sha512}` });
    expect(again.record()).toMatchObject({ duplicateOf: original.key, publisher: { checksum: { agrees: true } } });
  });
});

describe('the image of a duplicate', () => {
  test.each<[string, (world: MemoryWorld, key: string) => void]>([
    ['its record is stored', (world) => (world.records.failsAt = (next) => next.status === 'active')],
    ['its outcome is announced', (world) => (world.records.failsAt = (next) => next.announcedAt !== undefined)],
    [
      'the image is looked at',
      (world) => void world.endpoint.faults.push({ call: 'get', error: new ImageDropError('endpoint-busy', 'Busy.') }),
    ],
  ])('is the same after a crash before %s', async (_what, breakAt) => {
    const { world, original } = await first(new MemoryWorld());
    put(world);
    const key = world.recordKey(KEY);
    breakAt(world, key);
    await createMetadata(world.event(KEY), world.invocation('create'), world).catch(() => {});
    await recordStatus({ record: key }, world.invocation('status'), world).catch(() => {});
    world.pass(61);
    await createMetadata({ record: key }, world.invocation('again', undefined, 2), world);
    await recordStatus({ record: key }, world.invocation('status', undefined, 2), world);
    expect(recordOf(world, key)).toMatchObject({ status: 'active', duplicateOf: original.key });
    expect(recordOf(world, key).announcedAt).toBeDefined();
    expect([...world.endpoint.images.keys()]).toEqual([original.record().image?.id]);
  });

  test('stays where an attempt before had created an image that no record saw: that one is deleted', async () => {
    const { world, original } = await first(new MemoryWorld());
    const id = original.record().image?.id ?? '';
    const shown = world.endpoint.images.get(id);
    put(world);
    // At the first attempt the image does not show itself.
    world.endpoint.images.delete(id);
    world.records.failsAt = (next) => next.status === 'created';
    await createMetadata(world.event(KEY), world.invocation('create'), world).catch(() => {});
    if (shown !== undefined) world.endpoint.images.set(id, shown);
    expect(world.endpoint.images.size).toBe(2);
    world.pass(61);
    await createMetadata({ record: world.recordKey(KEY) }, world.invocation('again', undefined, 2), world);
    const { record } = await finished(world);
    expect(record()).toMatchObject({ status: 'active', duplicateOf: original.key });
    expect(record().removing).toBeUndefined();
    expect([...world.endpoint.images.keys()]).toEqual([id]);
  });

  test('stays where a stalled invocation has created another: that one is deleted', async () => {
    const { world, original } = await first(new MemoryWorld());
    const id = original.record().image?.id ?? '';
    put(world, 1);
    const shown = world.endpoint.images.get(id);
    world.endpoint.images.delete(id);
    const late = stalledAt(world, ({ status }) => status === 'created');
    const creating = createMetadata(world.event(KEY), world.invocation('late'), late.world);
    await late.stalls;
    if (shown !== undefined) world.endpoint.images.set(id, shown);
    world.pass(61);
    const { record } = await received(world);
    await createMetadata({ record: world.recordKey(KEY) }, world.invocation('twin'), world);
    late.goOn();
    await creating.catch(() => {});
    await finished(world);
    expect(record()).toMatchObject({ status: 'active', duplicateOf: original.key });
    expect([...world.endpoint.images.keys()]).toEqual([id]);
  });

  test('stays while the record that owns it does not, though orphans are deleted', async () => {
    const { world, original } = await first(new ReconcileWorld());
    const id = original.record().image?.id ?? '';
    world.settings.deleteOrphanedImages = true;
    await dropped(world);
    world.records.stored.delete(original.key);
    await world.wholePass();
    expect([...world.endpoint.images.keys()]).toEqual([id]);
  });

  test('is deleted as an orphan where no record has it', async () => {
    const { world, original } = await first(new ReconcileWorld());
    world.settings.deleteOrphanedImages = true;
    world.records.stored.delete(original.key);
    await world.wholePass();
    expect(world.endpoint.images.size).toBe(0);
  });
});
