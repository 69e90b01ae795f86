import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dropId, recordKey } from '../../lambda/model/drop.ts';
import { imageId } from '../../lambda/model/new-image.ts';

const drop = { bucket: 'drops', key: 'a.qcow2', id: 'v1' };

describe('drop id', () => {
  const lastModified = new Date('2026-01-02T03:04:05.678Z');

  test('is the version where the bucket has versions', () => {
    expect(dropId({ versionId: 'v1', etag: 'e', lastModified })).toBe('v1');
  });

  test.each([undefined, 'null'])('is made of etag and time where it has none (%s)', (versionId) => {
    expect(dropId({ versionId, etag: 'e', lastModified })).toBe('e-1767323045');
  });

  test('is another where the same bytes are written again with other metadata, from the next second on', () => {
    const later = (milliseconds: number) => new Date(lastModified.getTime() + milliseconds);
    const id = dropId({ etag: 'e', lastModified });
    expect(dropId({ etag: 'e', lastModified: later(1000) })).not.toBe(id);
    expect(dropId({ etag: 'e', lastModified: later(100) })).toBe(id);
  });
});

describe('record key', () => {
  test('reads as drop key, drop id and target', () => {
    expect(recordKey({ key: 'linux/a b.qcow2', id: 'v1' }, 'mycloud')).toBe('linux/a b.qcow2/v1/mycloud.json');
  });

  test('never grows beyond what S3 takes, and stays whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 600 }), (key) => {
        const made = recordKey({ key, id: 'v'.repeat(32) }, 'mycloud');
        expect(Buffer.byteLength(made)).toBeLessThanOrEqual(1024);
        expect(Buffer.from(made).toString()).toBe(made);
      }),
    );
  });

  test('tells long keys apart that differ only at their end', () => {
    const long = 'x'.repeat(1023);
    expect(recordKey({ key: `${long}a`, id: 'v1' }, 't')).not.toBe(recordKey({ key: `${long}b`, id: 'v1' }, 't'));
  });
});

describe('image id', () => {
  test('is a UUID of version 5 that stays the same', () => {
    const id = imageId(drop, 'mycloud', 1);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(imageId({ ...drop }, 'mycloud', 1)).toBe(id);
  });

  test('differs by target, bucket, key, version and generation', () => {
    const ids = [
      imageId(drop, 'mycloud', 1),
      imageId(drop, 'other', 1),
      imageId(drop, 'mycloud', 2),
      imageId({ ...drop, bucket: 'b' }, 'mycloud', 1),
      imageId({ ...drop, key: 'b' }, 'mycloud', 1),
      imageId({ ...drop, id: 'v2' }, 'mycloud', 1),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
