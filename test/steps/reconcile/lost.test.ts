import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../../lambda/model/errors.ts';
import { createMetadata } from '../../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../../lambda/steps/record-status.ts';
import { streamUpload } from '../../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../../support/disk.ts';
import { target } from '../../support/memory-world.ts';
import { ReconcileWorld } from '../../support/reconcile-world.ts';

const HOUR = 3600;

/** A world in which reconcile has run before, so that what comes now is for it to look after. */
async function lookedAfter(): Promise<ReconcileWorld> {
  const world = new ReconcileWorld();
  await world.run();
  return world;
}

async function dropped(world: ReconcileWorld, key = 'a.img') {
  world.objects.put(key, rawDisk());
  await createMetadata(world.event(key), world.invocation(), world);
  return { record: world.recordKey(key) };
}

async function settled(world: ReconcileWorld, key = 'a.img') {
  const message = await dropped(world, key);
  await streamUpload(message, world.invocation(), world);
  await recordStatus(message, world.invocation(), world);
}

const kinds = (report: Awaited<ReturnType<ReconcileWorld['run']>>) => report.run.findings.map(({ kind }) => kind);

describe('a drop whose event was lost', () => {
  test('is processed when it has been without a record for long enough', async () => {
    const world = await lookedAfter();
    world.objects.put('folder/my disk+1.img', rawDisk());
    world.pass(HOUR);
    const report = await world.run();
    expect(report.run.findings).toEqual([
      {
        kind: 'taken-up',
        subject: 's3://drops/folder/my disk+1.img',
        why: expect.stringContaining('no record at here'),
      },
    ]);
    await createMetadata(world.ingestQueue.events[0], world.invocation(), world);
    expect(world.record('folder/my disk+1.img').status).toBe('created');
  });

  test('is left to its event while that may still be under way', async () => {
    const world = await lookedAfter();
    world.objects.put('a.img', rawDisk());
    world.pass(HOUR / 3);
    expect(kinds(await world.run())).toEqual([]);
    world.pass(HOUR / 3);
    expect(kinds(await world.run())).toEqual(['taken-up']);
  });

  test('is processed in each version, as far as it lacks a record at any target', async () => {
    const world = await lookedAfter();
    world.targets = [target('here'), target('there')];
    await world.run();
    world.pass(1);
    await settled(world);
    world.records.stored.delete(world.recordKey('a.img', 'there'));
    world.objects.put('a.img', rawDisk());
    world.pass(HOUR);
    const { findings } = (await world.run()).run;
    expect(findings.map(({ why }) => why.replace(/^.*no record/, 'no record'))).toEqual([
      'no record at there.',
      'no record at here, there.',
    ]);
  });

  test('is processed though it came long before reconcile first ran, where the bucket is our own', async () => {
    const world = new ReconcileWorld();
    world.settings = { ...world.settings, takesUpAll: true };
    world.objects.put('early.img', rawDisk());
    world.pass(5 * HOUR);
    expect(kinds(await world.run())).toEqual(['taken-up']);
  });

  test('is none where it came before reconcile first ran: the bucket may have had another use', async () => {
    const world = new ReconcileWorld();
    world.objects.put('old.img', rawDisk());
    world.pass(HOUR);
    await world.run();
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual([]);
  });

  test('is none where it is a folder of S3’s console', async () => {
    const world = await lookedAfter();
    world.objects.put('folder/', Buffer.alloc(0));
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual([]);
  });

  test('is none where it says something of images', async () => {
    const world = await lookedAfter();
    world.objects.put('folder/imagedrop.yaml', Buffer.from('min_ram: 1'));
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual([]);
  });

  test('is late, not lost, while the ingest queue is long; and is looked at again', async () => {
    const world = await lookedAfter();
    world.objects.put('a.img', rawDisk());
    world.waiting.ingest = 5000;
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual([]);
    world.waiting.ingest = 0;
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual(['taken-up']);
  });
});

