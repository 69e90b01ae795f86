import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from '@jest/globals';
import { HASH_ALGORITHMS } from '../../lambda/model/image.ts';
import { Hashing } from '../../lambda/transfer/transfer.ts';
import { pattern, source } from '../support/bytes.ts';

describe('hashing', () => {
  test.each([1, 3, 7, 13, 64])('computes every hash over chunks of %i bytes and changes none', async (chunkBytes) => {
    const hashing = new Hashing(HASH_ALGORITHMS);
    const through = buffer(hashing);
    await pipeline(source(1000, chunkBytes), hashing);
    expect(await through).toEqual(pattern(1000));
    expect(hashing.bytes).toBe(1000);
    for (const algorithm of HASH_ALGORITHMS) {
      expect(hashing.hashes[algorithm]).toBe(createHash(algorithm).update(pattern(1000)).digest('hex'));
    }
  });

  test('knows the hash of nothing (RFC 1321, appendix A.5)', async () => {
    const hashing = new Hashing(['md5']);
    hashing.resume();
    await pipeline(Readable.from([]), hashing);
    expect(hashing.hashes).toEqual({ md5: 'd41d8cd98f00b204e9800998ecf8427e' });
  });

  test('computes only what it was asked for', async () => {
    const hashing = new Hashing(['sha256']);
    hashing.resume();
    await pipeline(source(10), hashing);
    expect(Object.keys(hashing.hashes)).toEqual(['sha256']);
  });

  test('has no hashes before the end', async () => {
    const hashing = new Hashing(['md5']);
    hashing.resume();
    await new Promise((resolve) => hashing.write(pattern(10), resolve));
    expect(hashing.bytes).toBe(10);
    expect(hashing.hashes).toEqual({});
  });

  test('hands on the very chunks that it was given', async () => {
    const hashing = new Hashing(['md5']);
    const chunk = pattern(10);
    hashing.end(chunk);
    const [handedOn] = await hashing.take(1).toArray();
    expect(handedOn.buffer).toBe(chunk.buffer);
  });
});
