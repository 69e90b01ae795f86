import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { PartUpload, partBytes } from '../../lambda/steps/part-upload.ts';
import { pattern } from '../support/bytes.ts';
import { MemoryStaging } from '../support/memory-staging.ts';

const BYTES = pattern(1000);
const GIB = 2 ** 30;

let store: MemoryStaging;
beforeEach(() => {
  store = new MemoryStaging('work');
});

async function upload(signal = new AbortController().signal): Promise<PartUpload> {
  return new PartUpload(store, { key: 'a.disk', uploadId: await store.begin('a.disk') }, signal, 64);
}

describe('a stream that is uploaded in parts', () => {
  test.each([1, 3, 7, 13, 63, 64, 65, 1000])('arrives whole in pieces of %i bytes', async (size) => {
    const parts = await upload();
    for (let at = 0; at < BYTES.length; at += size) await parts.write(BYTES.subarray(at, at + size));
    const sha256 = createHash('sha256').update(BYTES).digest('hex');
    expect(await parts.complete()).toEqual({ sha256 });
    expect(parts.bytes).toBe(1000);
    expect(store.objects.get('a.disk')).toEqual(BYTES);
    expect(store.storedParts).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });

  test('is copied: the decoder may use the memory of a piece again', async () => {
    const parts = await upload();
    const piece = Buffer.from('one');
    await parts.write(piece);
    piece.write('two');
    await parts.write(piece);
    await parts.complete();
    expect(store.objects.get('a.disk')?.toString()).toBe('onetwo');
  });

  test('fails when a part cannot be stored', async () => {
    const parts = await upload();
    store.faults.push({ call: 'storePart', error: new ImageDropError('aws-unavailable', 'The storage is away.') });
    await parts.write(BYTES.subarray(0, 64));
    await expect(parts.complete()).rejects.toMatchObject({ code: 'aws-unavailable' });
  });

  test('fails when another invocation has aborted the upload', async () => {
    const parts = await upload();
    store.multipart.clear();
    await parts.write(BYTES.subarray(0, 64));
    await expect(parts.complete()).rejects.toMatchObject({ code: 'upload-interrupted', retryable: true });
    expect(store.objects.size).toBe(0);
  });

  test('ends with the reason of its signal', async () => {
    const parts = await upload(AbortSignal.abort(new ImageDropError('out-of-time', 'The time is over.')));
    await expect(parts.write(BYTES)).rejects.toMatchObject({ code: 'out-of-time' });
  });
});

test('the 10,000 parts of an upload hold more than the largest disk', () => {
  const sizes = Array.from({ length: 10_000 }, (_, index) => partBytes(index + 1));
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(1024 * GIB);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(GIB / 2);
});