describe('a record whose message was lost', () => {
  test('is sent round again, and once again when that message is lost too', async () => {
    const world = await lookedAfter();
    const { record } = await dropped(world);
    world.pass(HOUR);
    expect((await world.run()).run.findings).toEqual([
      { kind: 'sent-again', subject: record, why: expect.stringMatching(/^It is created since .*, and has no worker/) },
    ]);
    expect(world.ingestQueue.sent).toEqual([{ record, delaySeconds: 0 }]);
    expect(kinds(await world.run())).toEqual([]);
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual(['sent-again']);
    expect(world.record('a.img').rounds).toBe(2);
  });

  test('is left to anyone who holds its lease', async () => {
    const world = await lookedAfter();
    const { record } = await dropped(world);
    world.pass(HOUR);
    const until = new Date(world.time.getTime() + 60_000).toISOString();
    const stored = world.record('a.img');
    world.records.stored.set(record, { ...stored, lease: { holder: 'somebody', until } });
    expect(kinds(await world.run())).toEqual([]);
  });

  test('is sent again when its lease has ended, though a pass has come by while it was held', async () => {
    const world = await lookedAfter();
    const { record } = await dropped(world);
    world.pass(HOUR);
    const until = new Date(world.time.getTime() + 60_000).toISOString();
    const stored = world.record('a.img');
    world.records.stored.set(record, { ...stored, lease: { holder: 'died', until } });
    expect(kinds(await world.wholePass())).toEqual([]);
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual(['sent-again']);
  });

  test('is left alone once it is settled and announced, and not even read again', async () => {
    const world = await lookedAfter();
    await settled(world);
    world.pass(HOUR);
    await world.wholePass();
    world.pass(HOUR);
    world.records.load = () => Promise.reject(new Error('read again'));
    expect(kinds(await world.run())).toEqual([]);
  });

  test('is announced where it was settled and not announced', async () => {
    const world = await lookedAfter();
    await settled(world);
    const { announcedAt: _, ...unannounced } = world.record('a.img');
    world.records.stored.set(world.recordKey('a.img'), unannounced);
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual(['sent-again']);
  });

  test('is not sent where it has moved on since it was read', async () => {
    const world = await lookedAfter();
    const { record } = await dropped(world);
    world.pass(HOUR);
    const { change } = world.records;
    world.records.change = (key, decide) => {
      world.records.change = change;
      world.records.stored.set(record, { ...world.record('a.img'), nonce: 'another', revision: 9 });
      return change.call(world.records, key, decide);
    };
    expect(kinds(await world.run())).toEqual([]);
    expect(world.ingestQueue.sent).toEqual([]);
  });

  test('that turns up after all ends, so that an image is not asked about twice as often for ever', async () => {
    const world = await lookedAfter();
    const message = await dropped(world);
    await streamUpload(message, world.invocation(), world);
    const image = world.record('a.img').image?.id ?? '';
    world.endpoint.become(image, 'saving');
    world.statusQueue.sent.length = 0;
    await recordStatus(message, world.invocation(), world);
    const [late] = world.statusQueue.sent.splice(0);
    world.pass(HOUR / 1.5);
    expect(kinds(await world.run())).toEqual(['sent-again']);
    await recordStatus(late, world.invocation(), world);
    expect(world.statusQueue.sent).toEqual([]);
    await recordStatus(message, world.invocation(), world);
    expect(world.statusQueue.sent).toHaveLength(1);
  });

  test('that cannot be read is named, and keeps no other from being looked at', async () => {
    const world = await lookedAfter();
    await dropped(world, 'a.img');
    await dropped(world, 'b.img');
    world.pass(HOUR);
    const { load } = world.records;
    world.records.load = async (key) => {
      if (key.startsWith('a.img')) throw new ImageDropError('bad-record', 'The record is not JSON.');
      return load.call(world.records, key);
    };
    expect(kinds(await world.run())).toEqual(['unreadable', 'sent-again']);
  });
});

