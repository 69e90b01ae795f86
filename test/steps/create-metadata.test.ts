import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
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

  test('settles a file that is no disk image as failed, and hands it to record-status to announce', async () => {
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

  test('settles a drop that was deleted before it was taken up as failed', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    const event = world.event('a.img');
    world.objects.deleted.add('a.img');
    await createMetadata(event, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'object-gone' } });
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

  test('does nothing for the test event of S3, and refuses what is no message of ours', async () => {
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
