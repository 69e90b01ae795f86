import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from '../../lambda/formats/inspect.ts';
import { bytesReader } from '../../lambda/formats/memory-reader.ts';
import type { RangeReader } from '../../lambda/formats/reader.ts';
import { FORMATS } from '../../lambda/formats/registry.ts';
import { IMAGE_FORMATS } from '../../lambda/model/image.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { SAMPLES } from '../support/images/samples.ts';

const MIB = 1024 * 1024;
/** Where headers and trailers are: changes elsewhere are the guest's own business. */
const HEADER_BYTES = 1024;

/** Counts what is read, and lets nothing pass that is outside the file. */
function countingReader(bytes: Buffer) {
  const reader = bytesReader(bytes);
  const count = { reads: 0, bytes: 0 };
  const counting: RangeReader = {
    size: reader.size,
    read(offset, length) {
      count.reads += 1;
      count.bytes += length;
      return reader.read(offset, length);
    },
  };
  return { count, reader: counting };
}

describe('the registry', () => {
  test('has every format but raw, each once', () => {
    expect([...FORMATS.map(({ name }) => name), 'raw'].sort()).toEqual([...IMAGE_FORMATS].sort());
  });

  test('has a sample of every format', () => {
    expect(new Set(SAMPLES.map(({ format }) => format))).toEqual(new Set(IMAGE_FORMATS));
  });
});

describe.each(SAMPLES)('$name', (sample) => {
  const { bytes, cutSeenBelow, format, subformat, virtualSize } = sample;

  test('is recognised with its virtual size, and nothing is remarked on', async () => {
    expect(await found(bytes)).toEqual({ format, ...(subformat === undefined ? {} : { subformat }), virtualSize });
  });

  test('is recognised by its own format alone', async () => {
    const { Probe } = await import('../../lambda/formats/probe.ts');
    const probe = await Probe.open(bytesReader(bytes));
    const matching = FORMATS.filter((one) => one.matches(probe)).map(({ name }) => name);
    expect(matching).toEqual(format === 'raw' ? [] : [format]);
  });

  test('may be claimed by its name in any case', async () => {
    expect(await refusal(bytes, { claimedFormat: format.toUpperCase() })).toBe('accepted');
  });

  test('may not be claimed to be any other format', async () => {
    for (const claimedFormat of IMAGE_FORMATS.filter((other) => other !== format)) {
      expect(await refusal(bytes, { claimedFormat })).toBe('wrong-format');
    }
  });

  test('is refused when it is cut short', async () => {
    const lengths = fc.oneof(fc.integer({ min: 1, max: cutSeenBelow - 1 }), fc.constant(cutSeenBelow - 1));
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        expect(await refusal(bytes.subarray(0, length))).not.toBe('accepted');
      }),
      { numRuns: 150 },
    );
  });

  test('is accepted from the length on that docs/formats.md gives as its limit', async () => {
    expect(await refusal(bytes.subarray(0, cutSeenBelow))).toBe('accepted');
  });

  test('with any byte of its headers changed is refused with a reason or accepted, by bounded reads', async () => {
    const fromStart = fc.integer({ min: 0, max: HEADER_BYTES - 1 });
    const fromEnd = fromStart.map((distance) => bytes.length - 1 - distance);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fromStart, fromEnd), fc.integer({ min: 0, max: 255 }), async (offset, value) => {
        const changed = Buffer.from(bytes);
        changed[offset] = value;
        const { count, reader } = countingReader(changed);
        await inspect(reader).catch((error: Error) => expect(error.name).toBe('ImageDropError'));
        expect(count.reads).toBeLessThanOrEqual(8);
        expect(count.bytes).toBeLessThanOrEqual(MIB);
      }),
      { numRuns: 150 },
    );
  });
});