describe('a run', () => {
  test('whose clock is a minute ahead hides nothing from those after it', async () => {
    const world = await lookedAfter();
    world.settings = { ...world.settings, lostAfterSeconds: 20 };
    world.pass(HOUR);
    const { time } = world;
    world.time = new Date(time.getTime() + 60_000);
    await world.wholePass();
    world.time = time;
    world.objects.put('a.img', rawDisk());
    world.pass(HOUR);
    expect(kinds(await world.run())).toEqual(['taken-up']);
  });

  test('that begins with no time left, as its clock has it, gets a page further all the same', async () => {
    const world = await lookedAfter();
    world.objects.put('a.img', rawDisk());
    world.pass(HOUR);
    expect(kinds(await world.run({ dryRun: false }, AbortSignal.abort()))).toEqual(['taken-up']);
    const next = await world.run({ dryRun: false }, AbortSignal.abort());
    expect(next.reconciliation.lastPass?.number).toBe(2);
  });

  test('goes on where the one before it stopped', async () => {
    const world = await lookedAfter();
    for (let i = 0; i < 30; i += 1) world.objects.put(`${i}.img`, rawDisk());
    world.pass(HOUR);
    world.pageSize = 10;
    const abort = new AbortController();
    const { drops } = world.listing;
    world.listing.drops = async (cursor) => {
      if (cursor === '10') abort.abort();
      return drops(cursor);
    };
    expect(kinds(await world.run({ dryRun: false }, abort.signal))).toHaveLength(20);
    const second = await world.run();
    expect(kinds(second)).toHaveLength(10);
    expect(second.complete).toBe(true);
    expect(second.reconciliation.lastPass?.counts).toMatchObject({ drops: 30, findings: { 'taken-up': 30 } });
  });

  test('goes on where it stopped at a target that has left the stack since', async () => {
    const world = await lookedAfter();
    const stored = world.reconciliation;
    if (stored === undefined) throw new Error('no run');
    const { reconciliation } = stored;
    const pass = { ...reconciliation.pass, phase: 'images' as const, target: 'gone', cursor: '10' };
    world.reconciliation = { ...stored, reconciliation: { ...reconciliation, pass } };
    world.objects.put('a.img', rawDisk());
    world.pass(HOUR);
    expect(await world.run()).toMatchObject({ complete: true, run: { errors: 0 } });
    expect(kinds(await world.run())).toEqual(['taken-up']);
  });

  test('looks at no more than its pages', async () => {
    const world = await lookedAfter();
    for (let i = 0; i < 300; i += 1) world.objects.put(`${i}.img`, rawDisk());
    world.pageSize = 1;
    world.pages = 0;
    expect((await world.run()).complete).toBe(false);
    expect(world.pages).toBe(200);
  });

  test('keeps what it has done when S3 fails, and fails', async () => {
    const world = await lookedAfter();
    world.objects.put('a.img', rawDisk());
    world.pass(HOUR);
    const { records } = world.listing;
    world.listing.records = () => Promise.reject(new ImageDropError('aws-unavailable', 'Slow down.'));
    await expect(world.run()).rejects.toMatchObject({ code: 'aws-unavailable' });
    expect(world.reconciliation?.reconciliation.pass.phase).toBe('records');
    world.listing.records = records;
    expect(kinds(await world.run())).toEqual([]);
  });

  test('that meets another loses its position only', async () => {
    const world = await lookedAfter();
    world.reconciliations.save = async () => false;
    const warned: string[] = [];
    world.log.warn = (message?: string) => void warned.push(message ?? '');
    await world.run();
    expect(warned).toEqual([expect.stringContaining('another run')]);
  });

  test('that is dry changes nothing, and looks at everything', async () => {
    const world = await lookedAfter();
    await dropped(world, 'a.img');
    world.pass(HOUR);
    await world.wholePass();
    world.objects.put('b.img', rawDisk());
    world.pass(HOUR);
    const before = structuredClone([...world.records.stored]);
    const memory = world.reconciliation;
    world.ingestQueue.sent.length = 0;
    const report = await world.run({ dryRun: true });
    expect(report).toMatchObject({ dryRun: true, complete: true });
    expect(kinds(report)).toEqual(['taken-up', 'sent-again']);
    expect([...world.records.stored]).toEqual(before);
    expect(world.reconciliation).toBe(memory);
    expect([...world.ingestQueue.sent, ...world.ingestQueue.events]).toEqual([]);
  });
});

describe('a record without progress', () => {
  /** Something changes the record again and again, so that it never seems lost. */
  const touched = (world: ReconcileWorld) =>
    world.records.change(
      world.recordKey('a.img'),
      (stored) => stored && { ...stored, rounds: (stored.rounds ?? 0) + 1 },
    );
  const stuck = async (hours: number, change: object = {}) => {
    const world = await lookedAfter();
    await dropped(world);
    world.pass(hours * HOUR);
    await world.records.change(world.recordKey('a.img'), (stored) => stored && { ...stored, ...change });
    await touched(world);
    const report = await world.wholePass();
    return { world, found: report.run.findings.filter(({ kind }) => kind === 'without-progress') };
  };

  test('for six hours is found and counted, though it was changed a moment ago', async () => {
    const { world, found } = await stuck(7);
    expect(found).toEqual([
      {
        kind: 'without-progress',
        subject: world.recordKey('a.img'),
        why: expect.stringContaining('It is created since'),
      },
    ]);
    expect(world.withoutProgress.at(-1)).toBe(1);
  });

  test('for less is not', async () => {
    const { world, found } = await stuck(5);
    expect(found).toEqual([]);
    expect(world.withoutProgress.at(-1)).toBe(0);
  });

  test('is not where bytes moved', async () => {
    const at = new Date(Date.parse((await lookedAfter()).time.toISOString()) + 5 * HOUR * 1000).toISOString();
    const progress = { bytes: 1, totalBytes: 2, bytesPerSecond: 1, at };
    expect((await stuck(7, { status: 'uploading', progress })).found).toEqual([]);
  });

  test('is not while its target is paused, which has an alarm of its own', async () => {
    const world = await lookedAfter();
    await dropped(world);
    world.pass(7 * HOUR);
    const why = new ImageDropError('endpoint-busy', 'Busy.', { wholeTarget: true, retryable: true });
    await world.pauses.begin({ target: 'here', stage: 'upload' }, why);
    const waiting = { since: world.time.toISOString(), code: why.code, message: why.message };
    await world.records.change(world.recordKey('a.img'), (stored) => stored && { ...stored, waiting });
    expect(kinds(await world.wholePass())).not.toContain('without-progress');
  });

  test('is counted no more when it is settled', async () => {
    const { world } = await stuck(7);
    await streamUpload({ record: world.recordKey('a.img') }, world.invocation(), world);
    await recordStatus({ record: world.recordKey('a.img') }, world.invocation(), world);
    await world.wholePass();
    expect(world.withoutProgress.at(-1)).toBe(0);
  });
});
