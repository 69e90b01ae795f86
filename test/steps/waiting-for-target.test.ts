import { describe, expect, test } from '@jest/globals';
import { type ErrorCode, ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { MAX_ATTEMPTS } from '../../lambda/steps/under-lease.ts';
import { delaySeconds, LONGEST_WAIT_SECONDS } from '../../lambda/steps/waiting-for-target.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';

const refused = (code: ErrorCode = 'endpoint-busy', retryAfterSeconds?: number) =>
  new ImageDropError(code, 'The cloud has no room.', {
    wholeTarget: true,
    retryable: true,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });

function worldWith(key = 'a.img') {
  const world = new MemoryWorld();
  world.objects.put(key, rawDisk());
  return world;
}

/** Takes the message of a drop that was put off, when its time has come. */
function nextMessage(world: MemoryWorld) {
  const [message] = world.ownQueue.sent.splice(0);
  world.pass(message?.delaySeconds ?? 0);
  return message;
}

describe('a target that has no room for anybody', () => {
  test('is left alone by all drops, which lose no attempt and come back when it is over', async () => {
    const world = worldWith();
    world.objects.put('b.img', rawDisk());
    world.endpoint.faults.push({ call: 'create', error: refused('quota-exceeded', 40) });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    await createMetadata(world.event('b.img'), world.invocation(), world);
    for (const key of ['a.img', 'b.img']) {
      expect(world.record(key)).toMatchObject({
        status: 'received',
        attempts: 0,
        waiting: { code: 'quota-exceeded', message: 'The cloud has no room.', since: world.time.toISOString() },
      });
      expect(world.record(key)).not.toHaveProperty('lease');
    }
    expect(world.ownQueue.sent.map(({ delaySeconds: delay }) => delay >= 40 && delay <= 71)).toEqual([true, true]);
    expect(world.endpoint.images.size).toBe(0);
    await createMetadata(nextMessage(world), world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'created' });
    expect(world.record('a.img')).not.toHaveProperty('waiting');
    expect(world.pauses.stored.get('here')?.endedAt).toBe(world.time.toISOString());
  });

  test('is counted for each drop that it puts off, also while it asks for an hour', async () => {
    const world = worldWith();
    world.endpoint.faults.push({ call: 'create', error: refused('endpoint-busy', 3600) });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    for (let quarter = 1; quarter < 4; quarter += 1) {
      await createMetadata(nextMessage(world), world.invocation(), world);
      expect(world.pauseCounts).toHaveLength(quarter);
    }
    expect(new Set(world.pauseCounts)).toEqual(new Set(['here']));
  });

  test('costs no attempt, however often it says so', async () => {
    const world = worldWith();
    let message: unknown = world.event('a.img');
    for (let round = 0; round < 3 * MAX_ATTEMPTS; round += 1) {
      world.endpoint.faults.push({ call: 'create', error: refused() });
      await createMetadata(message, world.invocation(`round-${round}`), world);
      message = nextMessage(world);
    }
    expect(world.record('a.img')).toMatchObject({ status: 'received', attempts: 0 });
    await createMetadata(message, world.invocation(), world);
    expect(world.record('a.img').status).toBe('created');
  });

  test('fails a drop with what it says when that was so for four days', async () => {
    const world = worldWith();
    world.endpoint.faults.push({ call: 'create', error: refused('quota-exceeded') });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = nextMessage(world);
    world.pass(LONGEST_WAIT_SECONDS);
    world.endpoint.faults.push({ call: 'create', error: refused('quota-exceeded') });
    await createMetadata(message, world.invocation('late'), world);
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: {
        code: 'quota-exceeded',
        message: 'Target unavailable for 4 days: The cloud has no room.',
        retryable: false,
      },
    });
  });

  test('or refuses the password keeps its drops waiting at each stage, and they go on', async () => {
    const world = worldWith();
    world.endpoint.faults.push({ call: 'create', error: refused('unauthorized') });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', attempts: 0, waiting: { code: 'unauthorized' } });
    await createMetadata(nextMessage(world), world.invocation('again'), world);
    const message = { record: world.recordKey('a.img') };
    await streamUpload(message, world.invocation(), world);
    world.endpoint.faults.push({ call: 'get', error: refused('unauthorized') });
    await recordStatus(message, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'processing', waiting: { code: 'unauthorized' } });
    const again = world.statusQueue.sent.at(-1);
    world.pass(again?.delaySeconds ?? 0);
    await recordStatus(again, world.invocation(), world);
    expect(world.record('a.img').status).toBe('active');
  });

  test('fails a drop whose credentials were wrong for four days, and says what to correct', async () => {
    const world = worldWith();
    world.endpoint.faults.push({ call: 'create', error: refused('unauthorized') });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = nextMessage(world);
    world.pass(LONGEST_WAIT_SECONDS);
    world.endpoint.faults.push({ call: 'create', error: refused('unauthorized') });
    await createMetadata(message, world.invocation('late'), world);
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: { code: 'unauthorized', retryable: false, nextStep: expect.stringContaining('clouds.yaml') },
    });
  });

  test('keeps an upload waiting, too', async () => {
    const world = worldWith();
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = { record: world.recordKey('a.img') };
    world.endpoint.faults.push({ call: 'upload', error: refused('store-full') });
    await streamUpload(message, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'uploading', attempts: 0, waiting: { code: 'store-full' } });
    await streamUpload(nextMessage(world), world.invocation('again'), world);
    expect(world.record('a.img').status).toBe('processing');
  });

  test('says nothing against an image that is asked for, though it should have been active long ago', async () => {
    const world = worldWith();
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = { record: world.recordKey('a.img') };
    await streamUpload(message, world.invocation(), world);
    world.statusQueue.sent.length = 0;
    world.pass(2 * (world.targets[0]?.activeWithinSeconds ?? 0));
    world.endpoint.faults.push({ call: 'get', error: refused() });
    await recordStatus(message, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'processing', waiting: { code: 'endpoint-busy' } });
    const [again] = world.statusQueue.sent.splice(0);
    await recordStatus(again, world.invocation(), world);
    expect(world.statusQueue.sent).toHaveLength(1);
    world.pass(60);
    await recordStatus(again, world.invocation(), world);
    expect(world.record('a.img').status).toBe('active');
  });

  test('for another image lets those that are there be uploaded', async () => {
    const world = worldWith();
    world.objects.put('b.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    world.endpoint.faults.push({ call: 'create', error: refused('quota-exceeded') });
    await createMetadata(world.event('b.img'), world.invocation(), world);
    await streamUpload({ record: world.recordKey('a.img') }, world.invocation(), world);
    expect(world.record('a.img').status).toBe('processing');
    expect(world.pauses.stored.get('here')?.endedAt).toBeUndefined();
  });

  test('changes nothing of a drop that another message has settled meanwhile', async () => {
    const world = worldWith();
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = { record: world.recordKey('a.img') };
    await streamUpload(message, world.invocation(), world);
    world.endpoint.faults.push({ call: 'get', error: refused() });
    const begin = world.pauses.begin.bind(world.pauses);
    world.pauses.begin = async (...refusal) => {
      await recordStatus(message, world.invocation('faster'), world);
      return begin(...refusal);
    };
    await recordStatus(message, world.invocation('refused'), world);
    expect(world.record('a.img')).toMatchObject({ status: 'active', announcedAt: expect.any(String) });
    expect(world.record('a.img')).not.toHaveProperty('error');
    expect(world.record('a.img')).not.toHaveProperty('waiting');
  });

  test('is not given of a drop that another message has settled meanwhile', async () => {
    const world = worldWith();
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = { record: world.recordKey('a.img') };
    await streamUpload(message, world.invocation(), world);
    const pause = await world.pauses.begin({ target: 'here', stage: 'status' }, refused());
    world.pauses.of = async () => {
      world.pauses.of = async () => undefined;
      await recordStatus(message, world.invocation('faster'), world);
      return pause;
    };
    await recordStatus(message, world.invocation('late'), world);
    expect(world.record('a.img').status).toBe('active');
    expect(world.record('a.img')).not.toHaveProperty('waiting');
  });

  test('does not hold up other targets', async () => {
    const world = worldWith();
    world.targets = [target('full'), target('here')];
    world.pauses.stored.set('full', {
      target: 'full',
      holds: 'all',
      code: 'quota-exceeded',
      message: 'Full.',
      since: world.time.toISOString(),
      until: new Date(world.time.getTime() + 60_000).toISOString(),
      times: 1,
    });
    await createMetadata(world.event('a.img'), world.invocation(), world);
    expect(world.record('a.img', 'here').status).toBe('created');
    expect(world.record('a.img', 'full').status).toBe('received');
  });
});

test('drops that waited together come back one after the other', () => {
  const pause = { target: 't', holds: 'all', code: 'endpoint-busy', message: '', since: '', times: 1 } as const;
  const now = new Date('2026-01-02T03:04:05.000Z');
  const until = '2026-01-02T03:05:05.000Z';
  const delays = Array.from({ length: 1000 }, (_, index) => delaySeconds(`${index}`, { ...pause, until }, now));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(60);
  expect(Math.max(...delays)).toBeLessThanOrEqual(90);
  for (let second = 61; second <= 90; second += 1) {
    expect(delays.filter((delay) => delay === second).length).toBeLessThan(70);
  }
});
