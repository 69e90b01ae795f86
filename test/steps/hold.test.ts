import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import type { Invocation } from '../../lambda/steps/ports.ts';
import { whileHolding } from '../../lambda/steps/under-lease.ts';
import { Work } from '../../lambda/steps/work.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

/** A record that an invocation has leased. */
async function leased(holder: string) {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const key = world.recordKey('a.img');
  const until = new Date(world.time.getTime() + 5000).toISOString();
  await world.records.change(key, (stored) => stored && { ...stored, lease: { holder, until } });
  return { world, workOf: (invocation: Invocation) => new Work(key, world.record('a.img'), invocation, world) };
}

describe('work without progress of its own', () => {
  test('keeps lease and message for as long as it takes', async () => {
    const { world, workOf } = await leased('ours');
    const invocation = world.invocation('ours');
    expect(await whileHolding(workOf(invocation), world, () => pause(1300, 'done'))).toBe('done');
    expect(invocation.held).toEqual([60]);
    expect(Date.parse(world.record('a.img').lease?.until ?? '') - world.time.getTime()).toBe(60_000);
  });

  test('is worth nothing when another has taken over, whose lease stays', async () => {
    const { world, workOf } = await leased('another');
    const invocation = world.invocation('ours');
    await expect(whileHolding(workOf(invocation), world, () => pause(1300))).rejects.toMatchObject({
      code: 'lease-held',
    });
    expect(invocation.held).toEqual([]);
    expect(world.record('a.img').lease?.holder).toBe('another');
  });
});
