import { constants, zstdCompressSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { zstdFrameEnd } from '../../lambda/formats/reading/packing.ts';

/** Text that packs well, and bytes that do not. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300_000, size: 'max' }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 0, max: 300_000 }).map((bytes) => Buffer.alloc(bytes, 'imagedrop')),
);

test('the end of a Zstandard frame is found, whatever follows it', () => {
  fc.assert(
    fc.property(content, fc.boolean(), fc.uint8Array({ maxLength: 50 }), (bytes, hasChecksum, rest) => {
      const params = { [constants.ZSTD_c_checksumFlag]: hasChecksum ? 1 : 0 };
      const frame = zstdCompressSync(bytes, { params });
      expect(zstdFrameEnd(Buffer.concat([frame, rest]))).toBe(frame.length);
    }),
    { numRuns: 60 },
  );
});

test('a frame that is cut goes to the end of what there is', () => {
  const frame = zstdCompressSync(Buffer.alloc(200_000, 'imagedrop'));
  for (let length = 0; length < frame.length; length++) expect(zstdFrameEnd(frame.subarray(0, length))).toBe(length);
});
