import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InspectOptions } from '../../lambda/formats/inspect.ts';
import { FORMATS } from '../../lambda/formats/registry.ts';
import type { ImageFormat } from '../../lambda/model/image.ts';
import { corpusEntries } from '../support/corpus/corpus.ts';
import { fileOf, isAccepted } from '../support/corpus/entry.ts';
import type { SparseFile } from '../support/images/sparse-file.ts';
import { judged, runs } from '../support/laws.ts';

/** Where headers and trailers are. */
const HEADER_BYTES = 1024;
const RUNS = runs(200);

interface Sample {
  readonly name: string;
  readonly format: ImageFormat;
  readonly file: SparseFile;
  /**
   * A file of fewer bytes must not be taken for this image. It may be another one: of a fixed VHD and of an ISO for USB
   * sticks the raw disk is left whose partition table they begin with.
   */
  readonly cutSeenBelow: number;
  readonly options: InspectOptions | undefined;
}

/** Every accepted file of the corpus. */
const SAMPLES: readonly Sample[] = corpusEntries()
  .filter(isAccepted)
  .map((entry) => {
    const { format, unnoticedBytes = 0 } = entry.expected;
    const file = fileOf(entry);
    return {
      name: entry.name,
      format,
      file,
      cutSeenBelow: file.size - unnoticedBytes,
      options: entry.options,
    };
  });

const byte = fc.integer({ min: 0, max: 255 });
const anySample = fc.constantFrom(...SAMPLES).map(withName);

/** fast-check shows a sample that breaks a law by its name. */
function withName(sample: Sample): Sample {
  return Object.assign(sample, { [fc.toStringMethod]: () => `${sample.format} ${sample.name}` });
}

/** An offset from either end of the file; mostly within its headers. */
const place = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant(false), fc.integer({ min: 0, max: HEADER_BYTES - 1 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant(true), fc.integer({ min: 0, max: HEADER_BYTES - 1 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(false), fc.integer({ min: 0, max: 2 ** 22 })) },
);

function changed(file: SparseFile, [fromEnd, distance]: [boolean, number], value: number): SparseFile {
  const offset = fromEnd ? file.size - 1 - distance : distance;
  return offset < 0 ? file : file.patched(offset, Buffer.of(value));
}

describe.each([...FORMATS.map(({ name }) => name), 'raw' as const])('%s', (format) => {
  const samples = SAMPLES.filter((sample) => sample.format === format);
  const sample = fc.constantFrom(...samples).map(withName);

  test('has samples', () => {
    expect(samples).not.toHaveLength(0);
  });

  test('is never accepted as whole when it is cut where it can be noticed', async () => {
    await fc.assert(
      fc.asyncProperty(sample, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (one, share) => {
        const size = Math.floor(share * one.cutSeenBelow);
        const { found } = await judged(one.file.resized(size), one.options);
        expect(found?.format).not.toBe(format);
      }),
      RUNS,
    );
  });

  test('is never accepted as whole when its last byte that can be missed is missing', async () => {
    for (const { name, file, cutSeenBelow, options } of samples) {
      const { found } = await judged(file.resized(cutSeenBelow - 1), options);
      expect({ name, found: found?.format }).not.toEqual({ name, found: format });
    }
  });

  test('is accepted as whole when nothing is missing that can be noticed', async () => {
    for (const { name, file, cutSeenBelow, options } of samples) {
      const { found } = await judged(file.resized(cutSeenBelow), options);
      expect({ name, found: found?.format }).toEqual({ name, found: format });
    }
  });

  test('obeys the laws with any one byte changed', async () => {
    await fc.assert(
      fc.asyncProperty(sample, place, byte, async (one, where, value) => {
        await judged(changed(one.file, where, value), one.options);
      }),
      RUNS,
    );
  });

  test('obeys the laws with eight bytes of its headers changed', async () => {
    const changes = fc.array(fc.tuple(place, byte), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sample, changes, async (one, all) => {
        await judged(
          all.reduce((file, [where, value]) => changed(file, where, value), one.file),
          one.options,
        );
      }),
      RUNS,
    );
  });

  test('followed by any other image is never treated as that other', async () => {
    await fc.assert(
      fc.asyncProperty(sample, anySample, async (first, second) => {
        const { found } = await judged(first.file.followedBy(second.file), first.options);
        // A fixed VHD without an end of its own is the raw disk that it holds.
        expect([undefined, first.format, 'raw']).toContain(found?.format);
      }),
      RUNS,
    );
  });

  test('cut and followed by any other image obeys the laws', async () => {
    await fc.assert(
      fc.asyncProperty(sample, fc.nat(2 ** 20), anySample, async (first, bytes, second) => {
        await judged(first.file.resized(Math.min(bytes, first.file.size)).followedBy(second.file), first.options);
      }),
      RUNS,
    );
  });
});
