import { describe, expect, test } from '@jest/globals';
import { DEFAULT_RIGHTS } from '../../lambda/model/dropper-rights.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { Target } from '../../lambda/model/target.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';

const KEY = 'linux/lts/a.img';

/** A target that lets droppers share images. */
const permitting = (name: string, changes: Partial<Target> = {}): Target => ({
  ...target(name),
  droppersMay: { ...DEFAULT_RIGHTS, visibility: ['private', 'shared'] },
  ...changes,
});

/** A world in which files have been put before an image. */
function worldWith(files: Readonly<Record<string, string>>, userMetadata: Record<string, string> = {}): MemoryWorld {
  const world = new MemoryWorld();
  for (const [key, text] of Object.entries(files)) world.objects.put(key, Buffer.from(text));
  world.objects.put(KEY, rawDisk(), userMetadata);
  return world;
}

describe('the metadata of a drop', () => {
  const FILES = {
    'imagedrop.yaml': 'visibility: shared\nmin_ram: 1\nproperties: {a: top, b: top, c: top}\n',
    'linux/imagedrop.yaml': 'min_ram: 2\nproperties: {b: linux, c: linux}\n',
    'linux/lts/imagedrop.yaml': '# nothing\n',
    'windows/imagedrop.yaml': 'name: of others\n',
    'linux/lts/a.img.yaml': 'name: A\nproperties:\n  c: own\n',
    'linux/lts/b.img.yaml': 'name: B\n',
  };

  test('come from the target, the folders from the top down, its own file and its user metadata', async () => {
    const world = worldWith(FILES, { 'min-disk': '7', 'property-d': 'user' });
    world.targets = [permitting('here', { metadata: { visibility: 'community', protected: true } })];
    await createMetadata(world.event(KEY), world.invocation(), world);
    const { sent, image } = world.record(KEY);
    expect(sent).toMatchObject({
      name: 'A',
      visibility: 'shared',
      protected: true,
      minRam: 2,
      minDisk: 7,
      properties: { a: 'top', b: 'linux', c: 'own', d: 'user' },
    });
    expect(world.endpoint.images.get(image?.id ?? '')).toMatchObject({ name: 'A', properties: { c: 'own' } });
  });

  test('are reported in the record with their places, and with the versions of the files', async () => {
    const world = worldWith(FILES, { 'property-d': 'user' });
    world.targets = [permitting('here')];
    await createMetadata(world.event(KEY), world.invocation(), world);
    const { metadata } = world.record(KEY);
    expect(metadata?.files).toEqual(
      ['imagedrop.yaml', 'linux/imagedrop.yaml', 'linux/lts/imagedrop.yaml', 'linux/lts/a.img.yaml'].map((key) => {
        const { versionId, etag } = world.objects.newest(key) ?? {};
        return { key, versionId, etag };
      }),
    );
    expect(metadata?.origins).toMatchObject({
      name: 'linux/lts/a.img.yaml:1:1',
      visibility: 'imagedrop.yaml:1:1',
      minRam: 'linux/imagedrop.yaml:1:1',
      minDisk: 'found',
      protected: 'default',
      'properties.a': 'imagedrop.yaml:3:14',
      'properties.c': 'linux/lts/a.img.yaml:3:3',
      'properties.d': 'x-amz-meta-property-d',
    });
    const { properties, ...fields } = world.record(KEY).sent ?? { properties: {} };
    const names = [...Object.keys(fields), ...Object.keys(properties).map((name) => `properties.${name}`)];
    expect(Object.keys(metadata?.origins ?? {})).toEqual(names);
  });

  test('cost one look at each place, however many targets there are', async () => {
    const world = worldWith(FILES);
    world.targets = [permitting('here'), permitting('there')];
    const read: string[] = [];
    const reading = world.objects.read.bind(world.objects);
    world.objects.read = (bucket, key, maxBytes) => {
      read.push(key);
      return reading(bucket, key, maxBytes);
    };
    await createMetadata(world.event(KEY), world.invocation(), world);
    const stems = ['imagedrop', 'linux/imagedrop', 'linux/lts/imagedrop', KEY];
    expect(read).toEqual(stems.flatMap((stem) => [`${stem}.yaml`, `${stem}.yml`]));
    expect(world.record(KEY, 'there').sent).toMatchObject({ name: 'A' });
  });

  test('can vouch for bytes that bear no sign', async () => {
    const world = new MemoryWorld();
    world.objects.put('bytes.yaml', Buffer.from('disk_format: raw'));
    world.objects.put('bytes', Buffer.alloc(4096, 0xa7));
    await createMetadata(world.event('bytes'), world.invocation(), world);
    expect(world.record('bytes')).toMatchObject({ status: 'created', found: { format: 'raw' } });
  });
});

