import { expect, test } from '@jest/globals';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

test('metadata of ten folders that make too long an image fail the drop at once, and nothing is created', async () => {
  const world = new MemoryWorld();
  const value = 'é'.repeat(10_000);
  const paths = Array.from({ length: 10 }, (_, depth) => 'f/'.repeat(depth));
  for (const [n, path] of paths.entries()) {
    const lines = [0, 1, 2].map((p) => `  p${n}_${p}: ${value}\n`).join('');
    world.objects.put(`${path}imagedrop.yaml`, Buffer.from(`properties:\n${lines}`));
  }
  const key = `${paths.at(-1)}a.img`;
  world.objects.put(key, rawDisk());
  await createMetadata(world.event(key), world.invocation(), world);
  const { status, error } = world.record(key);
  expect({ status, code: error?.code, retryable: error?.retryable }).toEqual({
    status: 'failed',
    code: 'bad-metadata',
    retryable: false,
  });
  expect(error?.message).toMatch(/have \d+ bytes from all places together, and 65536 is the most/);
  expect(world.endpoint.images.size).toBe(0);
});

test.each([
  [{ visibility: 'public' }, 'visibility'],
  [
    { 'property-cinder_encryption_key_id': '9d9a0b1c-0000-4000-8000-000000000001' },
    'property-cinder_encryption_key_id',
  ],
  [{ 'property-img_signature': 'x' }, 'property-img_signature'],
  [{ 'property-__system__cmkid': 'key-of-somebody' }, 'property-__system__cmkid'],
])('%j of a dropper fails the drop, with the header', async (userMetadata, header) => {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk(), userMetadata as Record<string, string>);
  await createMetadata(world.event('a.img'), world.invocation(), world);
  expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'bad-metadata' } });
  expect(world.record('a.img').error?.message).toContain(`x-amz-meta-${header}: `);
  expect(world.endpoint.images.size).toBe(0);
});
