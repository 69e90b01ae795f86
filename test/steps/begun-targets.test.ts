import { describe, expect, test } from '@jest/globals';
import { objectEventMessage, objectEvents } from '../../lambda/model/s3-event.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { rawDisk } from '../support/disk.ts';
import { target } from '../support/memory-world.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';

const HOUR = 3600;

let puts = 0;

/** A stack that has taken up one drop for its only target. */
async function stackWith(name: string) {
  const world = new ReconcileWorld();
  world.settings.takesUpAll = true;
  world.targets = [target(name)];
  await drop(world, 'old.img');
  world.pass(HOUR);
  await world.run();
  return world;
}

async function drop(world: ReconcileWorld, key: string): Promise<readonly string[]> {
  world.objects.put(key, rawDisk());
  const event = world.event(key);
  await createMetadata(event, world.invocation(`drop-${++puts}`), world);
  return targetsOf(world, key);
}

const targetsOf = (world: ReconcileWorld, key: string): readonly string[] =>
  [...world.records.stored.values()].filter((record) => record.drop.key === key).map((record) => record.target);

async function lost(world: ReconcileWorld): Promise<readonly string[]> {
  world.pass(HOUR);
  world.ingestQueue.events.length = 0;
  await world.run();
  return world.ingestQueue.events.flatMap((message) => objectEvents(message) ?? []).map(({ key }) => key);
}

describe('a target that is added later', () => {
  test('gets no drop from before, by no look of reconcile', async () => {
    const world = await stackWith('here');
    world.targets.push(target('there'));
    for (let run = 0; run < 48; run += 1) expect(await lost(world)).toEqual([]);
  });

  test('gets no drop from before by an event that comes again', async () => {
    const world = await stackWith('here');
    const event = world.event('old.img');
    world.targets.push(target('there'));
    await createMetadata(event, world.invocation('again'), world);
    expect(targetsOf(world, 'old.img')).toEqual(['here']);
  });

  test('gets the first drop after, though no function had run before', async () => {
    const world = await stackWith('here');
    world.targets.push(target('there'));
    expect(await drop(world, 'new.img')).toEqual(['here', 'there']);
    expect(await drop(world, 'newer.img')).toEqual(['here', 'there']);
  });

  test('gets a drop after whose event was lost', async () => {
    const world = await stackWith('here');
    world.targets.push(target('there'));
    await world.run();
    world.pass(60);
    world.objects.put('new.img', rawDisk());
    expect(await lost(world)).toEqual(['new.img']);
    await createMetadata(objectEventMessage(lostEvent(world, 'new.img')), world.invocation('lost'), world);
    expect(targetsOf(world, 'new.img')).toEqual(['here', 'there']);
  });

  test('gets a drop from before that is asked for, and no other target does', async () => {
    const world = await stackWith('here');
    world.targets.push(target('there'), target('elsewhere'));
    const message = objectEventMessage(lostEvent(world, 'old.img'), 'there');
    await createMetadata(message, world.invocation('backfill'), world);
    expect(targetsOf(world, 'old.img')).toEqual(['here', 'there']);
  });

  test('gets no record of a dead letter from before', async () => {
    const world = await stackWith('here');
    const body = JSON.stringify(world.event('old.img'));
    world.targets.push(target('there'));
    world.letters.push({ stage: 'ingest', messageId: 'm', body });
    await world.run();
    expect(targetsOf(world, 'old.img')).toEqual(['here']);
  });
});

test('a target that takes the place of another begins anew', async () => {
  const world = await stackWith('simulator');
  world.targets = [target('real')];
  expect(await lost(world)).toEqual([]);
  expect(targetsOf(world, 'old.img')).toEqual(['simulator']);
});

test('a target that is removed and comes back does not get what was dropped meanwhile', async () => {
  const world = await stackWith('here');
  world.targets = [target('there')];
  await world.run();
  world.pass(60);
  await drop(world, 'meanwhile.img');
  world.pass(60);
  world.targets = [target('here'), target('there')];
  expect(await lost(world)).toEqual([]);
  expect(targetsOf(world, 'meanwhile.img')).toEqual(['there']);
  world.pass(1);
  expect(await drop(world, 'new.img')).toEqual(['here', 'there']);
});

test('a look that changes nothing notes no target', async () => {
  const world = new ReconcileWorld();
  await world.run({ dryRun: true });
  expect(world.beginnings.stored).toBeUndefined();
});

describe('an event that comes again after its object was deleted, in a bucket without versions', () => {
  async function deleted() {
    const world = new ReconcileWorld();
    const { etag, lastModified } = Object.assign(world.objects.put('a.img', rawDisk()), { versionId: undefined });
    const event = world.event('a.img');
    const key = `a.img/${etag}-${lastModified.getTime() / 1000}/here.json`;
    return { world, event, key };
  }

  test('makes no second record', async () => {
    const { world, event, key } = await deleted();
    await createMetadata(event, world.invocation(), world);
    expect([...world.records.stored.keys()]).toEqual([key]);
    world.objects.versions.length = 0;
    const [record] = (event as { Records: object[] }).Records;
    const later = { Records: [{ ...record, eventTime: new Date(world.time.getTime() + 1700).toISOString() }] };
    await createMetadata(later, world.invocation('again'), world);
    expect([...world.records.stored.keys()]).toEqual([key]);
  });

  test('makes the first one, when there was none', async () => {
    const { world, event } = await deleted();
    world.objects.versions.length = 0;
    await createMetadata(event, world.invocation(), world);
    expect([...world.records.stored.values()]).toMatchObject([{ status: 'failed', error: { code: 'object-gone' } }]);
  });
});

function lostEvent(world: ReconcileWorld, key: string) {
  const [event] = objectEvents(world.event(key)) ?? [];
  if (event === undefined) throw new Error(`no object ${key}`);
  return event;
}
