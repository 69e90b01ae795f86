import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import * as changes from '../../lambda/model/record-changes.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { MAX_ATTEMPTS, underLease } from '../../lambda/steps/under-lease.ts';
import { Work } from '../../lambda/steps/work.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';
import { stalledAt } from '../support/stalled-writer.ts';

const KEY = 'a.img';
const DISK = rawDisk(9728);
const busy = () => new ImageDropError('endpoint-busy', 'It is busy.');

async function created<W extends MemoryWorld>(world: W) {
  world.objects.put(KEY, DISK);
  await createMetadata(world.event(KEY), world.invocation('create'), world);
  const key = world.recordKey(KEY);
  const change = (next: (record: DropRecord) => changes.RecordDraft) =>
    world.records.change(key, (stored) => stored && next(stored));
  return { world, key, message: { record: key }, id: world.record(KEY).image?.id ?? '', change };
}

describe('an invocation that was overtaken', () => {
  test('does not give back the lease of the one that took over', async () => {
    const { world, key, change } = await created(new MemoryWorld());
    const work = async () => {
      world.pass(61);
      await change((record) => changes.lease(record, 'other', 60, world.time));
      throw busy();
    };
    const working = underLease(
      new Work(key, world.record(KEY), world.invocation('slow'), world),
      ['created'],
      world,
      work,
    );
    await expect(working).rejects.toThrow('It is busy');
    expect(world.record(KEY).lease).toMatchObject({ holder: 'other' });
    expect(world.record(KEY).error).toBeUndefined();
  });

  test('does not hand on an upload whose image is active already', async () => {
    const { world, message } = await created(new MemoryWorld());
    const late = stalledAt(world, ({ status }) => status === 'processing');
    const uploading = streamUpload(message, world.invocation('late'), late.world);
    await late.stalls;
    world.pass(61);
    await streamUpload(message, world.invocation('twin'), world);
    await recordStatus(message, world.invocation('check'), world);
    const before = world.record(KEY);
    late.goOn();
    await expect(uploading).rejects.toMatchObject({ code: 'lease-held' });
    expect(world.record(KEY)).toEqual(before);
    expect(before.status).toBe('active');
  });

  test('gives up no image of an earlier try', async () => {
    const world = new MemoryWorld();
    world.objects.put(KEY, DISK);
    world.endpoint.faults.push({ call: 'create', error: busy(), afterEffect: true });
    await expect(createMetadata(world.event(KEY), world.invocation('first'), world)).rejects.toThrow('busy');
    world.objects.put('imagedrop.yaml', Buffer.from('min_ram: 2'));
    const late = stalledAt(world, ({ removing }) => removing !== undefined);
    const message = { record: world.recordKey(KEY) };
    const replacing = createMetadata(message, world.invocation('late'), late.world);
    await late.stalls;
    world.pass(61);
    await createMetadata(message, world.invocation('twin'), world).catch(() => undefined);
    const before = world.record(KEY);
    late.goOn();
    await expect(replacing).rejects.toMatchObject({ code: 'lease-held' });
    expect(world.record(KEY)).toEqual(before);
  });
});

describe('a look that finds a hash that was not computed', () => {
  test('does not begin the upload again after another look has settled the drop', async () => {
    const { world, message, id, change } = await created(new MemoryWorld());
    await streamUpload(message, world.invocation('upload'), world);
    const image = world.endpoint.images.get(id);
    if (image !== undefined) world.endpoint.images.set(id, { ...image, hashes: { sha256: '0'.repeat(64) } });
    const late = stalledAt(world, ({ status }) => status === 'uploading');
    const looking = recordStatus(message, world.invocation('late'), late.world);
    await late.stalls;
    await change((record) => changes.moveTo(record, 'active', world.time));
    const before = world.record(KEY);
    late.goOn();
    await looking;
    expect(world.record(KEY)).toEqual(before);
  });
});

describe('a chunk that fails late', () => {
  const staging = { bucket: 'staging', key: 'copy', partBytes: 1000, partsPerChunk: 2 };

  test.each<[string, Partial<DropRecord>]>([
    ['another generation', { generation: 2 }],
    ['another upload', { staging: { ...staging, uploadId: 'upload-2' } }],
  ])('says nothing in the record of %s, and does not come back', async (_what, more) => {
    const world = new MemoryWorld();
    world.endpoint.route = 'register';
    const { message, change } = await created(world);
    await change((record) => ({ ...record, staging }));
    await streamUpload(message, world.invocation('begin'), world);
    world.staging.storePart = async () => {
      await change((record) => ({ ...record, ...more }));
      throw new ImageDropError('staging-unavailable', 'The storage is away.');
    };
    await streamUpload({ ...message, chunk: 0 }, world.invocation('chunk'), world);
    expect(world.record(KEY).status).toBe('uploading');
    expect(world.record(KEY).error).toBeUndefined();
  });
});

