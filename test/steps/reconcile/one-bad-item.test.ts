import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../../lambda/model/errors.ts';
import { createMetadata } from '../../../lambda/steps/create-metadata.ts';
import { streamUpload } from '../../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../../support/disk.ts';
import { target } from '../../support/memory-world.ts';
import { ReconcileWorld } from '../../support/reconcile-world.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

const kinds = (report: Awaited<ReturnType<ReconcileWorld['run']>>) => report.run.findings.map(({ kind }) => kind);

async function everyQuarter(world: ReconcileWorld, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 900) {
    world.pass(900);
    await world.run();
  }
}

/** A world that takes up everything in its bucket. */
function ownBucket(): ReconcileWorld {
  const world = new ReconcileWorld();
  world.settings.takesUpAll = true;
  return world;
}

describe('one bad item does not stop reconcile', () => {
  test.each(['image-protected', 'endpoint-busy', 'forbidden'] as const)(
    'an orphan whose deletion is answered with %s',
    async (code) => {
      const world = new ReconcileWorld();
      world.settings.deleteOrphanedImages = true;
      world.objects.put('a.img', rawDisk());
      await createMetadata(world.event('a.img'), world.invocation(), world);
      world.records.stored.set(world.recordKey('a.img'), {
        ...world.record('a.img'),
        status: 'failed',
        announcedAt: 'now',
      });
      world.endpoint.delete = () => Promise.reject(new ImageDropError(code, 'It is in use.'));
      const first = await world.run();
      expect(kinds(first)).toEqual(['not-corrected']);
      expect(first).toMatchObject({ complete: true, run: { errors: 1 } });
      expect(world.reconcileErrors).toEqual([1]);
      world.objects.put('lost.img', rawDisk());
      await everyQuarter(world, DAY);
      expect(world.ingestQueue.events).toHaveLength(1);
    },
  );

  test('an object whose HEAD fails', async () => {
    const world = ownBucket();
    world.objects.put('a-unreadable.img', rawDisk());
    world.objects.put('b-lost.img', rawDisk());
    const head = world.objects.head.bind(world.objects);
    world.objects.head = async (bucket, key, version) => {
      if (key !== 'a-unreadable.img') return head(bucket, key, version);
      throw new ImageDropError('source-unreadable', 'S3 did not give it: status 400, BadRequest.');
    };
    world.pass(HOUR);
    const report = await world.run();
    expect(report.run.findings).toMatchObject([
      { kind: 'unreadable', subject: 's3://drops/a-unreadable.img', code: 'source-unreadable' },
      { kind: 'taken-up', subject: 's3://drops/b-lost.img' },
    ]);
    expect(report.complete).toBe(true);
    expect(world.reconciliation?.reconciliation.seenUpTo).not.toBe(new Date(0).toISOString());
  });

  test('a message that SQS does not take is sent by the next pass', async () => {
    const world = ownBucket();
    world.objects.put('a.img', rawDisk());
    world.pass(HOUR);
    const { send } = world.ingestQueue;
    world.ingestQueue.send = () => Promise.reject(new ImageDropError('aws-unavailable', 'SQS did not answer.'));
    expect(kinds(await world.run())).toEqual(['not-corrected']);
    world.ingestQueue.send = send;
    expect(kinds(await world.run())).toEqual(['taken-up']);
  });

  test('a cloud that is away, with dead letters', async () => {
    const world = ownBucket();
    world.targets = [target('here'), target('there')];
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const key = world.recordKey('a.img', 'there');
    world.records.stored.set(key, { ...world.record('a.img', 'there'), attempts: 1 });
    world.letters.push({ stage: 'upload', messageId: 'm', body: JSON.stringify({ record: key }) });
    const away = () => Promise.reject(new ImageDropError('endpoint-unavailable', 'No answer.', { wholeTarget: true }));
    Object.assign(world.endpoints, { of: away });
    world.objects.put('lost.img', rawDisk());
    world.pass(HOUR);
    const report = await world.run();
    expect(kinds(report)).toEqual(expect.arrayContaining(['dead-letter-settled', 'taken-up', 'unreadable']));
    expect(report.complete).toBe(true);
  });

  test('a run without errors counts none', async () => {
    const world = ownBucket();
    await world.run();
    expect(world.reconcileErrors).toEqual([0]);
  });
});

describe('what waits is not lost', () => {
  async function waiting() {
    const world = new ReconcileWorld();
    await world.run();
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const message = { record: world.recordKey('a.img') };
    const away = new ImageDropError('endpoint-unavailable', '503', { wholeTarget: true });
    world.endpoint.faults.push({ call: 'upload', error: away });
    await streamUpload(message, world.invocation('upload'), world);
    world.ingestQueue.sent.length = 0;
    return { world, message };
  }

  test('a drop whose target stays paused is never sent again', async () => {
    const { world } = await waiting();
    for (let run = 0; run < 48; run += 1) {
      world.pass(900);
      const refused = { target: 'here', stage: 'upload' } as const;
      await world.pauses.begin(refused, new ImageDropError('endpoint-unavailable', '503', { wholeTarget: true }));
      await world.run();
    }
    expect(world.ingestQueue.sent).toEqual([]);
  });

  test('a drop that did not come back after the pause is sent again', async () => {
    const { world, message } = await waiting();
    world.pass(60);
    await world.pauses.end('here', 'upload');
    world.pass(1700);
    await world.run();
    expect(world.ingestQueue.sent).toEqual([]);
    world.pass(200);
    await world.run();
    expect(world.ingestQueue.sent).toMatchObject([message]);
  });
});

describe('an upload of days, whose event was lost', () => {
  /** Amazon S3: Last-Modified of a multipart upload is when it was begun. */
  async function begunAgo(seconds: number) {
    const world = ownBucket();
    await everyQuarter(world, 2 * DAY);
    const object = world.objects.put('big.qcow2', rawDisk());
    Object.assign(object, { lastModified: new Date(world.time.getTime() - seconds * 1000) });
    return world;
  }

  test.each([
    ['two hours', 2 * HOUR],
    ['seven days', 7 * DAY - HOUR],
  ])('of %s is found within a day, and sent once', async (_how, seconds) => {
    const world = await begunAgo(seconds);
    await everyQuarter(world, DAY + HOUR);
    expect(world.ingestQueue.events).toHaveLength(1);
    await everyQuarter(world, 10 * DAY);
    expect(world.ingestQueue.events).toHaveLength(1);
  });
});
