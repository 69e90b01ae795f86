import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../../lambda/model/errors.ts';
import type { QueueStage } from '../../../lambda/model/record.ts';
import { createMetadata } from '../../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../../lambda/steps/record-status.ts';
import { streamUpload } from '../../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../../support/disk.ts';
import { ReconcileWorld } from '../../support/reconcile-world.ts';

function letter(world: ReconcileWorld, stage: QueueStage, message: unknown, sentAt = world.time): void {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  world.letters.push({ stage, messageId: 'm1', body, sentAt });
}

async function created() {
  const world = new ReconcileWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  return { world, message: { record: world.recordKey('a.img') } };
}

/** An attempt on the present status has begun, and nothing was heard of it. */
function withAttempt(world: ReconcileWorld): void {
  const key = world.recordKey('a.img');
  world.records.stored.set(key, { ...world.record('a.img'), attempts: 1 });
}

/** The same at the upload. */
async function tried() {
  const run = await created();
  withAttempt(run.world);
  return run;
}

describe('a dead letter', () => {
  test('settles the record that waits for it, with the last cause, and leaves no image', async () => {
    const { world, message } = await created();
    const error = new ImageDropError('endpoint-unavailable', 'No answer.');
    world.endpoint.faults.push({ call: 'upload', error });
    await expect(streamUpload(message, world.invocation(), world)).rejects.toThrow('No answer.');
    letter(world, 'upload', message);
    const { findings } = (await world.run()).run;
    expect(findings).toMatchObject([{ kind: 'dead-letter-settled', subject: message.record }]);
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: {
        code: 'retries-exhausted',
        message: expect.stringContaining('the last cause: endpoint-unavailable: No answer.'),
        nextStep: expect.stringContaining('imagedrop retry'),
      },
      deadLetter: 'upload',
    });
    await recordStatus(message, world.invocation(), world);
    expect(world.endpoint.images.size).toBe(0);
    expect(world.letters).toHaveLength(1);
  });

  test('names what was last seen where an attempt stored no error', async () => {
    const { world, message } = await tried();
    letter(world, 'upload', message);
    await world.run();
    expect(world.record('a.img').error?.message).toContain('the last cause: attempt 1 began and stored no result');
  });

  test.each(['ingest', 'upload', 'status'] as const)(
    'of a message that was throttled at %s fails no record, and the drop is sent again',
    async (stage) => {
      const world = new ReconcileWorld();
      world.objects.put('a.img', rawDisk());
      const { open } = world.objects;
      if (stage === 'ingest') world.objects.open = () => Promise.reject(new Error('No attempt ends here.'));
      await createMetadata(world.event('a.img'), world.invocation(), world).catch(() => {});
      world.objects.open = open;
      const message = { record: world.recordKey('a.img') };
      if (stage === 'status') await streamUpload(message, world.invocation(), world);
      const { error: _, ...untried } = world.record('a.img');
      world.records.stored.set(message.record, { ...untried, attempts: 0 });
      const { status } = untried;
      letter(world, stage, message);
      world.pass(3600);
      const { findings } = (await world.run()).run;
      expect(findings).toMatchObject([{ kind: 'sent-again', subject: message.record }]);
      expect(world.record('a.img').status).toBe(status);
      expect(world.ingestQueue.sent).toContainEqual({ ...message, delaySeconds: 0 });
    },
  );

  test('is open until its record is settled, and then no alarm any more', async () => {
    const { world, message } = await tried();
    letter(world, 'upload', message);
    await world.run();
    expect(world.openLetters.get('stream-upload')).toBe(1);
    await world.run();
    expect(world.openLetters.get('stream-upload')).toBe(0);
    expect(world.letters).toHaveLength(1);
  });

  test('is open while its drop has not begun again, and where it cannot be read', async () => {
    const { world, message } = await created();
    letter(world, 'upload', message);
    letter(world, 'status', 'what?');
    await world.run();
    expect(Object.fromEntries(world.openLetters)).toEqual({
      'create-metadata': 0,
      'unpack-image': 0,
      'stream-upload': 1,
      'record-status': 1,
    });
    await streamUpload(message, world.invocation(), world);
    await world.run();
    expect(world.openLetters.get('stream-upload')).toBe(0);
  });

  test('settles it once', async () => {
    const { world, message } = await tried();
    letter(world, 'upload', message);
    await world.run();
    const { revision } = world.record('a.img');
    expect((await world.run()).run.findings).toEqual([]);
    expect(world.record('a.img').revision).toBe(revision);
  });

  test('of an S3 event sends a drop again that never had a record, once', async () => {
    const world = new ReconcileWorld();
    world.objects.put('a.img', rawDisk());
    const { head } = world.objects;
    world.objects.head = () => Promise.reject(new ImageDropError('source-unreadable', 'S3 did not give it.'));
    letter(world, 'ingest', world.event('a.img'));
    const { findings } = (await world.run()).run;
    expect(findings).toMatchObject([{ kind: 'sent-again', subject: world.recordKey('a.img') }]);
    expect(world.record('a.img')).toMatchObject({ status: 'received', attempts: 0 });
    await world.run();
    expect(world.ingestQueue.sent).toHaveLength(1);
    world.objects.head = head;
    await createMetadata(world.ingestQueue.sent[0], world.invocation(), world);
    expect(world.record('a.img').status).toBe('created');
  });

  test.each([
    ['of a stage that the record has left', 'ingest', {}],
    ['while somebody works on the record', 'upload', { lease: { holder: 'x', until: '2100-01-01T00:00:00.000Z' } }],
  ] as const)('%s settles nothing', async (_which, stage, change) => {
    const { world, message } = await created();
    world.records.stored.set(message.record, { ...world.record('a.img'), ...change });
    letter(world, stage, message);
    expect((await world.run()).run.findings).toEqual([]);
    expect(world.record('a.img').status).toBe('created');
  });

  test.each([
    ['is not JSON', 'what?', 'not JSON'],
    ['is nothing of ours', { hello: 'world' }, 'neither an event of S3, SNS or EventBridge nor'],
    ['names no record that there is', { record: 'gone/v1/here.json' }, 'is not there'],
  ])('that %s is named', async (_how, message, why) => {
    const world = new ReconcileWorld();
    letter(world, 'status', message);
    expect((await world.run()).run.findings).toEqual([
      expect.objectContaining({
        kind: 'dead-letter-unread',
        subject: 'dead letter m1 of record-status',
        why: expect.stringContaining(why),
      }),
    ]);
  });

  test('of a cloud that is away is settled, and its image is left to the announcement', async () => {
    const { world, message } = await tried();
    letter(world, 'upload', message);
    Object.assign(world.endpoints, { of: () => Promise.reject(new Error('A cloud was asked.')) });
    await world.run();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', removing: [{ generation: 1 }] });
    expect(world.statusQueue.sent).toMatchObject([message]);
  });

  test.each([
    ['from before the drop was retried settles nothing', -60, 'created'],
    ['from after it was retried settles it', 60, 'failed'],
  ])('%s', async (_which, seconds, status) => {
    const { world, message } = await tried();
    letter(world, 'upload', message);
    await world.run();
    await recordStatus(message, world.invocation(), world);
    const retry = world.record('a.img').history.at(-1)?.at;
    world.pass(900);
    await createMetadata({ ...message, retry }, world.invocation('retried'), world);
    expect(world.record('a.img').status).toBe('created');
    withAttempt(world);
    letter(world, 'upload', message, new Date(world.time.getTime() + seconds * 1000));
    world.pass(900);
    await world.run();
    expect(world.record('a.img').status).toBe(status);
  });

  test('is reached, whatever number of others there are', async () => {
    const { world, message } = await tried();
    for (let index = 0; index < 10_000; index += 1) letter(world, 'upload', { record: `gone-${index}/v1/here.json` });
    letter(world, 'upload', message);
    await world.run();
    expect(world.record('a.img').status).toBe('failed');
  });
});

