import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { inspect } from '../../lambda/formats/inspect.ts';
import type { Inspect } from '../support/laws.ts';
import { fuzzArguments } from './arguments.ts';
import { type Base, bases } from './base.ts';
import { fuzz } from './fuzz.ts';
import { inputOf } from './input.ts';
import { kept } from './report.ts';
import { supervised } from './supervised.ts';

const SEED = 1;
let files: readonly Base[];

beforeAll(async () => {
  files = await bases();
});

/** What is found of the first inputs when they are inspected so. */
async function lawsBrokenBy(broken: Inspect, inputs = 5): Promise<string[]> {
  const { findings } = await fuzz({ seed: SEED, from: 0, inputs, bases: files, inspect: broken });
  return findings.map(({ law }) => law);
}

test('npm run fuzz tells what came of its inputs', () => {
  const output = execFileSync(process.execPath, ['test/fuzz/run.ts', '--inputs', '1000', '--seed', '7'], {
    encoding: 'utf8',
  });
  expect(output).toMatch(/^Seed 7: inspecting 1,000 damaged files\./);
  expect(output).toMatch(/ +\d+ {2}accepted\n/);
  expect(output).toMatch(/1,000 inputs in [\d.]+ s \([\d,]+\/s\); at most [\d.]+ ms and [\d.]+ MiB for one\.\n$/);
});

test('an input is the same for the same seed and index, and another for others', () => {
  const bytes = (seed: number, index: number) => {
    const { file } = inputOf(seed, index, files);
    return file.readNow(0, Math.min(file.size, 2 ** 20)).toString('latin1');
  };
  expect(bytes(3, 5)).toBe(bytes(3, 5));
  expect(new Set([bytes(3, 5), bytes(3, 6), bytes(4, 5)]).size).toBe(3);
});

describe('it is found when inspection', () => {
  test('throws anything but an ImageDropError', async () => {
    const laws = await lawsBrokenBy(() => Promise.reject(new TypeError('x is undefined')));
    expect(laws).toEqual(Array.from({ length: 5 }, () => 'It threw TypeError: x is undefined.'));
  });

  test('reads too often', async () => {
    const greedy: Inspect = async (reader, options) => {
      for (let read = 0; read < 11; read++) await reader.read(0, 0);
      return inspect(reader, options);
    };
    expect((await lawsBrokenBy(greedy))[0]).toMatch(/^It read \d+ times\.$/);
  });

  test('reads too much', async () => {
    const greedy: Inspect = async (reader, options) => {
      for (let read = 0; read < 3; read++) await reader.read(0, Math.min(reader.size, 400_000));
      return inspect(reader, options);
    };
    expect(await lawsBrokenBy(greedy, 30)).toContainEqual(expect.stringMatching(/^It read \d{7} bytes\.$/));
  });

  test('takes too long', async () => {
    const slow: Inspect = (reader, options) => {
      const start = process.threadCpuUsage();
      while (process.threadCpuUsage(start).user < 1_100_000);
      return inspect(reader, options);
    };
    expect((await lawsBrokenBy(slow, 1))[0]).toMatch(/^It took \d{4} ms\.$/);
  });

  test('takes too much memory', async () => {
    const hoard: Buffer[] = [];
    const hoarding: Inspect = (reader, options) => {
      hoard.push(Buffer.alloc(64 * 2 ** 20));
      return inspect(reader, options);
    };
    expect((await lawsBrokenBy(hoarding, 1))[0]).toMatch(/^It took \d+ bytes of memory\.$/);
  });

  test('accepts what is unsafe', async () => {
    const trusting: Inspect = async (reader) => ({ format: 'raw', virtualSize: reader.size });
    expect(await lawsBrokenBy(trusting, 100)).toContainEqual(
      expect.stringMatching(/^It was accepted as raw, but it bears "KDMV"/),
    );
  });

  test('takes a cut file for whole', async () => {
    const whole = files.filter(({ sound }) => sound?.format === 'zvhd2');
    const trusting: Inspect = async () => ({ format: 'zvhd2', virtualSize: 2 ** 30 });
    const { findings } = await fuzz({ seed: SEED, from: 0, inputs: 200, bases: whole, inspect: trusting });
    expect(findings).toContainEqual(
      expect.objectContaining({ law: expect.stringContaining('It was taken for whole') }),
    );
  });
});

test('what is found is kept as a file, with the command that makes it again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imagedrop-fuzz-'));
  try {
    const report = kept({ index: 12, law: 'It threw.' }, SEED, files, folder);
    expect(report).toContain('Input 12 of seed 1: It threw.');
    expect(report).toContain('npm run fuzz -- --seed 1 --from 12 --inputs 1');
    const { file } = inputOf(SEED, 12, files);
    expect(readFileSync(join(folder, 'fuzz-1-12.bin'))).toEqual(file.readNow(0, file.size));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('an input', () => {
  const work = { seed: SEED, from: 40, inputs: 10 };
  const worker = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

  test('that never ends is found', async () => {
    const { findings } = await supervised(work, { hangSeconds: 0.5, worker: worker('for (;;);') });
    expect(findings).toEqual([{ index: 40, law: 'It did not end within 0.5 s.' }]);
  });

  test('that ends the worker is found', async () => {
    const { findings } = await supervised(work, { worker: worker('throw new RangeError("too much")') });
    expect(findings).toEqual([{ index: 40, law: 'It ended the worker: RangeError: too much.' }]);
  });
});

describe('the arguments', () => {
  test('are a million inputs from the first on and a seed of its own by default', () => {
    const { seed, ...others } = fuzzArguments([]);
    expect(others).toEqual({ inputs: 1_000_000, from: 0 });
    expect(seed).toBeGreaterThanOrEqual(0);
  });

  test('are taken as they are given', () => {
    const args = ['--inputs', '300_000', '--seed', '5', '--from', '9'];
    expect(fuzzArguments(args)).toEqual({ inputs: 300_000, seed: 5, from: 9 });
  });

  test.each(['-1', '1.5', 'x', '', '4294967296'])('may not be %s', (text) => {
    expect(() => fuzzArguments([`--seed=${text}`])).toThrow(/--seed must be an integer/);
  });
});
