import { describe, expect, test } from '@jest/globals';
import { ALL_RIGHTS } from '../../lambda/model/dropper-rights.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';
import { stalledAt } from '../support/stalled-writer.ts';

const SAID = { visibility: 'public', protected: 'true' };

async function created(userMetadata: Record<string, string> = SAID) {
  const world = new MemoryWorld();
  world.targets = [{ ...target('here'), droppersMay: ALL_RIGHTS }];
  world.objects.put('a.img', rawDisk(), userMetadata);
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const message = { record: world.recordKey('a.img') };
  return { world, message, image: () => world.endpoint.images.get(world.record('a.img').image?.id ?? '') };
}

async function uploaded(userMetadata?: Record<string, string>) {
  const begun = await created(userMetadata);
  await streamUpload(begun.message, begun.world.invocation('u'), begun.world);
  return { ...begun, check: () => recordStatus(begun.message, begun.world.invocation('s'), begun.world) };
}

describe('an image that is to be public and protected', () => {
  test('is private and unprotected until it is verified', async () => {
    const { world, image, check } = await uploaded();
    expect(image()).toMatchObject({ status: 'active', visibility: 'private', protected: false });
    expect(world.record('a.img').sent).toMatchObject({ visibility: 'public', protected: true });
    await check();
    expect(image()).toMatchObject({ visibility: 'public', protected: true });
    expect(world.record('a.img')).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
  });

  test('stays private where its bytes are not what was sent', async () => {
    const { world, image, check } = await uploaded();
    world.endpoint.become(image()?.id ?? '', 'active', rawDisk(4096, 2));
    const released: string[] = [];
    world.endpoint.release = async (id) => void released.push(id);
    await check();
    expect(released).toEqual([]);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.record('a.img').verification).toBeUndefined();
    expect(world.endpoint.images.size).toBe(0);
  });

  test.each(['before', 'after'])('is released again where the function dies %s the release', async (when) => {
    const { world, message, image, check } = await uploaded();
    if (when === 'before') world.endpoint.faults.push({ call: 'release', error: new Error('The function died.') });
    else world.records.failsAt = (next) => next.status === 'active';
    await check().catch(() => {});
    expect(world.records.stored.get(message.record)).toMatchObject({ status: 'processing', verification: {} });
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'active' });
    expect(image()).toMatchObject({ visibility: 'public', protected: true });
  });

  test('waits for an endpoint that is away at that moment', async () => {
    const { world, check } = await uploaded();
    const error = new ImageDropError('endpoint-unavailable', 'The endpoint answered 500.');
    world.endpoint.faults.push({ call: 'release', error });
    await check();
    expect(world.record('a.img').status).toBe('processing');
    await check();
    expect(world.record('a.img').status).toBe('active');
  });

  test('fails, and leaves no image, where the cloud does not let us publish: the place is named', async () => {
    const { world, check } = await uploaded();
    world.endpoint.faults.push({
      call: 'release',
      error: new ImageDropError('forbidden', 'It was answered with 403.'),
    });
    await check();
    const { status, error } = world.record('a.img');
    expect([status, error?.code]).toEqual(['failed', 'forbidden']);
    expect(error?.message).toContain('visibility is public (x-amz-meta-visibility)');
    expect(error?.nextStep).toContain('imagedrop retry');
    expect(world.endpoint.images.size).toBe(0);
  });

  test('is not released where another message has begun anew meanwhile', async () => {
    const { world, message, check } = await uploaded();
    const { get } = world.endpoint;
    world.endpoint.get = async (id) => {
      const image = await get.call(world.endpoint, id);
      const record = world.record('a.img');
      world.records.stored.set(message.record, { ...record, status: 'received', generation: 2 });
      return image;
    };
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect([...world.endpoint.images.values()]).toMatchObject([{ visibility: 'private', protected: false }]);
  });

  test('is not failed by a message at its time limit while another message releases it', async () => {
    const { world, message, image, check } = await uploaded();
    const [released, failing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { release } = world.endpoint;
    world.endpoint.release = async (id, as) => {
      failing.resolve();
      await released.promise;
      return release.call(world.endpoint, id, as);
    };
    world.pass(3601);
    const shown = image();
    const late = stalledAt(world, ({ status }) => status === 'failed');
    // A replica that lags shows the image as it was.
    const get = async () => shown && { ...shown, status: 'saving' as const };
    const endpoints = {
      of: async () => ({ ...world.endpoint, get, delete: world.endpoint.delete.bind(world.endpoint) }),
    };
    const timingOut = recordStatus(message, world.invocation('late'), { ...late.world, endpoints } as never);
    await late.stalls;
    const releasing = check();
    await failing.promise;
    late.goOn();
    await timingOut;
    released.resolve();
    await releasing;
    expect(world.record('a.img')).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
    expect(image()).toMatchObject({ status: 'active', visibility: 'public', protected: true });
  });

  test('whose upload was interrupted is made anew', async () => {
    const { world, message } = await created();
    world.endpoint.become(world.record('a.img').image?.id ?? '', 'saving');
    world.records.stored.set(message.record, { ...world.record('a.img'), status: 'uploading', attempts: 1 });
    world.pass(120);
    await streamUpload(message, world.invocation('u2'), world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('whose key is written again before its upload is superseded, and leaves no image', async () => {
    const { world, message } = await created();
    world.objects.put('a.img', rawDisk(4096, 2));
    await streamUpload(message, world.invocation('u'), world);
    expect(world.records.stored.get(message.record)?.status).toBe('superseded');
    expect(world.endpoint.images.size).toBe(0);
  });
});

describe('an image that is to be shared', () => {
  const SHARED = { 'shared-with': 'team-a, team-b' };

  test('has its members once it is verified, and not before', async () => {
    const { world, image, check } = await uploaded(SHARED);
    expect([image()?.visibility, world.endpoint.members.size]).toEqual(['private', 0]);
    await check();
    expect(image()).toMatchObject({ visibility: 'shared' });
    expect([...world.endpoint.members.values()]).toEqual([['team-a', 'team-b']]);
    expect(world.record('a.img')).toMatchObject({ status: 'active', sent: { sharedWith: ['team-a', 'team-b'] } });
    expect(world.record('a.img').unshared).toBeUndefined();
  });

  test.each([
    ['before the release', 'release', false],
    ['before the first member', 'share', false],
    ['after the first member', 'share', true],
  ] as const)('has its members after a crash %s', async (_when, call, afterEffect) => {
    const { world, check } = await uploaded(SHARED);
    world.endpoint.faults.push({ call, error: new ImageDropError('endpoint-unavailable', 'It died.'), afterEffect });
    await check();
    expect(world.record('a.img').status).toBe('processing');
    await check();
    expect([...world.endpoint.members.values()]).toEqual([['team-a', 'team-b']]);
    expect(world.record('a.img').status).toBe('active');
  });

  test('is active with the reason where the cloud refuses a member, and has the others', async () => {
    const { world, check } = await uploaded(SHARED);
    world.endpoint.faults.push({ call: 'share', error: new ImageDropError('forbidden', 'Not team-a.') });
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'active', unshared: 'Not team-a.' });
    expect([...world.endpoint.members.values()]).toEqual([['team-b']]);
    expect(world.outcomes).toMatchObject([{ status: 'active', unshared: 'Not team-a.' }]);
  });

  test('is active where the cloud answers no request for a member until the time is over', async () => {
    const { world, check } = await uploaded(SHARED);
    const error = new ImageDropError('endpoint-unavailable', 'Away.');
    world.endpoint.share = async () => Promise.reject(error);
    await check();
    expect(world.record('a.img').status).toBe('processing');
    world.pass(3601);
    await check();
    expect(world.record('a.img')).toMatchObject({ status: 'active', unshared: 'Away. Away.' });
  });

  test('is made anew by the next drop of the same bytes where a member is missing', async () => {
    const { world, check } = await uploaded(SHARED);
    world.endpoint.faults.push({ call: 'share', error: new ImageDropError('forbidden', 'Not team-a.') });
    await check();
    world.pass(60);
    world.objects.put('a.img', rawDisk(), SHARED);
    await createMetadata(world.event('a.img'), world.invocation(), world);
    expect(world.record('a.img').status).toBe('created');
  });
});

test('an image that is to be private costs no call more', async () => {
  const { world, check } = await uploaded({});
  world.endpoint.release = async () => {
    throw new Error('It was released.');
  };
  await check();
  expect(world.record('a.img').status).toBe('active');
});