describe('an outcome', () => {
  async function failed() {
    const run = await created(new MemoryWorld());
    await run.change((record) => changes.fail(record, new ImageDropError('object-gone', 'Gone.'), run.world.time));
    return run;
  }

  test('is announced anew where the drop was retried, and failed again, while its tags were written', async () => {
    const { world, message, change } = await failed();
    const { tag } = world.objects;
    world.objects.tag = async (ref, tags) => {
      world.objects.tag = tag;
      world.pass(1);
      const gone = new ImageDropError('object-gone', 'Gone again.');
      const at = world.record(KEY).history.at(-1)?.at ?? '';
      await change((record) => changes.fail(changes.retry(record, at, world.time) ?? record, gone, world.time));
      return tag.call(world.objects, ref, tags);
    };
    await recordStatus(message, world.invocation('first'), world);
    expect(world.record(KEY).announcedAt).toBeUndefined();
    await recordStatus(message, world.invocation('second'), world);
    expect(world.outcomes).toMatchObject([{ error: { message: 'Gone.' } }, { error: { message: 'Gone again.' } }]);
    expect(world.record(KEY).announcedAt).toEqual(expect.any(String));
  });

  test('is announced once by two messages that write its tags at the same time', async () => {
    const { world, message } = await failed();
    const { tag } = world.objects;
    world.objects.tag = async (ref, tags) => {
      world.objects.tag = tag;
      await recordStatus(message, world.invocation('twin'), world);
      return tag.call(world.objects, ref, tags);
    };
    await recordStatus(message, world.invocation('first'), world);
    expect(world.outcomes).toHaveLength(1);
  });

  test.each([
    [MAX_ATTEMPTS - 1, false],
    [MAX_ATTEMPTS, true],
  ])('that waits for a deletion, at message %i: the image is left: %s', async (receives, isLeft) => {
    const { world, message, id } = await failed();
    world.endpoint.faults.push({ call: 'delete', error: new ImageDropError('endpoint-answer', 'It is odd.') });
    const announcing = recordStatus(message, world.invocation('check', undefined, receives), world);
    await (isLeft ? announcing : expect(announcing).rejects.toThrow('It is odd'));
    expect(world.outcomes).toHaveLength(isLeft ? 1 : 0);
    const [removal] = world.record(KEY).removing ?? [];
    expect(removal).toMatchObject({ imageId: id, ...(isLeft && { obstacle: 'It is odd.' }) });
    expect(removal?.obstacle !== undefined).toBe(isLeft);
  });
});

describe('reconcile', () => {
  /** Somebody changes the record between the look of reconcile and its repair. */
  function changedMeanwhile(world: ReconcileWorld, key: string, more: Partial<DropRecord>): void {
    const { change } = world.records;
    world.records.change = async (...args) => {
      world.records.change = change;
      await change.call(world.records, key, (stored) => stored && { ...stored, ...more });
      return change.apply(world.records, args);
    };
  }

  test('leaves an image that its record names by the time it would be deleted', async () => {
    const { world, key, id } = await created(new ReconcileWorld());
    world.settings.deleteOrphanedImages = true;
    const { time } = world;
    world.records.stored.set(key, {
      ...world.record(KEY),
      status: 'active',
      announcedAt: time.toISOString(),
      image: { id: 'another' },
    });
    changedMeanwhile(world, key, { image: { id } });
    await world.wholePass();
    expect([...world.endpoint.images.keys()]).toEqual([id]);
    expect(world.record(KEY).removing).toBeUndefined();
  });

  test('sends no drop round that has moved on since it was read', async () => {
    const { world, key } = await created(new ReconcileWorld());
    world.pass(2 * 1800);
    changedMeanwhile(world, key, { attempts: 1 });
    await world.wholePass();
    expect(world.ingestQueue.sent).toEqual([]);
    expect(world.record(KEY).rounds).toBeUndefined();
  });
});

