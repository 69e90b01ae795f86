import { describe, expect, test } from '@jest/globals';
import type { Hashes, Image } from '../../lambda/model/image.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { receive } from '../../lambda/model/record-changes.ts';
import { verify } from '../../lambda/steps/verify.ts';

const NOW = new Date('2026-01-02T03:04:05.000Z');
const BYTES = 100;
const READ: Hashes = { md5: 'm', sha256: 's', sha512: 'h' };

function record(hashes: Hashes = READ, more: Partial<DropRecord> = {}): DropRecord {
  const drop = { bucket: 'drops', key: 'a.img', id: 'v1', etag: 'e', size: BYTES, droppedAt: NOW.toISOString() };
  const range = { offset: 0, length: BYTES };
  const plan = { route: 'stream', reason: 'The test says so.', diskFormat: 'raw', range, algorithms: [] } as const;
  return { ...receive(drop, 'here', NOW), plan, hashes, revision: 1, nonce: 'n', ...more };
}

function image(hashes: Hashes, size: number | undefined = BYTES): Image {
  const described = { id: 'i', name: 'a', status: 'active', diskFormat: 'raw', hashes, properties: {} } as const;
  return { ...described, ...(size !== undefined && { size }) };
}

describe('an image is verified', () => {
  test('by the strongest hash that both sides know', () => {
    const { verification } = verify(record(), image({ md5: 'm', sha512: 'h' }));
    expect(verification).toMatchObject({ outcome: 'verified', algorithm: 'sha512', size: BYTES });
    expect(verify(record({ md5: 'm' }), image({ md5: 'm', sha512: 'h' })).verification?.algorithm).toBe('md5');
  });

  test.each<[string, Hashes]>([
    ['the strongest', { md5: 'm', sha256: 's', sha512: 'another' }],
    ['a weaker one beside it', { md5: 'another', sha512: 'h' }],
    ['one between them', { md5: 'm', sha256: 'another', sha512: 'h' }],
  ])('only where all hashes agree that both sides know: not where %s differs', (_which, hashes) => {
    expect(verify(record(), image(hashes)).mismatch).toMatchObject({ code: 'hash-mismatch' });
  });

  test.each([BYTES - 1, BYTES + 1, 0])('only where the size agrees: not with %i bytes', (size) => {
    expect(verify(record(), image(READ, size)).mismatch).toMatchObject({ code: 'size-mismatch' });
  });

  test('only by size and hash: without a size it is unverified', () => {
    const { size: _, ...sizeless } = image(READ);
    expect(verify(record(), sizeless).verification?.outcome).toBe('unverified');
  });

  test('only by a hash: without one it is unverified, and another hash has the object read again', () => {
    expect(verify(record(), image({})).verification?.outcome).toBe('unverified');
    expect(verify(record({ md5: 'm' }), image({ sha256: 's', sha512: 'h' })).unread).toBe('sha512');
  });

  test('by its size where nothing was read here', () => {
    const unread = record({}, { unread: 'The service reads it.' });
    expect(verify(unread, image(READ)).verification).toMatchObject({ outcome: 'unverified' });
    expect(verify(unread, image(READ, 1)).mismatch).toMatchObject({ code: 'size-mismatch' });
  });
});
