import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { runs } from '../support/laws.ts';
import { innerDisk } from '../support/packed/disk.ts';
import { FIXTURES } from '../support/packed/fixtures.ts';
import { inside, paxRecord, tarOf, zipOf } from '../support/packed/packed-files.ts';

const DISK = innerDisk();
const SMALL = DISK.subarray(0, 4096);
const MEMBER = { name: 'disk.raw', bytes: SMALL };
const PAX = { name: 'PaxHeader', type: 'x', bytes: paxRecord('path', 'long/disk.raw') };

const FILES: readonly (readonly [format: string, bytes: Buffer])[] = [
  ['gzip', gzipSync(SMALL)],
  ['zstd', zstdCompressSync(SMALL)],
  ['pzstd', FIXTURES.pzstd],
  ['xz', FIXTURES.xzBlocks],
  ['xz with SHA-256', FIXTURES.xzSha256],
  ['bzip2', FIXTURES.bzip2],
  ['zip', zipOf([MEMBER, { name: 'README', bytes: Buffer.from('words') }])],
  ['zip of ZIP64', zipOf([{ ...MEMBER, isZip64: true }])],
  ['tar', tarOf([PAX, MEMBER])],
  ['tar.gz', gzipSync(tarOf([PAX, MEMBER]))],
];

interface Damage {
  readonly flips: readonly (readonly [place: number, bits: number])[];
  readonly cutAt: number | null;
  readonly behind: Uint8Array;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
  cutAt: fc.option(fc.nat(), { freq: 3 }),
  behind: fc.uint8Array({ maxLength: 40 }),
});

function damaged(bytes: Buffer, { flips, cutAt, behind }: Damage): Buffer {
  const copy = Buffer.from(bytes);
  for (const [place, bits] of flips) copy[place % copy.length] = (copy[place % copy.length] ?? 0) ^ bits;
  return Buffer.concat([copy.subarray(0, cutAt === null ? copy.length : cutAt % copy.length), behind]);
}

describe('a damaged file ends with bytes or with an error of ours', () => {
  test.each(FILES)('%s', async (_format, bytes) => {
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const outcome = await inside(damaged(bytes, how), { maxBytes: 2 ** 24 }).catch((error: unknown) => error);
        // A file with a damaged signature is not recognised as packed.
        if (outcome instanceof ImageDropError || outcome === undefined) return;
        expect(outcome).toHaveProperty('bytes');
      }),
      runs(1000),
    );
  });
});
