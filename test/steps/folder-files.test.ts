import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { MemoryWorld } from '../support/memory-world.ts';
import { failure } from '../support/outcome.ts';

const KEY = 'linux/imagedrop.yaml';

/** A world that counts how often the file of a folder was asked for. */
function countingWorld() {
  const world = new MemoryWorld();
  const read = world.objects.read.bind(world.objects);
  const asked: string[] = [];
  world.objects.read = (bucket, key, maxBytes) => {
    asked.push(key);
    return read(bucket, key, maxBytes);
  };
  const put = (text: string) => world.objects.put(KEY, Buffer.from(text));
  const look = async (arrivedAt: Date, key = KEY) =>
    (await world.folderFiles('drops', key, arrivedAt))?.bytes?.toString();
  return { world, asked, put, look };
}

describe('the file of a folder', () => {
  test('is asked for once by images that had all arrived before', async () => {
    const { world, asked, put, look } = countingWorld();
    put('min_ram: 1');
    const arrivedAt = world.time;
    world.pass(3);
    for (const _ of Array(100)) expect(await look(arrivedAt)).toBe('min_ram: 1');
    expect(asked).toEqual([KEY]);
    await look(arrivedAt, 'windows/imagedrop.yaml');
    await look(arrivedAt, 'windows/imagedrop.yaml');
    expect(asked).toEqual([KEY, 'windows/imagedrop.yaml']);
  });

  test('is looked for again by an image that has arrived since', async () => {
    const { world, put, look } = countingWorld();
    const early = world.time;
    world.pass(3);
    expect(await look(early)).toBeUndefined();
    put('min_ram: 1');
    expect(await look(world.time)).toBe('min_ram: 1');
    // Its own clock may be a little ahead of that of S3.
    put('min_ram: 2');
    expect(await look(new Date(world.time.getTime() - 1500))).toBe('min_ram: 2');
  });

  test('is looked for again after ten seconds, however long ago an image arrived', async () => {
    const { world, put, look } = countingWorld();
    const early = world.time;
    world.pass(3);
    put('min_ram: 1');
    expect(await look(early)).toBe('min_ram: 1');
    put('min_ram: 2');
    world.pass(10);
    expect(await look(early)).toBe('min_ram: 1');
    world.pass(1);
    expect(await look(early)).toBe('min_ram: 2');
  });

  test('is looked for again where S3 did not answer', async () => {
    const { world, put, look } = countingWorld();
    const early = world.time;
    world.pass(3);
    put('min_ram: 1');
    const { read } = world.objects;
    world.objects.read = () => Promise.reject(new ImageDropError('source-unreadable', 'S3 is away.'));
    expect((await failure(look(early))).code).toBe('source-unreadable');
    world.objects.read = read;
    expect(await look(early)).toBe('min_ram: 1');
  });
});
