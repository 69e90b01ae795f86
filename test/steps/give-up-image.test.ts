import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { MAX_ATTEMPTS } from '../../lambda/steps/under-lease.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';
import { stalledAt } from '../support/stalled-writer.ts';

const DISK = rawDisk();

async function uploaded<W extends MemoryWorld>(world: W) {
  world.objects.put('a.img', DISK);
  await createMetadata(world.event('a.img'), world.invocation('create-1'), world);
  const message = { record: world.recordKey('a.img') };
  await streamUpload(message, world.invocation('upload-1'), world);
  const id = world.record('a.img').image?.id ?? '';
  world.endpoint.become(id, 'saving');
  return { world, message, id };
}

/** The images that are there, and the status that must agree with them. */
const outcome = (world: MemoryWorld) => ({
  status: world.record('a.img').status,
  images: [...world.endpoint.images.values()].map(({ status }) => status),
});
const ACTIVE = { status: 'active', images: ['active'] };
const FAILED = { status: 'failed', images: [] };

describe('two messages of one drop at its time limit', () => {
  test('an active record keeps its image when the other message was about to fail the drop', async () => {
    const { world, message, id } = await uploaded(new MemoryWorld());
    world.pass(3601);
    const late = stalledAt(world, ({ status }) => status === 'failed');
    const failing = recordStatus(message, world.invocation('late'), late.world);
    await late.stalls;
    world.endpoint.become(id, 'active', DISK);
    await recordStatus(message, world.invocation('twin'), world);
    late.goOn();
    await failing;
    expect(outcome(world)).toEqual(ACTIVE);
  });

  test('a drop that has failed, with its outcome published, gets no second message', async () => {
    const { world, message } = await uploaded(new MemoryWorld());
    world.pass(3601);
    const late = stalledAt(world, ({ status }) => status === 'failed');
    const failing = recordStatus(message, world.invocation('late'), late.world);
    await late.stalls;
    await recordStatus(message, world.invocation('twin'), world);
    await recordStatus(message, world.invocation('outcome'), world);
    const { length } = world.statusQueue.sent;
    late.goOn();
    await failing;
    expect(world.record('a.img').announcedAt).toBeDefined();
    expect(world.statusQueue.sent).toHaveLength(length);
  });

  test('a drop that was failed a moment before does not become active', async () => {
    const { world, message, id } = await uploaded(new MemoryWorld());
    const late = stalledAt(world, ({ status }) => status === 'active');
    world.endpoint.become(id, 'active', DISK);
    const settling = recordStatus(message, world.invocation('late'), late.world);
    await late.stalls;
    world.endpoint.become(id, 'saving');
    world.pass(3601);
    await recordStatus(message, world.invocation('twin'), world);
    late.goOn();
    await settling;
    expect(outcome(world)).toEqual(FAILED);
  });

  test('a dead letter that is settled beside a live twin leaves an active record with its image', async () => {
    const { world, message, id } = await uploaded(new ReconcileWorld());
    world.records.stored.set(message.record, { ...world.record('a.img'), attempts: 1 });
    world.letters.push({ stage: 'status', messageId: 'm', body: JSON.stringify(message), sentAt: world.time });
    const late = stalledAt(world, ({ status }) => status === 'failed');
    const reconciling = ReconcileWorld.prototype.run.call(late.world);
    await late.stalls;
    world.endpoint.become(id, 'active', DISK);
    await recordStatus(message, world.invocation('twin'), world);
    late.goOn();
    await reconciling;
    expect(outcome(world)).toEqual(ACTIVE);
  });
});

