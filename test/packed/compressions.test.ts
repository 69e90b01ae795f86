import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { failure } from '../support/outcome.ts';
import { innerDisk } from '../support/packed/disk.ts';
import { FIXTURES } from '../support/packed/fixtures.ts';
import { inside } from '../support/packed/packed-files.ts';

const DISK = innerDisk();
const GZIP = gzipSync(DISK);
const zstdWithChecksum = (bytes: Buffer): Buffer =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const ZSTD = zstdWithChecksum(DISK);
const SKIPPABLE = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const halves = (pack: (bytes: Buffer) => Buffer): Buffer =>
  Buffer.concat([pack(DISK.subarray(0, 100_000)), pack(DISK.subarray(100_000))]);

const flipped = (bytes: Buffer, place: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
};

/** One of each compression that is unpacked. */
const SOUND: readonly (readonly [variant: string, format: string, bytes: Buffer])[] = [
  ['gzip', 'gz', GZIP],
  ['gzip of several members', 'gz', halves(gzipSync)],
  ['gzip padded with zeros', 'gz', Buffer.concat([GZIP, Buffer.alloc(512)])],
  ['zstd', 'zst', ZSTD],
  ['zstd of several frames', 'zst', halves(zstdWithChecksum)],
  ['zstd with skippable frames around it', 'zst', Buffer.concat([SKIPPABLE, ZSTD, SKIPPABLE])],
  ['zstd of pzstd', 'zst', FIXTURES.pzstd],
  ['xz', 'xz', FIXTURES.xz],
  ['xz of several blocks', 'xz', FIXTURES.xzBlocks],
  ['xz with SHA-256', 'xz', FIXTURES.xzSha256],
  ['xz without a check', 'xz', FIXTURES.xzNoCheck],
  ['xz with stream padding', 'xz', Buffer.concat([FIXTURES.xz, Buffer.alloc(8)])],
  ['bzip2 of several blocks', 'bz2', FIXTURES.bzip2],
];

describe('the disk comes out byte for byte', () => {
  test.each(SOUND)('of %s', async (_variant, format, bytes) => {
    const found = await inside(bytes);
    expect(found?.format).toBe(format);
    expect(found?.bytes.equals(DISK)).toBe(true);
  });

  test.each([1, 3, 7, 13, 64])('whatever the chunks are: %d bytes', async (chunkBytes) => {
    for (const [, , bytes] of SOUND) {
      const found = await inside(bytes, { chunkBytes });
      expect(found?.bytes.equals(DISK)).toBe(true);
    }
  });

  test.each([
    ['xz', Buffer.concat([FIXTURES.xz, Buffer.alloc(4), FIXTURES.xzSha256, Buffer.alloc(12), FIXTURES.xzEmpty])],
    ['bzip2', Buffer.concat([FIXTURES.bzip2, FIXTURES.bzip2])],
  ])('of several streams of %s', async (_format, bytes) => {
    const found = await inside(bytes);
    expect(found?.bytes.equals(Buffer.concat([DISK, DISK]))).toBe(true);
  });
});

describe('the size is known before a byte is unpacked', () => {
  test.each([
    ['xz', FIXTURES.xzBlocks, DISK.length],
    ['xz of several streams', Buffer.concat([FIXTURES.xz, Buffer.alloc(4), FIXTURES.xz]), 2 * DISK.length],
    ['zstd', ZSTD, DISK.length],
    ['zstd behind skippable frames', Buffer.concat([SKIPPABLE, SKIPPABLE, ZSTD]), DISK.length],
    ['zstd of a small frame', zstdCompressSync(DISK.subarray(0, 1000)), 1000],
  ])('of %s', async (_variant, bytes, size) => {
    expect((await inside(bytes))?.expectedBytes).toBe(size);
  });

  test.each([
    ['gzip', GZIP],
    ['bzip2', FIXTURES.bzip2],
  ])('but not of %s', async (_format, bytes) => {
    expect((await inside(bytes))?.expectedBytes).toBeUndefined();
  });
});

describe('a disk above the limit', () => {
  test.each(SOUND)('is too large, of %s', async (_variant, _format, bytes) => {
    const { code, message } = await failure(inside(bytes, { maxBytes: DISK.length - 1 }));
    expect(code).toBe('too-large');
    expect(message).toContain(String(DISK.length - 1));
    await expect(inside(bytes, { maxBytes: DISK.length })).resolves.toBeDefined();
  });
});

