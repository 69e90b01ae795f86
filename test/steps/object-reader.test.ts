import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { objectReader } from '../../lambda/steps/dropped-object.ts';
import type { ObjectHead, ObjectStore } from '../../lambda/steps/ports.ts';
import { pattern } from '../support/bytes.ts';
import { failure } from '../support/outcome.ts';

const object: ObjectHead = {
  bucket: 'drops',
  key: 'a.qcow2',
  etag: 'e',
  size: 1000,
  lastModified: new Date(0),
  userMetadata: {},
};

function readerOf(open: ObjectStore['open']) {
  return objectReader({ open, read: async () => undefined, head: async () => object }, object);
}

const serve: ObjectStore['open'] = async (_ref, { offset, length }) =>
  Readable.from([pattern(1000).subarray(offset, offset + length)], { objectMode: false });

describe('an object', () => {
  test.each([
    [0, 1000],
    [999, 1],
    [13, 64],
    [1000, 0],
  ])('is read from byte %i for %i bytes', async (offset, length) => {
    expect(await readerOf(serve).read(offset, length)).toEqual(pattern(1000).subarray(offset, offset + length));
  });

  test.each([
    [0, 1001],
    [1000, 1],
    [-1, 1],
  ])('has no range from byte %i of %i bytes', async (offset, length) => {
    await expect(readerOf(serve).read(offset, length)).rejects.toThrow(RangeError);
  });

  test('is read on where the connection broke', async () => {
    const asked: number[] = [];
    const breakOnce: ObjectStore['open'] = async (ref, { offset, length }) => {
      asked.push(offset);
      return serve(ref, { offset, length: asked.length === 1 ? 10 : length });
    };
    expect(await readerOf(breakOnce).read(100, 50)).toEqual(pattern(1000).subarray(100, 150));
    expect(asked).toEqual([100, 110]);
  });

  test('is not read into memory as a whole when the range is ignored', async () => {
    const ignoring: ObjectStore['open'] = (ref) => serve(ref, { offset: 0, length: 1000 });
    expect((await failure(readerOf(ignoring).read(100, 50))).code).toBe('source-unreadable');
  });

  test('that was replaced says so', async () => {
    const changed = new ImageDropError('object-changed', 's3://drops/a.qcow2 is another object now.');
    expect(await failure(readerOf(() => Promise.reject(changed)).read(0, 1))).toBe(changed);
  });
});