describe('a verdict on one image', () => {
  test('of record-status does not touch the next', async () => {
    const { world, message, id } = await uploaded(new MemoryWorld());
    world.pass(3601);
    const late = stalledAt(world, ({ status }) => status === 'failed');
    const failing = recordStatus(message, world.invocation('late'), late.world);
    await late.stalls;
    world.endpoint.become(id, 'killed');
    await recordStatus(message, world.invocation('twin'), world);
    await createMetadata(message, world.invocation('create-2'), world);
    await streamUpload(message, world.invocation('upload-2'), world);
    late.goOn();
    await failing;
    await recordStatus(message, world.invocation(), world);
    expect(world.record('a.img').generation).toBe(2);
    expect(outcome(world)).toEqual(ACTIVE);
  });

  test('of the last attempt at an upload, which stalled for longer than its lease, does not touch the next', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', DISK);
    await createMetadata(world.event('a.img'), world.invocation('create-1'), world);
    const message = { record: world.recordKey('a.img') };
    const last = { ...world.record('a.img'), status: 'uploading', attempts: MAX_ATTEMPTS - 1 } as const;
    world.records.stored.set(message.record, last);
    world.endpoint.faults.push({ call: 'upload', error: new ImageDropError('upload-interrupted', 'Broken.') });
    const late = stalledAt(world, ({ status }) => status === 'failed');
    const failing = streamUpload(message, world.invocation('late'), late.world);
    await late.stalls;
    world.pass(61);
    world.records.stored.set(message.record, { ...world.record('a.img'), attempts: 5 });
    world.endpoint.become(world.record('a.img').image?.id ?? '', 'killed');
    await streamUpload(message, world.invocation('upload-1'), world);
    await createMetadata(message, world.invocation('create-2'), world);
    await streamUpload(message, world.invocation('upload-2'), world);
    late.goOn();
    await expect(failing).rejects.toMatchObject({ code: 'lease-held' });
    await recordStatus(message, world.invocation(), world);
    expect(outcome(world)).toEqual(ACTIVE);
  });

  test('of a fast import, which has no image yet, begins again once', async () => {
    const world = new MemoryWorld();
    world.endpoint.route = 'fast-import';
    world.staging.isDropBucket = true;
    world.objects.put('a.img', DISK);
    await createMetadata(world.event('a.img'), world.invocation('create-1'), world);
    const message = { record: world.recordKey('a.img') };
    await streamUpload(message, world.invocation('upload-1'), world);
    world.endpoint.jobs = { 'job-1': { state: 'failed', failure: new ImageDropError('endpoint-busy', 'IMG.0060') } };
    const late = stalledAt(world, ({ status }) => status === 'received');
    const again = recordStatus(message, world.invocation('late'), late.world);
    await late.stalls;
    await recordStatus(message, world.invocation('twin'), world);
    await createMetadata(message, world.invocation('create-2'), world);
    await streamUpload(message, world.invocation('upload-2'), world);
    late.goOn();
    await again;
    expect(world.record('a.img')).toMatchObject({ status: 'processing', generation: 2, register: { jobId: 'job-2' } });
    expect(world.endpoint.registered).toHaveLength(2);
    expect(world.endpoint.images.size).toBe(1);
  });
});

describe('a chunk that comes late', () => {
  test.each(['object-gone', 'staging-refused'] as const)(
    'and fails with %s does not fail a record that has moved on',
    async (code) => {
      const world = new MemoryWorld();
      world.endpoint.route = 'register';
      world.objects.put('a.img', DISK);
      await createMetadata(world.event('a.img'), world.invocation(), world);
      const message = { record: world.recordKey('a.img') };
      await streamUpload(message, world.invocation('upload-1'), world);
      const [opened, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const objects = Object.assign(Object.create(world.objects), {
        open: async () => {
          opened.resolve();
          await released.promise;
          throw new ImageDropError(code, 'It was deleted after its upload.');
        },
      });
      const late = streamUpload({ ...message, chunk: 0 }, world.invocation('late'), { ...world, objects });
      await opened.promise;
      await streamUpload({ ...message, chunk: 0 }, world.invocation('upload-2'), world);
      expect(world.record('a.img').status).toBe('processing');
      released.resolve();
      await late;
      expect(world.record('a.img').status).toBe('processing');
      expect(world.endpoint.images.size).toBe(1);
    },
  );
});

describe('an image that could not be deleted', () => {
  async function leftBehind() {
    const { world, message, id } = await uploaded(new MemoryWorld());
    const refused = () => new ImageDropError('forbidden', 'The role has changed.');
    world.endpoint.faults.push({ call: 'get', error: refused() }, { call: 'delete', error: refused() });
    await recordStatus(message, world.invocation(), world);
    await recordStatus(message, world.invocation(), world);
    const retry = { ...message, retry: world.record('a.img').history.at(-1)?.at };
    return { world, message, id, retry };
  }

  test('is named in the announced record, with the reason', async () => {
    const { world, id } = await leftBehind();
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      announcedAt: expect.any(String),
      removing: [{ generation: 1, imageId: id, reason: 'forbidden', obstacle: 'The role has changed.' }],
    });
  });

  test('is deleted before a retry creates another: one live image', async () => {
    const { world, message, retry } = await leftBehind();
    await createMetadata(retry, world.invocation('create-2'), world);
    await streamUpload(message, world.invocation('upload-2'), world);
    await recordStatus(message, world.invocation(), world);
    expect(outcome(world)).toEqual(ACTIVE);
    expect(world.record('a.img').removing).toBeUndefined();
  });

  test('keeps a retry from creating another while it still cannot be deleted', async () => {
    const { world, id, retry } = await leftBehind();
    world.endpoint.faults.push({ call: 'delete', error: new ImageDropError('forbidden', 'Still not.') });
    world.endpoint.faults.push({ call: 'delete', error: new ImageDropError('forbidden', 'Still not.') });
    await createMetadata(retry, world.invocation('create-2'), world);
    expect(world.record('a.img')).toMatchObject({ status: 'failed', generation: 2, removing: [{ imageId: id }] });
    expect([...world.endpoint.images.keys()]).toEqual([id]);
  });

  test('of a begun generation is deleted by the next message, when the function died before it was', async () => {
    const { world, message, id } = await uploaded(new MemoryWorld());
    world.endpoint.become(id, 'killed');
    world.endpoint.faults.push({ call: 'delete', error: new ImageDropError('endpoint-unavailable', 'No answer.') });
    await recordStatus(message, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', removing: [{ generation: 1, imageId: id }] });
    await createMetadata(message, world.invocation('create-2'), world);
    expect(world.endpoint.deletedIds).toContain(id);
    expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 2 });
    expect(world.record('a.img').removing).toBeUndefined();
  });

  test('because its target is away holds the outcome back without a message among the dead letters', async () => {
    const { world, message, id } = await uploaded(new MemoryWorld());
    const away = () => new ImageDropError('endpoint-unavailable', 'No answer.', { wholeTarget: true });
    world.endpoint.become(id, 'active', DISK);
    await world.records.change(message.record, (stored) => stored && { ...stored, generation: 5 });
    world.endpoint.become(id, 'killed');
    world.endpoint.faults.push({ call: 'delete', error: away() }, { call: 'delete', error: away() });
    await recordStatus(message, world.invocation(), world);
    world.statusQueue.sent.length = 0;
    await recordStatus(message, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'image-killed' }, waiting: {} });
    expect(world.statusQueue.sent).toMatchObject([{ record: message.record, delaySeconds: expect.any(Number) }]);
    expect(world.outcomes).toEqual([]);
    await recordStatus(message, world.invocation(), world);
    expect(world.outcomes).toMatchObject([{ status: 'failed', error: { code: 'image-killed' } }]);
    expect(world.record('a.img').waiting).toBeUndefined();
  });
});