describe('a file whose end is missing', () => {
  const CUTS = [1, 4, 9, 12, 40, 700];
  const whole = SOUND.filter(([variant]) => !/padded|padding|around/.test(variant));

  test.each(whole)('is truncated, of %s', async (_variant, _format, bytes) => {
    for (const cut of CUTS) {
      const { code } = await failure(inside(bytes.subarray(0, bytes.length - cut)));
      expect({ cut, code }).toEqual({ cut, code: 'truncated' });
    }
  });

  test('is truncated inside a skippable frame', async () => {
    const { code } = await failure(inside(Buffer.concat([ZSTD, SKIPPABLE.subarray(0, 9)])));
    expect(code).toBe('truncated');
  });
});

describe('other bytes behind the end', () => {
  const GARBAGE = Buffer.from('<html>error</html>');

  test.each(SOUND)('are trailing bytes, of %s', async (_variant, _format, bytes) => {
    const { code } = await failure(inside(Buffer.concat([bytes, GARBAGE])));
    expect(code).toBe('trailing-bytes');
  });

  test.each([
    ['xz', FIXTURES.xz],
    ['gzip', GZIP],
  ])('are found behind zeros, too, with their place, of %s', async (_format, bytes) => {
    const { code, message } = await failure(inside(Buffer.concat([bytes, Buffer.alloc(16), GARBAGE])));
    expect(code).toBe('trailing-bytes');
    expect(message).toMatch(/at byte \d+\.$/);
  });
});

describe('a flipped bit', () => {
  test.each(SOUND)('never gives another disk, of %s', async (variant, _format, bytes) => {
    const step = Math.ceil(bytes.length / 60);
    for (let place = 12; place < bytes.length; place += step) {
      const found = await inside(flipped(bytes, place)).catch((error) => error.code);
      // Names and times in headers, skippable frames and padding do not change the disk.
      if (typeof found === 'string')
        expect(found).toMatch(/^(corrupt-data|truncated|trailing-bytes|unsupported-variant)$/);
      else if (!variant.includes('without a check')) expect(found?.bytes.equals(DISK)).toBe(true);
    }
  });

  test.each([
    ['gzip', GZIP],
    ['zstd', ZSTD],
    ['xz', FIXTURES.xz],
    ['xz with SHA-256', FIXTURES.xzSha256],
    ['bzip2', FIXTURES.bzip2],
  ])('in the data is corrupt, of %s', async (_format, bytes) => {
    const { code } = await failure(inside(flipped(bytes, bytes.length >> 1)));
    expect(code).toBe('corrupt-data');
  });

  test('in the SHA-256 of a block is corrupt', async () => {
    const digestOfLastBlock = FIXTURES.xzSha256.length - 12 - 28 - 8;
    const { code, message } = await failure(inside(flipped(FIXTURES.xzSha256, digestOfLastBlock)));
    expect({ code, message }).toEqual({ code: 'corrupt-data', message: expect.stringContaining('SHA-256') });
  });
});

describe('variants that are not supported', () => {
  const withDictionaryId = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x58, 0x07, 0x01, 0x00, 0x00]);

  test.each([
    ['xz with a BCJ filter', FIXTURES.xzBcj, 'BCJ x86'],
    ['xz with the Delta filter', FIXTURES.xzDelta, 'Delta'],
    ['xz with a dictionary above 64 MiB', FIXTURES.xzLargeDictionary, '134217728 bytes'],
    ['zstd with a window above 128 MiB', FIXTURES.zstdLong, '--long'],
    ['zstd with a dictionary', withDictionaryId, 'dictionary'],
  ])('%s', async (_variant, bytes, words) => {
    const { code, message, nextStep } = await failure(inside(bytes));
    expect(code).toBe('unsupported-variant');
    expect(message).toContain(words);
    expect(nextStep).toContain('Unpack');
  });
});

describe('what is inside', () => {
  test.each([
    ['gzip in gzip', gzipSync(GZIP), 'a gzip file is a gzip file'],
    ['xz in gzip', gzipSync(FIXTURES.xz), 'a gzip file is an xz file'],
    ['bzip2 in zstd', zstdCompressSync(FIXTURES.bzip2), 'a Zstandard file is a bzip2 file'],
    ['7z in gzip', gzipSync(Buffer.from('377abcaf271c0004', 'hex')), 'a gzip file is a 7z file'],
  ])('is refused with the name of the second layer: %s', async (_layers, bytes, words) => {
    const { code, message } = await failure(inside(bytes));
    expect(code).toBe('packed-twice');
    expect(message).toContain(words);
  });

  test.each([
    ['gzip', gzipSync('')],
    ['xz', FIXTURES.xzEmpty],
    ['zstd', SKIPPABLE],
  ])('must not be nothing, of %s', async (_format, bytes) => {
    expect((await failure(inside(bytes))).code).toBe('no-image-inside');
  });

  test('is nothing of a file that is not packed', async () => {
    await expect(inside(DISK)).resolves.toBeUndefined();
    await expect(inside(Buffer.alloc(0))).resolves.toBeUndefined();
  });
});
