import { describe, expect, test } from '@jest/globals';
import { foundForTarget } from '../../lambda/formats/inspect.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { patched } from '../support/images/patched.ts';
import { found } from '../support/images/refusal.ts';
import { MemoryWorld } from '../support/memory-world.ts';

const target = { name: 'mycloud', kind: 'glance', unrecognisedRaw: 'warn' } as const;
const random = Buffer.alloc(4096, 0xa7);
const bootSector = patched(Buffer.alloc(4096), { 0: [0xfa], 510: [0x55, 0xaa] });
const named = { fileName: 'disk.img' };

describe('what was found, for a target', () => {
  test('names what Glance refuses for a target of kind glance alone', async () => {
    const image = await found(bootSector, named);
    expect(image.warnings).toEqual([image.glanceRefusal]);
    expect(foundForTarget(image, target)).toEqual(image);
    expect(foundForTarget(image, { ...target, kind: 'ims' })).toEqual({ format: 'raw', virtualSize: 4096 });
  });

  test('keeps the other warnings for a target of another kind', async () => {
    const image = await found(bootSector.subarray(1), { claimedFormat: 'raw' });
    const { warnings } = foundForTarget(image, { ...target, kind: 'ims' });
    expect(warnings).toEqual(image.warnings?.filter((warning) => warning !== image.glanceRefusal));
  });

  test('is refused without a sign of a disk where the target rejects such files', async () => {
    const image = await found(random, named);
    expect(foundForTarget(image, target)).toBe(image);
    expect(() => foundForTarget(image, { ...target, unrecognisedRaw: 'reject' })).toThrow(
      expect.objectContaining({ code: 'not-a-disk-image', nextStep: expect.stringContaining('unrecognisedRaw') }),
    );
  });

  test('is refused when it is blank, too', async () => {
    const image = await found(Buffer.alloc(4096), named);
    expect(() => foundForTarget(image, { ...target, unrecognisedRaw: 'reject' })).toThrow('mycloud');
  });
});

describe('the record of a raw file without a sign of a disk', () => {
  async function recordWith(unrecognisedRaw: 'warn' | 'reject') {
    const world = new MemoryWorld();
    world.targets = world.targets.map((each) => ({ ...each, unrecognisedRaw }));
    world.objects.put('disk.img', random);
    await createMetadata(world.event('disk.img'), world.invocation(), world);
    return world.record('disk.img');
  }

  test('holds the warning', async () => {
    const record = await recordWith('warn');
    expect(record).toMatchObject({ status: 'created', found: { isUnrecognised: true } });
    expect(record.found?.warnings).toEqual([expect.stringContaining('will probably not boot')]);
  });

  test('is failed where the target rejects such files', async () => {
    expect(await recordWith('reject')).toMatchObject({ status: 'failed', error: { code: 'not-a-disk-image' } });
  });
});