describe('a file that says something of images', () => {
  test.each(['imagedrop.yaml', 'linux/imagedrop.yaml', 'a.img.yaml', 'a.img.yml', 'linux/imagedrop.yml'])(
    'is not a drop: %s makes neither a record nor a failure, whatever its content',
    async (key) => {
      const world = new MemoryWorld();
      world.objects.put(key, Buffer.from(': not even YAML ['));
      await createMetadata(world.event(key), world.invocation(), world);
      expect(world.records.stored.size).toBe(0);
      expect(world.statusQueue.sent).toEqual([]);
    },
  );

  test('fails the drop when it is bad, with the place; a retry reads it again', async () => {
    const world = worldWith({ 'linux/lts/a.img.yaml': 'name: A\nmin_disk: much\n' });
    await createMetadata(world.event(KEY), world.invocation(), world);
    const failed = world.record(KEY);
    expect(failed).toMatchObject({
      status: 'failed',
      error: {
        code: 'bad-metadata',
        message:
          'linux/lts/a.img.yaml, line 2, column 11: min_disk must be a whole number from 0 to 2147483647, but is "much".',
        nextStep: expect.stringContaining('imagedrop retry'),
      },
    });
    expect(world.endpoint.images.size).toBe(0);

    world.objects.put('linux/lts/a.img.yaml', Buffer.from('name: A\nmin_disk: 9\n'));
    const retry = { record: world.recordKey(KEY), retry: failed.history.at(-1)?.at };
    await createMetadata(retry, world.invocation(), world);
    expect(world.record(KEY)).toMatchObject({ status: 'created', sent: { name: 'A', minDisk: 9 } });
  });

  test('that is larger than anybody writes fails the drop', async () => {
    const world = worldWith({ 'imagedrop.yaml': `# ${'x'.repeat(65_536)}` });
    await createMetadata(world.event(KEY), world.invocation(), world);
    expect(world.record(KEY).error).toMatchObject({
      code: 'bad-metadata',
      message: 'imagedrop.yaml: it has 65538 bytes, and 65536 is the most that is read.',
    });
  });

  test('and comes after its image changes nothing', async () => {
    const world = worldWith({});
    await createMetadata(world.event(KEY), world.invocation(), world);
    const before = world.record(KEY);
    world.objects.put(`${KEY}.yaml`, Buffer.from('name: late'));
    await createMetadata(world.event(`${KEY}.yaml`), world.invocation(), world);
    await createMetadata(world.event(KEY), world.invocation(), world);
    expect(world.record(KEY)).toEqual(before);
  });
});

describe('an image that an earlier try has created', () => {
  const lost = () => new ImageDropError('endpoint-unavailable', 'The answer was lost.');

  async function createdWithoutAnswer(world: MemoryWorld): Promise<string> {
    world.endpoint.faults.push({ call: 'create', error: lost(), afterEffect: true });
    await expect(createMetadata(world.event(KEY), world.invocation(), world)).rejects.toThrow('lost');
    const [id = ''] = world.endpoint.images.keys();
    return id;
  }

  test('is processed where the files are as they were', async () => {
    const world = worldWith({ 'imagedrop.yaml': 'min_ram: 1' });
    const id = await createdWithoutAnswer(world);
    await createMetadata(world.event(KEY), world.invocation('again'), world);
    expect(world.record(KEY)).toMatchObject({ status: 'created', generation: 1, image: { id } });
  });

  test.each([
    ['has been changed', { 'imagedrop.yaml': 'min_ram: 1' }],
    ['has come since', {}],
  ])('is replaced where a file %s: the record says what the image has', async (_what, files) => {
    const world = worldWith(files);
    const first = await createdWithoutAnswer(world);
    world.objects.put('imagedrop.yaml', Buffer.from('min_ram: 2'));
    await createMetadata(world.event(KEY), world.invocation('again'), world);
    const { image, generation, sent, status } = world.record(KEY);
    expect({ status, generation, minRam: sent?.minRam }).toEqual({ status: 'created', generation: 2, minRam: 2 });
    expect([...world.endpoint.images.keys()]).toEqual([image?.id]);
    expect(image?.id).not.toBe(first);
  });
});
