import { describe, expect, jest, test } from '@jest/globals';
import { type ChaosOptions, chaos } from './chaos.ts';
import { OTHER_KINDS } from './kinds.ts';
import { HASH_NOT_COMPARED, ID_AT_RANDOM, MESSAGE_DELETED_EARLY, type Sabotage, sabotage } from './sabotage.ts';
import { isSound } from './table.ts';

// Each test is a whole run; only a hang reaches this.
jest.setTimeout(1_800_000);

/** Few drops, and of what goes wrong only what the bug is to be seen by, but often. Nothing repairs what it does. */
const run = (bug: Sabotage, options: Pick<ChaosOptions, 'wants' | 'likelier'>) =>
  chaos({
    seed: 1,
    drops: 8,
    faultsWithinSeconds: 15,
    quietWithinSeconds: 20,
    reconciles: false,
    ...options,
    prepare: (cloudAssembly) => sabotage(cloudAssembly, bug),
  });

const CREATED = ['image: done, answer lost', 'image: done, answered 500'];
const FAILING = ['S3: 412 on a record', 'S3: 500'];
const CORRUPTING = ['upload: one byte changed'];
const DOUBLING = [OTHER_KINDS.doubled, 'image: slow'];

const only = (kinds: readonly string[]) => (kind: string) => kinds.includes(kind);

describe('A run of chaos', () => {
  test('finds doubled images when a retry does not find the image that was created before', async () => {
    const result = await run(ID_AT_RANDOM, { wants: only(CREATED), likelier: 10 });
    expect(result.findings.doubled.length).toBeGreaterThan(0);
    expect(isSound(result)).toBe(false);
  });

  test('finds lost drops when a message is deleted before its record is written', async () => {
    const result = await run(MESSAGE_DELETED_EARLY, { wants: only(FAILING), likelier: 50 });
    expect(result.findings.lost.length).toBeGreaterThan(0);
    expect(isSound(result)).toBe(false);
  });

  test('finds corrupt images when hashes are not compared', async () => {
    const result = await run(HASH_NOT_COMPARED, { wants: only(CORRUPTING), likelier: 20 });
    expect(result.findings.corrupt.length).toBeGreaterThan(0);
    expect(isSound(result)).toBe(false);
  });

  test('finds nothing wrong when all of that happens and there is no bug', async () => {
    const wants = only([...CREATED, ...FAILING, ...CORRUPTING, ...DOUBLING]);
    const { findings, faults } = await chaos({ seed: 1, drops: 8, wants, likelier: 6, reconciles: false });
    expect(faults.filter(([, times]) => times === 0)).toEqual([]);
    expect(Object.values(findings).flat()).toEqual([]);
  });
});
