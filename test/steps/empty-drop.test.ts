import { describe, expect, test } from '@jest/globals';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

/** What s3fs writes on every object. */
const MOUNTED = { mode: '33188', mtime: '1767323045', uid: '1000' };

async function emptied(userMetadata: Record<string, string> = {}) {
  const world = new MemoryWorld();
  world.objects.put('a.img', Buffer.alloc(0), userMetadata);
  await createMetadata(world.event('a.img'), world.invocation('c1'), world);
  const key = world.recordKey('a.img');
  const again = () => createMetadata({ record: key }, world.invocation('c2'), world);
  return { world, again, record: () => world.records.stored.get(key) };
}

describe('an object without bytes', () => {
  test.each([{}, MOUNTED])('is superseded by the file that follows it: nothing has failed (%j)', async (metadata) => {
    const { world, again, record } = await emptied(metadata);
    expect(record()).toMatchObject({ status: 'received', attempts: 0, waiting: { code: 'empty' } });
    expect(record()?.lease).toBeUndefined();
    world.pass(10);
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation('c3'), world);
    await again();
    expect(record()?.status).toBe('superseded');
    expect(record()?.history.map(({ status }) => status)).toEqual(['received', 'superseded']);
    expect(world.record('a.img').status).toBe('created');
  });

  test('fails as empty when no file follows within half a minute', async () => {
    const { world, again, record } = await emptied();
    expect(world.ownQueue.sent).toMatchObject([{ delaySeconds: 30 }]);
    world.pass(30);
    await again();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'empty' } });
  });

  test('is waited for as long as a mounted bucket takes to write a file of 1 TB', async () => {
    const { world, again, record } = await emptied(MOUNTED);
    expect(world.ownQueue.sent).toMatchObject([{ delaySeconds: 900 }]);
    world.pass(6 * 3600 - 100);
    await again();
    expect(record()?.status).toBe('received');
    expect(world.ownQueue.sent.at(-1)).toMatchObject({ delaySeconds: 100 });
    world.pass(100);
    await again();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'empty' } });
  });
});