describe('a dead letter that is redriven', () => {
  async function settledBy(stage: QueueStage) {
    const { world, message } = await created();
    if (stage === 'status') await streamUpload(message, world.invocation(), world);
    withAttempt(world);
    letter(world, stage, message);
    await world.run();
    await recordStatus(message, world.invocation(), world);
    world.ingestQueue.sent.length = 0;
    world.pass(60);
    return { world, message };
  }

  test.each([
    ['stream-upload', 'upload', streamUpload],
    ['record-status', 'status', recordStatus],
  ] as const)('brings the drop back from the start through %s', async (_name, stage, step) => {
    const { world, message } = await settledBy(stage);
    const before = world.record('a.img').sent?.id;
    await step(message, world.invocation(), world);
    const [again] = world.ingestQueue.sent.splice(0);
    await createMetadata(again, world.invocation(), world);
    const record = world.record('a.img');
    expect(record).toMatchObject({ status: 'created', generation: 2, retriedFrom: 2 });
    expect(record).not.toHaveProperty('announcedAt');
    expect(record).not.toHaveProperty('deadLetter');
    expect(record.image?.id).not.toBe(before);
  });

  test('through create-metadata begins at once', async () => {
    const world = new ReconcileWorld();
    world.objects.put('a.img', rawDisk());
    const event = world.event('a.img');
    world.endpoint.faults.push({ call: 'create', error: new ImageDropError('endpoint-answer', 'It is odd.') });
    await expect(createMetadata(event, world.invocation(), world)).rejects.toThrow('It is odd.');
    letter(world, 'ingest', event);
    await world.run();
    await recordStatus({ record: world.recordKey('a.img') }, world.invocation(), world);
    world.pass(60);
    await createMetadata(event, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'created', generation: 2 });
  });

  test('is distinguished from one that only came late', async () => {
    const { world, message } = await settledBy('upload');
    const late = { ...world.invocation(), sentAt: new Date(0) };
    await streamUpload(message, late, world);
    expect(world.ingestQueue.sent).toEqual([]);
  });

  test('is distinguished from the message by which the failure is announced', async () => {
    const { world, message } = await tried();
    letter(world, 'upload', message);
    await world.run();
    world.pass(60);
    const [announcement] = world.statusQueue.sent;
    await recordStatus(announcement, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'failed', announcedAt: expect.any(String) });
    expect(world.ingestQueue.sent).toEqual([]);
  });
});

