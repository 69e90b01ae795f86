import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readRange } from '../../lambda/transfer/transfer.ts';
import { pattern } from '../support/bytes.ts';
import { failure } from '../support/outcome.ts';

const BYTES = pattern(1000);
const { signal } = new AbortController();

/** A source that gives so many bytes at a time. */
const inPieces =
  (size: number) =>
  async ({ offset, length }: { offset: number; length: number }) =>
    Readable.from(
      Array.from({ length: Math.ceil(length / size) }, (_, index) =>
        BYTES.subarray(offset + index * size, Math.min(offset + (index + 1) * size, offset + length)),
      ),
    );

describe('a range that is read into memory', () => {
  test.each([1, 3, 7, 13, 64, 1000])('is whole, in pieces of %d bytes', async (size) => {
    const { bytes, md5 } = await readRange(inPieces(size), { offset: 100, length: 777 }, signal);
    expect(bytes.equals(BYTES.subarray(100, 877))).toBe(true);
    expect(md5).toBe(createHash('md5').update(bytes).digest('hex'));
  });

  test('that cannot be read ends with the fault of its source', async () => {
    const open = async () => {
      throw new TypeError('no source');
    };
    expect(await failure(readRange(open, { offset: 0, length: 10 }, AbortSignal.timeout(50)))).toBeDefined();
  });
});
