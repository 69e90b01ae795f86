import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import * as changes from '../../lambda/model/record-changes.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';

async function uploaded() {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const message = { record: world.recordKey('a.img') };
  await streamUpload(message, world.invocation(), world);
  world.statusQueue.sent.length = 0;
  return {
    world,
    id: world.record('a.img').image?.id ?? '',
    message,
    check: () => recordStatus(message, world.invocation(), world),
  };
}

describe('record-status', () => {
  test('settles an active image whose size and hash agree, tags the object and publishes', async () => {
    const { world, id, check } = await uploaded();
    await check();
    expect(world.record('a.img')).toMatchObject({
      status: 'active',
      verification: { outcome: 'verified', algorithm: 'sha512', size: 4096 },
      announcedAt: expect.any(String),
    });
    expect(world.objects.newest('a.img')?.tags).toEqual({ 'imagedrop:here': `active ${id}` });
    expect(world.outcomes.map(({ status }) => status)).toEqual(['active']);
  });

  test('announces once, however often the message comes', async () => {
    const { world, check } = await uploaded();
    await check();
    await check();
    expect(world.outcomes).toHaveLength(1);
  });

  test.each(['aws-unavailable', 'bad-record'] as const)(
    'keeps the message of an active record until it is announced, even after %s',
    async (code) => {
      const { world, check } = await uploaded();
      const { publish } = world.topic;
      world.topic.publish = () => Promise.reject(new ImageDropError(code, 'The topic did not take it.'));
      await expect(check()).rejects.toMatchObject({ code });
      expect(world.record('a.img')).toMatchObject({ status: 'active' });
      expect(world.record('a.img').announcedAt).toBeUndefined();
      world.topic.publish = publish;
      await check();
      expect(world.outcomes.map(({ status }) => status)).toEqual(['active']);
    },
  );

  test('says unverified when the endpoint reports no hash', async () => {
    const { world, id, check } = await uploaded();
    const image = world.endpoint.images.get(id);
    if (image !== undefined) world.endpoint.images.set(id, { ...image, hashes: {} });
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'active', verification: { outcome: 'unverified' } });
  });

  test('waits for an image that is being saved, longer as time goes by', async () => {
    const { world, id, check } = await uploaded();
    world.endpoint.become(id, 'saving');
    await check();
    world.pass(100);
    await check();
    expect(world.statusQueue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([1, 25]);
    expect(world.record('a.img').status).toBe('processing');
  });

  test('fails an image that never becomes active, and removes it', async () => {
    const { world, id, check } = await uploaded();
    world.endpoint.become(id, 'saving');
    world.pass(3601);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'never-active' } });
    expect(world.endpoint.images.has(id)).toBe(false);
  });

  test('does not fail an image because the last look before its time limit could not ask for it', async () => {
    const { world, check } = await uploaded();
    world.pass(3601);
    const error = new ImageDropError('endpoint-unavailable', 'Another function logs in.');
    world.endpoint.faults.push({ call: 'get', error });
    await check();
    expect(world.record('a.img').status).toBe('processing');
    await check();
    expect(world.record('a.img').status).toBe('active');
  });

  test('fails an image after days in which no look could ask for it', async () => {
    const { world, check } = await uploaded();
    world.pass(4 * 86_400 + 1);
    world.endpoint.faults.push({ call: 'get', error: new ImageDropError('endpoint-busy', 'Status 500.') });
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'never-active' } });
  });

  test('waits as long as the endpoint asks when it cannot be asked', async () => {
    const { world, check } = await uploaded();
    const error = new ImageDropError('endpoint-busy', 'Too many requests.', { retryAfterSeconds: 42 });
    world.endpoint.faults.push({ call: 'get', error });
    await check();
    expect(world.statusQueue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([42]);
    expect(world.record('a.img').status).toBe('processing');
  });

  test.each([
    ['bytes that differ', 'hash-mismatch', rawDisk(4096, 7)],
    ['a size that differs', 'size-mismatch', rawDisk(8192)],
  ])('removes an image with %s and begins again', async (_what, code, bytes) => {
    const { world, id, check } = await uploaded();
    world.endpoint.become(id, 'active', bytes);
    await check();
    expect(world.endpoint.images.has(id)).toBe(false);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.record('a.img').history.at(-1)?.note).toBe(code);
    expect(world.ingestQueue.sent).toHaveLength(1);
  });

  test('gives up when the fifth image is corrupt too', async () => {
    const { world, id, message, check } = await uploaded();
    world.endpoint.become(id, 'active', rawDisk(4096, 7));
    world.records.stored.set(message.record, { ...world.record('a.img'), generation: 5 });
    await check();
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: { code: 'hash-mismatch', retryable: false },
    });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('begins again at once with an image that was killed', async () => {
    const { world, id, check } = await uploaded();
    world.endpoint.become(id, 'killed');
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.endpoint.deletedIds).toContain(id);
  });

  test.each(['queued', 'gone'] as const)(
    'asks again for a minute about an image that is %s, then begins again',
    async (what) => {
      const { world, id, check } = await uploaded();
      if (what === 'gone') world.endpoint.images.delete(id);
      else world.endpoint.become(id, what);
      await check();
      world.pass(59);
      await check();
      expect(world.record('a.img')).toMatchObject({ status: 'processing', unseen: { as: what } });
      expect(world.endpoint.deletedIds).not.toContain(id);
      expect(world.statusQueue.sent.slice(-2)).toMatchObject([{ delaySeconds: 20 }, { delaySeconds: 20 }]);
      world.pass(1);
      await check();
      expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
      expect(world.record('a.img').unseen).toBeUndefined();
    },
  );

  test('keeps an image that a replica did not show once', async () => {
    const { world, id, check } = await uploaded();
    const image = world.endpoint.images.get(id);
    world.endpoint.images.delete(id);
    await check();
    if (image !== undefined) world.endpoint.images.set(id, image);
    world.pass(61);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'active', image: { id } });
  });

  test('counts the time anew when the image was shown in between', async () => {
    const { world, id, check } = await uploaded();
    world.endpoint.become(id, 'queued');
    await check();
    world.endpoint.become(id, 'saving');
    world.pass(50);
    await check();
    world.endpoint.become(id, 'queued');
    world.pass(50);
    await check();
    expect(world.record('a.img').status).toBe('processing');
  });

  test('fails when the endpoint refuses our credentials', async () => {
    const { world, check } = await uploaded();
    world.endpoint.faults.push({ call: 'get', error: new ImageDropError('forbidden', 'Not allowed.') });
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'forbidden' } });
  });

  test('announces a failure with its code', async () => {
    const world = new MemoryWorld();
    world.objects.put('notes.txt', Buffer.from('no disk at all'));
    await createMetadata(world.event('notes.txt'), world.invocation(), world);
    await recordStatus(world.statusQueue.sent[0], world.invocation(), world);
    expect(world.objects.newest('notes.txt')?.tags).toEqual({ 'imagedrop:here': 'failed not-a-disk-image' });
    expect(world.outcomes[0]?.error?.code).toBe('not-a-disk-image');
  });

  test('tags the outcome of every target', async () => {
    const world = new MemoryWorld();
    world.targets = [target('here'), target('there')];
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    for (const { record } of world.uploadQueue.sent) await streamUpload({ record }, world.invocation(record), world);
    for (const { record } of world.statusQueue.sent.splice(0)) {
      await recordStatus({ record }, world.invocation(), world);
    }
    expect(Object.keys(world.objects.newest('a.img')?.tags ?? {})).toEqual(['imagedrop:here', 'imagedrop:there']);
  });

  describe('where settled drops are marked', () => {
    async function tagsAfter(outcomes: readonly ('active' | 'failed' | 'none')[]) {
      const world = new MemoryWorld();
      world.marksSettled = true;
      world.targets = outcomes.map((_, index) => target(`t${index}`));
      world.objects.put('a.img', rawDisk());
      await createMetadata(world.event('a.img'), world.invocation(), world);
      for (const [index, { record }] of world.uploadQueue.sent.splice(0).entries()) {
        if (outcomes[index] === 'none') continue;
        const error = new ImageDropError('content-refused', 'No.');
        if (outcomes[index] === 'failed') world.endpoint.faults.push({ call: 'upload', error });
        await streamUpload({ record }, world.invocation(record), world);
      }
      for (const { record } of world.statusQueue.sent.splice(0)) {
        await recordStatus({ record }, world.invocation(), world);
      }
      return world.objects.newest('a.img')?.tags ?? {};
    }

    test.each([
      ['active at every target', ['active', 'active'], 'settled'],
      ['failed at one, where a retry needs its file', ['active', 'failed'], undefined],
      ['still under way at one', ['active', 'none'], undefined],
    ] as const)('a drop that is %s has the tag %s', async (_which, outcomes, mark) => {
      expect((await tagsAfter(outcomes)).imagedrop).toBe(mark);
    });
  });

  test('does not treat a drop as announced that is retried while its failure is reported', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', Buffer.from('Not a disk image.'));
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const failed = world.record('a.img');
    const publish = world.topic.publish;
    Object.assign(world.topic, {
      publish: async (...outcome: Parameters<typeof publish>) => {
        await publish(...outcome);
        const retry = failed.history.at(-1)?.at ?? '';
        await world.records.change(
          world.recordKey('a.img'),
          (stored) => stored && changes.retry(stored, retry, world.now()),
        );
      },
    });
    await recordStatus({ record: world.recordKey('a.img') }, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.record('a.img')).not.toHaveProperty('announcedAt');
  });

  test('tells the time at which an outcome was reported first', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', Buffer.from('Not a disk image.'));
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = { record: world.recordKey('a.img') };
    const publish = world.topic.publish;
    let first: string | undefined;
    Object.assign(world.topic, {
      publish: async (...outcome: Parameters<typeof publish>) => {
        world.topic.publish = publish;
        await recordStatus(message, world.invocation('faster'), world);
        first = world.record('a.img').announcedAt;
        world.pass(5);
        await publish(...outcome);
      },
    });
    await recordStatus(message, world.invocation('slower'), world);
    expect(first).toEqual(expect.any(String));
    expect(world.record('a.img').announcedAt).toBe(first);
  });

  test('publishes the outcome before it writes the tags', async () => {
    const { world, check } = await uploaded();
    const { tag } = world.objects;
    let published = 0;
    world.objects.tag = (ref, tags) => {
      published = world.outcomes.length;
      return tag.call(world.objects, ref, tags);
    };
    await check();
    expect(published).toBe(1);
  });

  test('writes the tags of a drop that was retried meanwhile from its record as it is', async () => {
    const { world, message } = await uploaded();
    await world.records.change(
      message.record,
      (stored) => stored && changes.fail(stored, new ImageDropError('internal', 'x'), world.time),
    );
    const { tag } = world.objects;
    world.objects.tag = async (ref, tags) => {
      const retry = world.record('a.img').history.at(-1)?.at ?? '';
      await world.records.change(message.record, (stored) => stored && changes.retry(stored, retry, world.time));
      return tag.call(world.objects, ref, tags);
    };
    await recordStatus(message, world.invocation(), world);
    expect(world.outcomes).toHaveLength(1);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.record('a.img').announcedAt).toBeUndefined();
  });

  test.each([
    ['comes again', 2],
    ['is redriven from the dead letters', 1],
  ])('writes the tags again when its message %s, from the records as they are', async (_, receives) => {
    const { world, message, check } = await uploaded();
    await check();
    const object = world.objects.newest('a.img');
    Object.assign(object?.tags ?? {}, { 'imagedrop:here': 'failed internal' });
    await recordStatus(message, world.invocation('again', undefined, receives), world);
    expect(object?.tags).toEqual({ 'imagedrop:here': expect.stringMatching(/^active /) });
    expect(world.outcomes).toHaveLength(1);
  });

  describe('where the bucket forbids tags', () => {
    const REFUSAL = 's3://drops/a.img could not be tagged: status 403, AccessDenied.';

    test('announces the outcome, and the record says why there are no tags', async () => {
      const { world, check } = await uploaded();
      world.objects.tag = async () => REFUSAL;
      await check();
      expect(world.outcomes).toHaveLength(1);
      expect(world.record('a.img')).toMatchObject({
        status: 'active',
        announcedAt: expect.any(String),
        untagged: REFUSAL,
      });
      const { revision } = world.record('a.img');
      await recordStatus({ record: world.recordKey('a.img') }, world.invocation('again', undefined, 2), world);
      expect(world.record('a.img').revision).toBe(revision);
    });

    test('forgets the refusal once the tags can be written', async () => {
      const { world, message, check } = await uploaded();
      const { tag } = world.objects;
      world.objects.tag = async () => REFUSAL;
      await check();
      world.objects.tag = tag;
      await recordStatus(message, world.invocation('again', undefined, 2), world);
      expect(world.record('a.img').untagged).toBeUndefined();
    });
  });

  test('tries the tags again after a fault that may pass, and publishes nothing twice', async () => {
    const { world, message, check } = await uploaded();
    const { tag } = world.objects;
    world.objects.tag = () => Promise.reject(new ImageDropError('aws-unavailable', 'Slow down.'));
    await expect(check()).rejects.toMatchObject({ code: 'aws-unavailable' });
    expect(world.record('a.img').announcedAt).toEqual(expect.any(String));
    world.objects.tag = tag;
    await recordStatus(message, world.invocation('again', undefined, 2), world);
    expect(world.objects.newest('a.img')?.tags).toEqual({ 'imagedrop:here': expect.stringMatching(/^active /) });
    expect(world.outcomes).toHaveLength(1);
  });

  test('gives the tags up after twelve tries, and not the message', async () => {
    const { world, message, check } = await uploaded();
    world.objects.tag = () => Promise.reject(new ImageDropError('aws-unavailable', 'Slow down.'));
    await expect(check()).rejects.toMatchObject({ code: 'aws-unavailable' });
    await recordStatus(message, world.invocation('last', undefined, 12), world);
    expect(world.record('a.img').untagged).toBe('Slow down.');
  });

  test('writes no tags where they are turned off', async () => {
    const { world, message, check } = await uploaded();
    world.tagsDrops = false;
    await check();
    await recordStatus(message, world.invocation('again', undefined, 2), world);
    expect(world.objects.newest('a.img')?.tags).toEqual({});
    expect(world.outcomes).toHaveLength(1);
  });

  test('announces although the object has been deleted', async () => {
    const { world, check } = await uploaded();
    world.objects.versions.length = 0;
    await check();
    expect(world.outcomes).toHaveLength(1);
  });

  test('leaves late messages alone and passes on a record that begins again', async () => {
    const { world, message, check } = await uploaded();
    const stored = world.record('a.img');
    world.records.stored.set(message.record, { ...stored, status: 'uploading' });
    await check();
    expect(world.statusQueue.sent).toEqual([]);
    world.records.stored.set(message.record, { ...stored, status: 'received' });
    await check();
    expect(world.ingestQueue.sent).toHaveLength(1);
    await expect(recordStatus({ record: 'none.json' }, world.invocation(), world)).rejects.toMatchObject({
      code: 'bad-message',
    });
  });

  test('fails a record whose target has left the stack', async () => {
    const { world, check } = await uploaded();
    world.targets = [target('elsewhere')];
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'no-such-cloud' } });
  });
});

test('has the object read again for the hash that the endpoint reports', async () => {
  const { world, id, message, check } = await uploaded();
  const image = world.endpoint.images.get(id);
  const sha256 = createHash('sha256').update(rawDisk()).digest('hex');
  if (image !== undefined) world.endpoint.images.set(id, { ...image, hashes: { sha256 } });
  await check();
  expect(world.record('a.img').status).toBe('uploading');
  await createMetadata(world.ingestQueue.sent.at(-1), world.invocation(), world);
  await streamUpload(message, world.invocation('again'), world);
  await check();
  expect(world.record('a.img')).toMatchObject({
    status: 'active',
    verification: { outcome: 'verified', algorithm: 'sha256' },
  });
  expect(world.endpoint.uploads).toBe(1);
});
