import { describe, expect, jest, test } from '@jest/globals';
import { type ChaosOptions, chaos } from './chaos.ts';
import { HASH_NOT_COMPARED, ID_AT_RANDOM, MESSAGE_DELETED_EARLY, type Sabotage, sabotage } from './sabotage.ts';
import { isSound } from './table.ts';

// Each test is a whole run; only a hang reaches this.
jest.setTimeout(1_800_000);

/** Few drops, and of what goes wrong only what the bug is to be seen by, but often. Nothing repairs what it does. */
const run = (options: Partial<ChaosOptions>, bug?: Sabotage) =>
  chaos({
    seed: 1,
    drops: 8,
    // Faults end sooner, when half of the records are settled.
    faultsWithinSeconds: 900,
    reconciles: false,
    ...options,
    ...(bug && { prepare: (cloudAssembly) => sabotage(cloudAssembly, bug) }),
  });

const CREATED = ['image: done, answer lost', 'image: done, answered 500'];
const FAILING = ['S3: 412 on a record', 'S3: 500'];
const CORRUPTING = ['upload: one byte changed'];

const only = (kinds: readonly string[]) => (kind: string) => kinds.includes(kind);

describe('A run of chaos', () => {
  test('finds doubled images when a retry does not find the image that was created before', async () => {
    const result = await run({ wants: only(CREATED), likelier: 10 }, ID_AT_RANDOM);
    expect(result.findings.doubled.length).toBeGreaterThan(0);
    expect(isSound(result)).toBe(false);
  });

  test('finds lost drops when a message is deleted before its record is written', async () => {
    // What is lost is never settled.
    const limits = { faultsWithinSeconds: 15, quietWithinSeconds: 20 };
    const result = await run({ wants: only(FAILING), likelier: 50, ...limits }, MESSAGE_DELETED_EARLY);
    expect(result.findings.lost.length).toBeGreaterThan(0);
    expect(isSound(result)).toBe(false);
  });

  test('finds corrupt images when hashes are not compared', async () => {
    const result = await run({ wants: only(CORRUPTING), likelier: 20 }, HASH_NOT_COMPARED);
    expect(result.findings.corrupt.length).toBeGreaterThan(0);
    expect(isSound(result)).toBe(false);
  });

  test('finds nothing wrong when all of that happens and there is no bug', async () => {
    const wants = only([...CREATED, ...FAILING, ...CORRUPTING]);
    const { findings, faults } = await run({ wants, likelier: 12 });
    expect(faults.filter(([, times]) => times === 0)).toEqual([]);
    expect(Object.values(findings).flat()).toEqual([]);
  });
});
