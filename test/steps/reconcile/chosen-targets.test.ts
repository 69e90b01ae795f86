import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../../lambda/model/errors.ts';
import { createMetadata } from '../../../lambda/steps/create-metadata.ts';
import { rawDisk } from '../../support/disk.ts';
import { target } from '../../support/memory-world.ts';
import { ReconcileWorld } from '../../support/reconcile-world.ts';

const HOUR = 3600;

/** Two targets; reconcile has run before, so that what comes now is for it to look after. */
async function lookedAfter(): Promise<ReconcileWorld & { heads: number }> {
  const world = Object.assign(new ReconcileWorld(), { heads: 0 });
  world.targets = [target('here'), target('there')];
  const head = world.objects.head.bind(world.objects);
  world.objects.head = (...args) => {
    world.heads += 1;
    return head(...args);
  };
  await world.run();
  return world;
}

/** What a whole look finds, and how many objects it has asked. */
async function look(world: ReconcileWorld & { heads: number }) {
  world.heads = 0;
  const { findings } = (await world.run({ dryRun: true })).run;
  const lost = findings.filter(({ kind }) => kind === 'taken-up').map(({ why }) => why.replace(/^.*no record at /, ''));
  return { lost, heads: world.heads };
}

const put = (world: ReconcileWorld, targets?: string) =>
  world.objects.put('a.img', rawDisk(), targets === undefined ? {} : { targets });

const takeUp = (world: ReconcileWorld) => createMetadata(world.event('a.img'), world.invocation(), world);

describe('a drop that names targets', () => {
  test('is not lost at the others, now and for ever, and its object is not even asked', async () => {
    const world = await lookedAfter();
    put(world, 'there');
    await takeUp(world);
    for (let pass = 0; pass < 3; pass += 1) {
      world.pass(HOUR);
      await world.wholePass();
      expect(await look(world)).toEqual({ lost: [], heads: 0 });
    }
    expect(world.ingestQueue.events).toEqual([]);
  });

  test('is lost at these where it has no record, and is processed there alone', async () => {
    const world = await lookedAfter();
    put(world, 'there');
    world.pass(HOUR);
    expect(await look(world)).toEqual({ lost: ['there.'], heads: 1 });
    await world.run();
    await createMetadata(world.ingestQueue.events[0], world.invocation(), world);
    expect(Array.from(world.records.stored.values(), (record) => record.target)).toEqual(['there']);
    expect(await look(world)).toEqual({ lost: [], heads: 0 });
  });

  test('is lost at the second of two where it has a record at the first alone', async () => {
    const world = await lookedAfter();
    world.targets.push(target('elsewhere'));
    put(world, 'here,there');
    await takeUp(world);
    world.records.stored.delete(world.recordKey('a.img', 'there'));
    world.pass(HOUR);
    expect(await look(world)).toEqual({ lost: ['there.'], heads: 0 });
  });

  test('is not lost at a target that came instead of one of its own', async () => {
    const world = await lookedAfter();
    put(world, 'here,there');
    await takeUp(world);
    world.targets = [target('here'), target('new')];
    world.pass(HOUR);
    expect(await look(world)).toEqual({ lost: [], heads: 0 });
  });
});

test('a drop that goes to all of them is asked where it goes only when a record is missing', async () => {
  const world = await lookedAfter();
  put(world);
  await takeUp(world);
  world.pass(HOUR);
  expect(await look(world)).toEqual({ lost: [], heads: 0 });
  world.records.stored.delete(world.recordKey('a.img', 'there'));
  expect(await look(world)).toEqual({ lost: ['there.'], heads: 1 });
});

test('a drop that names what there is not is lost everywhere, until its records say so', async () => {
  const world = await lookedAfter();
  put(world, 'nowhere');
  world.pass(HOUR);
  expect((await look(world)).lost).toEqual(['here, there.']);
  await takeUp(world);
  expect(await look(world)).toEqual({ lost: [], heads: 0 });
});

test('a drop that meant a target before there was one is not lost there: the target begins later', async () => {
  const world = await lookedAfter();
  put(world, 'here,new');
  await takeUp(world);
  world.targets.push(target('new'), target('newer'));
  world.pass(HOUR);
  expect((await look(world)).lost).toEqual([]);
});

describe('a dead letter of an S3 event', () => {
  async function buried(world: ReconcileWorld, isReadable: boolean) {
    put(world, 'there');
    const body = JSON.stringify(world.event('a.img'));
    if (!isReadable) world.objects.head = () => Promise.reject(new ImageDropError('source-unreadable', 'No answer.'));
    world.letters.push({ stage: 'ingest', messageId: 'm1', body });
    await world.run();
    return Array.from(world.records.stored.values(), (record) => record.target);
  }

  test('settles the drop at the targets that it names', async () => {
    expect(await buried(await lookedAfter(), true)).toEqual(['there']);
  });

  test('settles it at all of them where its object cannot be read, so that it is lost nowhere', async () => {
    expect(await buried(await lookedAfter(), false)).toEqual(['here', 'there']);
  });
});