describe('a retry', () => {
  async function failed() {
    const world = new ReconcileWorld();
    world.objects.put('a.img', Buffer.from('#!/bin/sh\n'));
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const key = world.recordKey('a.img');
    const retry = { record: key, retry: world.record('a.img').history.at(-1)?.at ?? '' };
    return { world, key, retry };
  }

  test('that comes twice is obeyed once', async () => {
    const { world, retry } = await failed();
    world.pass(1);
    await createMetadata(retry, world.invocation('one'), world);
    world.pass(1);
    await createMetadata(retry, world.invocation('two'), world);
    const { history, generation } = world.record('a.img');
    expect(history.map(({ status, note }) => note ?? status)).toEqual([
      'received',
      'not-a-disk-image',
      'retried',
      'not-a-disk-image',
    ]);
    expect(generation).toBe(2);
  });

  test('gives the drop as many images as a new one', async () => {
    const { world, key, retry } = await failed();
    world.records.stored.set(key, { ...world.record('a.img'), generation: 5 });
    world.objects.versions[0] = { ...world.objects.versions[0], bytes: rawDisk(), size: 4096 } as never;
    world.pass(1);
    await createMetadata(retry, world.invocation(), world);
    const image = world.record('a.img').image?.id ?? '';
    world.endpoint.become(image, 'killed');
    world.pass(61);
    await streamUpload({ record: key }, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 7 });
  });

  test('without the time of the failure is a bad message', async () => {
    const { world, key } = await failed();
    await expect(createMetadata({ record: key, retry: true }, world.invocation(), world)).rejects.toMatchObject({
      code: 'bad-message',
    });
  });
});
