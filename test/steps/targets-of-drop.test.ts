import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';

const KEY = 'a.img';

function worldWith(...names: string[]): MemoryWorld {
  const world = new MemoryWorld();
  world.targets = names.map(target);
  return world;
}

/** The targets at which there is a record, and its status. */
const statuses = ({ records }: MemoryWorld) =>
  Object.fromEntries(Array.from(records.stored.values(), (record) => [record.target, record.status]));

async function takenUp(world: MemoryWorld, targets: string): Promise<unknown> {
  world.objects.put(KEY, rawDisk(), { targets });
  const event = world.event(KEY);
  await createMetadata(event, world.invocation(), world);
  return event;
}

describe('a drop that names targets', () => {
  test('goes to these alone, and its record says which', async () => {
    const world = worldWith('here', 'there', 'elsewhere');
    await takenUp(world, 'there,elsewhere');
    expect(statuses(world)).toEqual({ there: 'created', elsewhere: 'created' });
    expect(world.endpoint.images.size).toBe(2);
    for (const name of ['there', 'elsewhere']) {
      expect(world.record(KEY, name).drop.targets).toEqual(['there', 'elsewhere']);
    }
  });

  test('costs no request more than one that goes to all', async () => {
    const heads = async (metadata: Record<string, string>) => {
      const world = worldWith('here', 'there');
      let count = 0;
      const head = world.objects.head.bind(world.objects);
      world.objects.head = (...args) => {
        count += 1;
        return head(...args);
      };
      world.records.load = () => Promise.reject(new Error('A record was asked for.'));
      world.objects.put(KEY, rawDisk(), metadata);
      await createMetadata(world.event(KEY), world.invocation(), world);
      expect(count).toBeGreaterThan(0);
      return count;
    };
    expect(await heads({ targets: 'there' })).toBeLessThanOrEqual(await heads({}));
  });

  test('gets the tag of its own targets, and the others are not even asked', async () => {
    const world = worldWith('here', 'there');
    await takenUp(world, 'there');
    const message = { record: world.recordKey(KEY, 'there') };
    await streamUpload(message, world.invocation(), world);
    const load = world.records.load.bind(world.records);
    world.records.load = (key) => {
      expect(key).not.toContain('/here.json');
      return load(key);
    };
    await recordStatus(message, world.invocation(), world);
    expect(world.outcomes).toMatchObject([{ target: 'there', status: 'active' }]);
    expect(Object.keys(world.objects.newest(KEY)?.tags ?? {})).toEqual(['imagedrop:there']);
  });

  test('is superseded at these alone', async () => {
    const world = worldWith('here', 'there');
    world.objects.put(KEY, rawDisk(4096, 1), { targets: 'there' });
    const stale = world.event(KEY);
    world.objects.put(KEY, rawDisk(4096, 2), { targets: 'here' });
    await createMetadata(stale, world.invocation(), world);
    expect(statuses(world)).toEqual({ there: 'superseded' });
    await createMetadata(world.event(KEY), world.invocation(), world);
    expect(world.record(KEY, 'here').status).toBe('created');
    expect(() => world.record(KEY, 'there')).toThrow('no record');
  });

  test('is another drop, with targets of its own, when it is copied onto itself', async () => {
    const world = worldWith('here', 'there');
    await takenUp(world, 'here');
    await takenUp(world, 'there');
    const [first, second] = Array.from(world.records.stored.values(), ({ drop, target: at }) => [drop.id, at]);
    expect([first, second]).toEqual([
      ['v1', 'here'],
      ['v2', 'there'],
    ]);
  });
});

describe('a drop that names what cannot be followed', () => {
  test.each(['there,nowhere', '', 'there,there', '=?UTF-8?Q?th=C3=A9re?='])(
    'fails at every target, with the reason: %j',
    async (targets) => {
      const world = worldWith('here', 'there');
      await takenUp(world, targets);
      expect(statuses(world)).toEqual({ here: 'failed', there: 'failed' });
      for (const name of ['here', 'there']) {
        expect(world.record(KEY, name).error).toMatchObject({
          code: 'bad-metadata',
          message: expect.stringMatching(/^x-amz-meta-targets .+; there is here, there\.$/),
          retryable: false,
        });
      }
      expect(world.endpoint.images.size).toBe(0);
      expect(world.statusQueue.sent).toHaveLength(2);
    },
  );

  test('goes, when it is retried, to what the stack has by then, and fails again where it was not meant', async () => {
    const world = worldWith('here', 'there');
    await takenUp(world, 'there,new');
    world.targets.push(target('new'));
    for (const name of ['here', 'there']) {
      const retry = world.record(KEY, name).history.at(-1)?.at;
      await createMetadata({ record: world.recordKey(KEY, name), retry }, world.invocation(name), world);
    }
    expect(statuses(world)).toEqual({ here: 'failed', there: 'created' });
    expect(world.record(KEY, 'here').error?.message).toBe('x-amz-meta-targets names there, new, and not here.');
  });
});

describe('where a drop goes is settled when it is first processed', () => {
  test('so it begins again though another of its targets has left the stack', async () => {
    const world = worldWith('here', 'there', 'elsewhere');
    const event = await takenUp(world, 'here,there');
    const record = world.record(KEY, 'here');
    world.targets = ['here', 'elsewhere'].map(target);
    world.records.stored.set(world.recordKey(KEY, 'here'), { ...record, status: 'received', generation: 2 });
    await createMetadata({ record: world.recordKey(KEY, 'here') }, world.invocation(), world);
    expect(world.record(KEY, 'here')).toMatchObject({ status: 'created', generation: 2 });
    // Its event comes once more.
    await createMetadata(event, world.invocation('again'), world);
    expect(statuses(world)).toEqual({ here: 'created', there: 'created' });
  });

  test('so an event that comes once more when the object is gone makes no other record', async () => {
    const world = worldWith('here', 'there');
    const event = await takenUp(world, 'there');
    world.objects.versions.length = 0;
    await createMetadata(event, world.invocation('again'), world);
    expect(Array.from(world.records.stored.values(), ({ target: at }) => at)).toEqual(['there']);
  });

  test('but a drop that was gone before has failed everywhere: no one knows where it was to go', async () => {
    const world = worldWith('here', 'there');
    world.objects.put(KEY, rawDisk(), { targets: 'there' });
    const event = world.event(KEY);
    world.objects.versions.length = 0;
    await createMetadata(event, world.invocation(), world);
    expect(Array.from(world.records.stored.values(), ({ target: at, error }) => [at, error?.code])).toEqual([
      ['here', 'object-gone'],
      ['there', 'object-gone'],
    ]);
  });

  test('and a record that cannot be read does not keep its event from the others', async () => {
    const world = worldWith('here', 'there');
    world.objects.put(KEY, rawDisk(), { targets: 'nowhere' });
    const load = world.records.load.bind(world.records);
    const damaged = world.recordKey(KEY, 'here');
    world.records.load = (key) =>
      key === damaged ? Promise.reject(new ImageDropError('bad-record', 'It is no JSON.')) : load(key);
    await createMetadata(world.event(KEY), world.invocation(), world).catch(() => undefined);
    expect(statuses(world)).toMatchObject({ there: 'failed' });
  });
});
