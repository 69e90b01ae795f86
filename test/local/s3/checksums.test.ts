import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CHECKSUM_ALGORITHMS, checksumOfParts, createChecksum } from '../../../local/s3/checksums.ts';

const CRCS = ['CRC32', 'CRC32C', 'CRC64NVME'] as const;

describe('a checksum', () => {
  // The check values of the catalogue of parametrised CRC algorithms, and RFC 3174's and FIPS 180's kin by openssl.
  test.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s of "123456789" is %s', (algorithm, hex) => {
    expect(sum(algorithm, [Buffer.from('123456789')]).toString('hex')).toBe(hex);
  });

  test.each(CHECKSUM_ALGORITHMS)('%s does not depend on how the bytes are cut', (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => {
        expect(sum(algorithm, chunks)).toEqual(sum(algorithm, [Buffer.concat(chunks)]));
      }),
    );
  });
});

describe('the checksum of a multipart upload', () => {
  test.each(CRCS)('%s of the full object follows from those of the parts', (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 5 }), (parts) => {
        const whole = sum(algorithm, [Buffer.concat(parts)]).toString('base64');
        const combined = checksumOfParts({ algorithm, type: 'FULL_OBJECT' }, parts.map(partOf(algorithm)));
        expect(combined).toEqual({ algorithm, type: 'FULL_OBJECT', value: whole });
      }),
      { numRuns: 20 },
    );
  });

  test('composite, is that of the parts’ checksums with their number', () => {
    const parts = [Buffer.from('one'), Buffer.from('two')];
    const { value } = checksumOfParts({ algorithm: 'SHA256', type: 'COMPOSITE' }, parts.map(partOf('SHA256')));
    const expected = sum(
      'SHA256',
      parts.map((part) => sum('SHA256', [part])),
    ).toString('base64');
    expect(value).toBe(`${expected}-2`);
  });
});

function sum(algorithm: (typeof CHECKSUM_ALGORITHMS)[number], chunks: readonly Uint8Array[]): Buffer {
  const checksum = createChecksum(algorithm);
  for (const chunk of chunks) checksum.update(chunk);
  return checksum.digest();
}

function partOf(algorithm: (typeof CHECKSUM_ALGORITHMS)[number]) {
  return (part: Uint8Array) => ({
    checksum: sum(algorithm, [part]).toString('base64'),
    sizeBytes: part.length,
  });
}
