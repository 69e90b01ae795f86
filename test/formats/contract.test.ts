import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Check, examine, inspect } from '../../lambda/formats/inspect.ts';
import type { Format } from '../../lambda/formats/reading/format.ts';
import { Probe } from '../../lambda/formats/reading/probe.ts';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';
import { FORMATS } from '../../lambda/formats/registry.ts';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';
import { IMAGE_FORMATS } from '../../lambda/model/image.ts';
import { tableInside } from '../support/images/guest-tables.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { SAMPLES, type Sample } from '../support/images/samples.ts';
import { runs } from '../support/laws.ts';

const MIB = 1024 * 1024;
/** Where headers and trailers are: changes elsewhere are the guest's own business. */
const HEADER_BYTES = 1024;
const NAMES = [...FORMATS.map(({ name }) => name), 'raw'];

const samplesOf = (name: string): Sample[] => SAMPLES.filter(({ format }) => format === name);

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

/** The samples of a format with any byte near either end changed. */
const changedHeaders = (bytes: Buffer) => {
  const fromStart = fc.integer({ min: 0, max: HEADER_BYTES - 1 });
  const fromEnd = fromStart.map((distance) => bytes.length - 1 - distance);
  return fc.tuple(fc.oneof(fromStart, fromEnd), fc.integer({ min: 0, max: 255 })).map(([offset, value]) => {
    const changed = Buffer.from(bytes);
    changed[offset] = value;
    return changed;
  });
};

const titlesOf = (checks: readonly Check[]): string[] => checks.map(({ code, title }) => `${code}: ${title}`).sort();

describe('the registry', () => {
  test('has every format that the model names, and each once', () => {
    expect(NAMES).toEqual(expect.arrayContaining([...IMAGE_FORMATS]));
    expect(new Set(NAMES).size).toBe(NAMES.length);
  });
});

describe.each([...FORMATS])('the format $name', (format: Format) => {
  test('has a sample in test/support/images/samples.ts', () => {
    expect(samplesOf(format.name)).not.toEqual([]);
  });

  test('has a title of its own for each of its rules', () => {
    const titles = format.rules.map(({ code, title }) => `${code}: ${title}`);
    expect(new Set(titles).size).toBe(titles.length);
    expect(format.rules.some(({ code }) => code in ERROR_KINDS)).toBe(true);
  });

  test('looks for its signature in any bytes without a word', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (bytes) => {
        const probe = await Probe.open(bytesReader(Buffer.from(bytes)));
        expect(typeof format.matches(probe)).toBe('boolean');
        format.mayBePartitioned?.(probe);
      }),
    );
  });
});

describe.each(NAMES.flatMap(samplesOf))('$name', (sample) => {
  const { bytes, format, subformat, virtualSize, cutSeenBelow } = sample;

  test('is recognised with its virtual size and partition table, and nothing is remarked on', async () => {
    const partitionTable = tableInside(sample);
    expect(await found(bytes)).toEqual({
      format,
      ...(subformat === undefined ? {} : { subformat }),
      virtualSize,
      ...(partitionTable === undefined ? {} : { partitionTable }),
    });
  });

  test('is recognised by its own format alone', async () => {
    const probe = await Probe.open(bytesReader(bytes));
    const matching = FORMATS.filter((one) => one.matches(probe)).map(({ name }) => name);
    expect(matching).toEqual(format === 'raw' ? [] : [format]);
  });

  test('may be claimed by its name in any case', async () => {
    expect(await refusal(bytes, { claimedFormat: format.toUpperCase() })).toBe('accepted');
  });

  test('may not be claimed to be any other format', async () => {
    for (const claimedFormat of NAMES.filter((other) => other !== format)) {
      expect(await refusal(bytes, { claimedFormat })).toBe('wrong-format');
    }
  });

  test('is refused when it is cut short', async () => {
    const longest = cutSeenBelow - 1;
    const lengths = fc.oneof(fc.integer({ min: 1, max: longest }), fc.constant(longest));
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        expect(await refusal(bytes.subarray(0, length))).not.toBe('accepted');
      }),
      runs(150),
    );
  });

  test('is accepted from the length on that docs/formats.md gives as its limit', async () => {
    expect(await refusal(bytes.subarray(0, cutSeenBelow))).toBe('accepted');
  });

  test('is reported on check by check: what was looked at, where, and that nothing was wrong', async () => {
    const { verdict, checks } = await examine(bytesReader(bytes));
    expect(verdict).toBe('accept');
    expect(checks.filter(({ outcome }) => outcome === 'refused' || outcome === 'warned')).toEqual([]);
    expect(checks.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(5);
    for (const { outcome, detail } of checks) expect(outcome === 'skipped' && detail === undefined).toBe(false);
  });

  test('with any byte of its headers changed is refused with a reason or accepted, by bounded reads', async () => {
    await fc.assert(
      fc.asyncProperty(changedHeaders(bytes), async (changed) => {
        const { count, reader } = countingReader(changed);
        await inspect(reader).catch((error: Error) => expect(error.name).toBe('ImageDropError'));
        expect(count.reads).toBeLessThanOrEqual(8);
        expect(count.bytes).toBeLessThanOrEqual(MIB);
      }),
      runs(150),
    );
  });

  test('with any byte of its headers changed is reported on by the same checks, one of them its refusal', async () => {
    const sound = titlesOf((await examine(bytesReader(bytes))).checks);
    const stillThis = FORMATS.find(({ name }) => name === format)?.matches;
    await fc.assert(
      fc.asyncProperty(changedHeaders(bytes), async (changed) => {
        const { verdict, found: image, error, checks } = await examine(bytesReader(changed));
        const refused = checks.filter(({ outcome }) => outcome === 'refused');
        expect(refused.map(({ code, detail }) => [code, detail])).toEqual(
          error === undefined ? [] : [[error.code, error.message]],
        );
        expect(verdict).toBe(error === undefined ? 'accept' : 'refuse');
        expect(image === undefined).toBe(verdict === 'refuse');
        const isStillThis = stillThis?.(await Probe.open(bytesReader(changed))) ?? false;
        if (isStillThis && error?.code !== 'two-formats') expect(titlesOf(checks)).toEqual(sound);
      }),
      runs(100),
    );
  });
});