describe('what the next message must know is stored before', () => {
  test('a service is asked to read a copy: that it was asked', async () => {
    const world = new MemoryWorld();
    world.endpoint.route = 'register';
    world.staging.isDropBucket = true;
    const { message } = await created(world);
    const asked: (string | undefined)[] = [];
    const endpoint = {
      ...world.endpoint.registers,
      begin: async () => {
        asked.push(world.record(KEY).register?.askedAt);
        return 'job-1';
      },
    };
    Object.assign(world.endpoint, { registers: endpoint });
    await streamUpload(message, world.invocation('upload'), world);
    expect(asked).toEqual([world.time.toISOString()]);
  });
});

describe('a look at an image that does not show itself', () => {
  test.each<[string, 'stream' | 'register' | 'fast-import']>([
    ['that is streamed', 'stream'],
    ['that is registered', 'register'],
    ['of a fast import whose answer was lost', 'fast-import'],
  ])('%s costs no attempt: one that has one left begins again when the time has come', async (_what, route) => {
    const world = new MemoryWorld();
    world.endpoint.route = route;
    world.staging.isDropBucket = true;
    const { message, id, change } = await created(world);
    world.endpoint.images.delete(id);
    await change((record) => ({
      ...changes.beginUpload(record, world.time),
      attempts: MAX_ATTEMPTS - 1,
      ...(route === 'fast-import' && { register: { askedAt: world.time.toISOString() } }),
    }));
    for (let look = 0; look < MAX_ATTEMPTS && world.record(KEY).status === 'uploading'; look += 1) {
      await streamUpload(message, world.invocation(`look-${look}`), world);
      const { delaySeconds = 0 } = world.ownQueue.sent.at(-1) ?? {};
      world.pass(delaySeconds);
    }
    expect(world.ownQueue.sent.length).toBeGreaterThan(2);
    const next = { status: 'received', generation: 2 };
    expect(world.record(KEY)).toMatchObject(route === 'fast-import' ? { status: 'processing' } : next);
  });
});

describe('an upload that was interrupted', () => {
  async function interrupted(progress: DropRecord['progress']) {
    const run = await created(new MemoryWorld());
    const { world, message, id, change } = run;
    world.endpoint.become(id, 'saving');
    await change((record) => ({
      ...changes.beginUpload(record, world.time),
      attempts: 1,
      ...(record.plan && { plan: { ...record.plan, range: { offset: 0, length: 2 ** 40 } } }),
      ...(progress && { progress }),
    }));
    world.pass(61);
    await streamUpload(message, world.invocation('again'), world);
    return run;
  }
  const at = '2026-01-02T03:04:05.000Z';

  test('in its middle is given up after a minute, whatever its size', async () => {
    const { world } = await interrupted({ bytes: 2 ** 30, totalBytes: 2 ** 40, bytesPerSecond: 2 ** 20, at });
    expect(world.record(KEY)).toMatchObject({ status: 'received', generation: 2 });
  });

  test('at its end has the time that a store needs for its size', async () => {
    const { world } = await interrupted({ bytes: 2 ** 40, totalBytes: 2 ** 40, bytesPerSecond: 2 ** 20, at });
    expect(world.record(KEY)).toMatchObject({ status: 'uploading', generation: 1, attempts: 1 });
  });

  test('begins to doubt its image anew when the image has shown itself in between', async () => {
    const { world, message, id, change } = await created(new MemoryWorld());
    const image = world.endpoint.images.get(id);
    await change((record) => ({ ...changes.beginUpload(record, world.time), attempts: 1 }));
    const look = (name: string) => streamUpload(message, world.invocation(name), world);
    world.endpoint.images.delete(id);
    await look('gone');
    expect(world.record(KEY)).toMatchObject({ unseen: { as: 'gone' }, error: { code: 'image-lost' } });
    if (image !== undefined) world.endpoint.images.set(id, { ...image, status: 'saving' });
    await look('saving');
    expect(world.record(KEY).unseen).toBeUndefined();
    world.pass(61);
    world.endpoint.images.delete(id);
    await look('gone again');
    expect(world.record(KEY)).toMatchObject({ generation: 1, unseen: { as: 'gone' } });
  });
});

test('a quota that is full at the first try is not looked into for an image of the drop', async () => {
  const world = new MemoryWorld();
  world.objects.put(KEY, DISK);
  const asked: string[] = [];
  world.endpoint.plan = async () => {
    throw new ImageDropError('quota-exceeded', 'The quota is full.');
  };
  world.endpoint.createdFor = async (id) => {
    asked.push(id);
    return [];
  };
  await createMetadata(world.event(KEY), world.invocation(), world).catch(() => undefined);
  expect(asked).toEqual([]);
  await createMetadata({ record: world.recordKey(KEY) }, world.invocation('again'), world).catch(() => undefined);
  expect(asked).toHaveLength(1);
});
