import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { imageId } from '../../lambda/model/new-image.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';

const busy = () => new ImageDropError('endpoint-busy', 'The endpoint asks to wait.', { retryAfterSeconds: 7 });

describe('create-metadata', () => {
  test('inspects the file, creates the image and sends the record to the upload', async () => {
    const world = new MemoryWorld();
    world.objects.put('linux/my disk.raw', rawDisk());
    await createMetadata(world.event('linux/my disk.raw'), world.invocation(), world);
    const record = world.record('linux/my disk.raw');
    expect(record).toMatchObject({
      status: 'created',
      attempts: 0,
      generation: 1,
      found: { format: 'raw', virtualSize: 4096 },
      sent: { name: 'my disk', minDisk: 1, visibility: 'private' },
    });
    expect(record.lease).toBeUndefined();
    expect(world.endpoint.images.get(record.image?.id ?? '')?.properties).toMatchObject({
      imagedrop_id: record.image?.id,
      imagedrop_record: world.recordKey('linux/my disk.raw'),
    });
    expect(world.uploadQueue.sent).toEqual([{ record: world.recordKey('linux/my disk.raw'), delaySeconds: 0 }]);
  });

  test('ignores an event of another bucket, as a topic of several buckets sends it', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    const event = JSON.stringify(world.event('a.img')).replace('"drops"', '"logs"');
    await createMetadata(JSON.parse(event), world.invocation(), world);
    expect(world.records.stored.size).toBe(0);
    expect(world.endpoint.images.size).toBe(0);
  });

  test('makes one image of an event that comes three times', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    const event = world.event('a.img');
    for (const id of ['one', 'two', 'three']) await createMetadata(event, world.invocation(id), world);
    expect(world.endpoint.images.size).toBe(1);
    expect(world.uploadQueue.sent).toHaveLength(3);
  });

  test('two invocations at once: one works, the other comes back when the lease has run out', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    const event = world.event('a.img');
    const results = await Promise.allSettled([
      createMetadata(event, world.invocation('one'), world),
      createMetadata(event, world.invocation('two'), world),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'lease-held' });
    expect(world.endpoint.images.size).toBe(1);
  });

  test('goes to every target; one that fails does not hold up the others', async () => {
    const world = new MemoryWorld();
    world.targets = [target('here'), target('there')];
    world.objects.put('a.img', rawDisk());
    world.endpoint.faults.push({ call: 'create', error: busy() });
    await expect(createMetadata(world.event('a.img'), world.invocation(), world)).rejects.toThrow('asks to wait');
    const statuses = ['here', 'there'].map((name) => world.record('a.img', name).status).sort();
    expect(statuses).toEqual(['created', 'received']);
    world.pass(61);
    await createMetadata(world.event('a.img'), world.invocation('again'), world);
    expect(world.record('a.img', 'here').image?.id).not.toBe(world.record('a.img', 'there').image?.id);
    expect(world.endpoint.images.size).toBe(2);
  });

  test('adopts the image when the answer to its creation was lost', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    world.endpoint.faults.push({ call: 'create', error: busy(), afterEffect: true });
    await expect(createMetadata(world.event('a.img'), world.invocation(), world)).rejects.toThrow();
    expect(world.record('a.img')).toMatchObject({ status: 'received', attempts: 1, error: { code: 'endpoint-busy' } });
    await createMetadata(world.event('a.img'), world.invocation('again'), world);
    expect(world.endpoint.images.size).toBe(1);
    expect(world.record('a.img')).toMatchObject({ status: 'created' });
    expect(world.record('a.img').error).toBeUndefined();
  });

  test('goes on with the next generation when the id was used by a deleted image', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const first = world.record('a.img').image?.id ?? '';
    world.records.stored.clear();
    await world.endpoint.delete(first);
    const event = world.event('a.img');
    await expect(createMetadata(event, world.invocation(), world)).rejects.toMatchObject({ code: 'image-id-taken' });
    await createMetadata(event, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 2 });
    expect(world.record('a.img').image?.id).not.toBe(first);
  });

  test('settles a file that is not a disk image as failed, and hands it to record-status to announce', async () => {
    const world = new MemoryWorld();
    world.objects.put('notes.txt', Buffer.from('These are the notes of a meeting.\n'));
    await createMetadata(world.event('notes.txt'), world.invocation(), world);
    expect(world.record('notes.txt')).toMatchObject({ status: 'failed', error: { code: 'not-a-disk-image' } });
    expect(world.endpoint.images.size).toBe(0);
    expect(world.uploadQueue.sent).toEqual([]);
    expect(world.statusQueue.sent).toHaveLength(1);
  });

  test('settles an event of an older version as superseded', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk(4096, 1));
    const stale = world.event('a.img');
    const staleKey = world.recordKey('a.img');
    world.objects.put('a.img', rawDisk(4096, 2));
    await createMetadata(stale, world.invocation(), world);
    expect(world.records.stored.get(staleKey)).toMatchObject({ status: 'superseded' });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('settles a drop that was deleted before it was processed as failed', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    const event = world.event('a.img');
    world.objects.deleted.add('a.img');
    await createMetadata(event, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'object-gone' } });
  });

  describe('when an attempt before has created an image and died', () => {
    async function afterDeath(): Promise<MemoryWorld> {
      const world = new MemoryWorld();
      world.objects.put('a.img', rawDisk());
      world.records.failsAt = ({ status }) => status === 'created';
      await expect(createMetadata(world.event('a.img'), world.invocation('died'), world)).rejects.toThrow('died');
      expect(world.endpoint.images.size).toBe(1);
      expect(world.record('a.img').image).toBeUndefined();
      world.pass(61);
      return world;
    }

    test('a drop that was deleted meanwhile leaves no image', async () => {
      const world = await afterDeath();
      world.objects.deleted.add('a.img');
      await createMetadata(world.event('a.img'), world.invocation('next'), world);
      expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'object-gone' } });
      expect(world.endpoint.images.size).toBe(0);
    });

    test('a drop whose key was written again leaves no image', async () => {
      const world = await afterDeath();
      const [event, key] = [world.event('a.img'), world.recordKey('a.img')];
      world.objects.put('a.img', rawDisk(4096, 2));
      await createMetadata(event, world.invocation('next'), world);
      expect(world.records.stored.get(key)).toMatchObject({ status: 'superseded' });
      expect(world.endpoint.images.size).toBe(0);
    });

    test('a cloud that does not let us look does not change the verdict, which says so', async () => {
      const world = await afterDeath();
      world.objects.deleted.add('a.img');
      world.endpoint.faults.push({ call: 'get', error: new ImageDropError('forbidden', 'We may not look.') });
      await createMetadata(world.event('a.img'), world.invocation('next'), world);
      expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'object-gone' } });
      expect(world.record('a.img').error?.message).toMatch(/An image of it may be there: We may not look\.$/);
    });

    test('a cloud that is away is asked again, and the outcome waits for it', async () => {
      const world = await afterDeath();
      world.objects.deleted.add('a.img');
      world.endpoint.faults.push({ call: 'get', error: busy() }, { call: 'get', error: busy() });
      await createMetadata(world.event('a.img'), world.invocation('next'), world);
      expect(world.record('a.img')).toMatchObject({ status: 'failed', removing: [{ generation: 1 }] });
      const announce = () => recordStatus(world.statusQueue.sent[0], world.invocation(), world);
      await expect(announce()).rejects.toMatchObject({ code: 'endpoint-busy' });
      expect(world.outcomes).toEqual([]);
      await announce();
      expect(world.endpoint.images.size).toBe(0);
      expect(world.outcomes).toMatchObject([{ status: 'failed' }]);
      expect(world.record('a.img').removing).toBeUndefined();
    });
  });

  test('asks no cloud about an image of a drop that fails at the first attempt', async () => {
    const world = new MemoryWorld();
    world.objects.put('notes.txt', Buffer.from('Not a disk image.'));
    world.endpoint.faults.push({ call: 'get', error: busy() });
    await createMetadata(world.event('notes.txt'), world.invocation(), world);
    expect(world.record('notes.txt').error?.code).toBe('not-a-disk-image');
  });

  describe('when it has stood still until others took over', () => {
    /** The first invocation is held up behind its creation, and `others` happens meanwhile. */
    async function overtaken(others: (world: MemoryWorld) => Promise<void>): Promise<MemoryWorld> {
      const world = new MemoryWorld();
      world.objects.put('a.img', rawDisk());
      const create = world.endpoint.create.bind(world.endpoint);
      world.endpoint.create = async (image) => {
        world.endpoint.create = create;
        world.pass(61);
        await others(world);
        return create(image);
      };
      const late = createMetadata(world.event('a.img'), world.invocation('late'), world);
      await expect(late).rejects.toMatchObject({ code: expect.stringMatching(/^(lease-held|image-id-taken)$/) });
      return world;
    }

    test('removes its image when the drop was settled without one', async () => {
      const world = await overtaken(async (meanwhile) => {
        meanwhile.objects.deleted.add('a.img');
        await createMetadata(meanwhile.event('a.img'), meanwhile.invocation('other'), meanwhile);
      });
      expect(world.record('a.img').status).toBe('failed');
      expect(world.endpoint.images.size).toBe(0);
    });

    test('leaves the image alone when the others have found it', async () => {
      const world = await overtaken(async (meanwhile) =>
        createMetadata(meanwhile.event('a.img'), meanwhile.invocation('other'), meanwhile),
      );
      expect(world.record('a.img').status).toBe('created');
      expect([...world.endpoint.images.keys()]).toEqual([world.record('a.img').image?.id]);
    });

    test('leaves the image alone while the others may yet find it', async () => {
      const world = await overtaken(async (meanwhile) => {
        meanwhile.endpoint.faults.push({ call: 'create', error: busy() });
        const other = createMetadata(meanwhile.event('a.img'), meanwhile.invocation('other'), meanwhile);
        await expect(other).rejects.toMatchObject({ code: 'endpoint-busy' });
      });
      expect(world.record('a.img').status).toBe('received');
      expect(world.endpoint.images.size).toBe(1);
      await createMetadata(world.event('a.img'), world.invocation('next'), world);
      expect([...world.endpoint.images.keys()]).toEqual([world.record('a.img').image?.id]);
    });

    test('does not give a record that others have settled another generation', async () => {
      const world = await overtaken(async (meanwhile) => {
        await createMetadata(meanwhile.event('a.img'), meanwhile.invocation('other'), meanwhile);
        const id = meanwhile.record('a.img').image?.id ?? '';
        await meanwhile.endpoint.delete(id);
      });
      expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 1 });
    });
  });

  describe('when its message comes again and the record has moved on', () => {
    const forDrop = (world: MemoryWorld) => ({ imagedrop_id: imageId(world.record('a.img').drop, 'here', 1) });

    async function leftBehind(prepare: (world: MemoryWorld) => Promise<void>): Promise<MemoryWorld> {
      const world = new MemoryWorld();
      world.objects.put('a.img', rawDisk());
      const event = world.event('a.img');
      await prepare(world);
      const shown = { name: 'a', status: 'queued', hashes: {}, diskFormat: 'raw', properties: forDrop(world) } as const;
      world.endpoint.images.set('left-behind', { ...shown, id: 'left-behind' });
      await createMetadata(event, world.invocation('again', undefined, 2), world);
      return world;
    }

    test('removes what an invocation that was overtaken and died has created beside its image', async () => {
      const world = await leftBehind((fresh) => createMetadata(fresh.event('a.img'), fresh.invocation(), fresh));
      expect([...world.endpoint.images.keys()]).toEqual([world.record('a.img').image?.id]);
    });

    test('removes all images of a drop that has failed', async () => {
      const world = await leftBehind(async (fresh) => {
        const event = fresh.event('a.img');
        fresh.objects.deleted.add('a.img');
        await createMetadata(event, fresh.invocation(), fresh);
      });
      expect(world.record('a.img').status).toBe('failed');
      expect(world.endpoint.images.size).toBe(0);
    });
  });

  test('gives up after twelve attempts, naming the last cause', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    for (let attempt = 1; attempt <= 12; attempt++) {
      world.endpoint.faults.push({ call: 'create', error: busy() });
      const work = createMetadata(world.event('a.img'), world.invocation(), world);
      await (attempt < 12 ? expect(work).rejects.toMatchObject({ retryAfterSeconds: 7 }) : work);
    }
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: { code: 'retries-exhausted', message: expect.stringContaining('endpoint-busy') },
    });
  });

  test('settles a drop whose function was killed twelve times', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const { image: _, ...record } = world.record('a.img');
    world.records.stored.set(world.recordKey('a.img'), { ...record, status: 'received', attempts: 12 });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'retries-exhausted' } });
  });

  test('takes user metadata over the defaults of the target', async () => {
    const world = new MemoryWorld();
    world.targets = [
      { ...target('here'), metadata: { visibility: 'shared', properties: { os_distro: 'debian', a: '1' } } },
    ];
    world.objects.put('a.img', rawDisk(), { name: 'My image', 'min-disk': '20', 'property-a': '2', mtime: '17' });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    expect(world.record('a.img').sent).toMatchObject({
      name: 'My image',
      minDisk: 20,
      visibility: 'shared',
      properties: { os_distro: 'debian', a: '2' },
    });
  });

  test('refuses a bad value, naming the header', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk(), { 'min-disk': 'ten' });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    expect(world.record('a.img').error).toMatchObject({
      code: 'bad-metadata',
      message: 'x-amz-meta-min-disk must be a whole number from 0 to 2147483647, but is "ten".',
    });
  });

  test('passes a record that is further on to the queue that it waits in', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const key = world.recordKey('a.img');
    const stored = world.record('a.img');
    world.uploadQueue.sent.length = 0;
    world.records.stored.set(key, { ...stored, status: 'processing' });
    await createMetadata({ record: key }, world.invocation(), world);
    world.records.stored.set(key, { ...stored, status: 'active', announcedAt: '2026-01-02T03:04:06.000Z' });
    await createMetadata({ record: key }, world.invocation(), world);
    expect(world.statusQueue.sent).toEqual([{ record: key, delaySeconds: 0 }]);
    expect(world.uploadQueue.sent).toEqual([]);
  });

  test('does nothing for the test event of S3, and refuses what is not a message of ours', async () => {
    const world = new MemoryWorld();
    await createMetadata({ Event: 's3:TestEvent' }, world.invocation(), world);
    await expect(createMetadata({ hello: 1 }, world.invocation(), world)).rejects.toMatchObject({
      code: 'bad-message',
    });
    await expect(createMetadata({ record: 'no/such.json' }, world.invocation(), world)).rejects.toMatchObject({
      code: 'bad-message',
    });
  });
});