test('after a retry, the second copy in object storage is removed, too', async () => {
  const world = new MemoryWorld();
  world.endpoint.route = 'register';
  world.objects.put('a.img', DISK);
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const message = { record: world.recordKey('a.img') };
  let calls = 0;
  const upload = async () => {
    await streamUpload(message, world.invocation(`upload-${++calls}`), world);
    await streamUpload({ ...message, chunk: 0 }, world.invocation(`upload-${++calls}`), world);
  };
  await upload();
  world.endpoint.jobs = { 'job-1': { state: 'failed', failure: new ImageDropError('content-refused', 'IMG.0057') } };
  await recordStatus(message, world.invocation(), world);
  await recordStatus(message, world.invocation(), world);
  expect(world.record('a.img')).toMatchObject({ status: 'failed', staging: { removedAt: expect.any(String) } });
  const retry = world.record('a.img').history.at(-1)?.at;
  await createMetadata({ ...message, retry }, world.invocation('create-2'), world);
  await upload();
  expect(world.staging.objects.size).toBe(1);
  world.endpoint.become(world.record('a.img').image?.id ?? '', 'active', DISK);
  await recordStatus(message, world.invocation(), world);
  expect(world.record('a.img')).toMatchObject({ status: 'active', announcedAt: expect.any(String) });
  expect(world.staging.objects.size).toBe(0);
});

describe('a store that takes long to save', () => {
  /** The function has sent everything and died, or its time was over, while the store still saved. */
  async function sentWhole(bytes: number) {
    const world = new MemoryWorld();
    world.objects.put('a.img', DISK);
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = { record: world.recordKey('a.img') };
    const at = world.time.toISOString();
    const record = world.record('a.img');
    const progress = { bytes, totalBytes: bytes, bytesPerSecond: 2 ** 26, at };
    world.records.stored.set(message.record, {
      ...record,
      ...(record.plan && { plan: { ...record.plan, range: { offset: 0, length: bytes } } }),
      progress,
      status: 'uploading',
      attempts: 1,
    });
    const id = record.image?.id ?? '';
    world.endpoint.become(id, 'saving');
    return { world, message, id };
  }

  test('keeps its image for as long as the slowest store needs, and no attempt counts', async () => {
    const { world, message, id } = await sentWhole(10 * 2 ** 30);
    for (let look = 0; look < 30; look += 1) {
      world.pass(34);
      await streamUpload(message, world.invocation(`look-${look}`), world);
    }
    expect(world.record('a.img')).toMatchObject({ status: 'uploading', attempts: 1, image: { id } });
    expect(world.endpoint.images.has(id)).toBe(true);
    expect(world.ownQueue.sent).toHaveLength(30);
  });

  test('loses its image when it has not saved it by then', async () => {
    const { world, message, id } = await sentWhole(10 * 2 ** 30);
    world.pass(60 + 1024);
    await streamUpload(message, world.invocation('late'), world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.endpoint.images.has(id)).toBe(false);
  });
});
