import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Blobs } from '../../../local/s3/blobs.ts';

let folder: string;
let blobs: Blobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-blobs-'));
  blobs = await Blobs.open(folder);
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  [{ start: 0, end: 8 }, 'onetwosix'],
  [{ start: 2, end: 6 }, 'etwos'],
  [{ start: 3, end: 5 }, 'two'],
  [{ start: 8, end: 8 }, 'x'],
])('the range %j goes across the parts', async (range, expected) => {
  const parts = [await write('one'), await write('two'), await write(''), await write('six')];
  expect(await text(blobs.read(parts, range))).toBe(expected);
});

test('parts that are being read are removed when all their readers are done', async () => {
  const parts = [await write('one'), await write('two')];
  const [first, second] = [blobs.read(parts, { start: 0, end: 5 }), blobs.read(parts, { start: 0, end: 5 })];
  await blobs.remove(parts);
  expect(await text(first)).toBe('onetwo');
  expect(await readdir(folder)).toHaveLength(2);
  expect(await text(second)).toBe('onetwo');
  while ((await readdir(folder)).length > 0) await setImmediate();
});

test('parts that nobody reads any more, because the client left, are removed', async () => {
  const parts = [await write('one')];
  const stream = blobs.read(parts, { start: 0, end: 2 });
  await blobs.remove(parts);
  stream.destroy();
  while ((await readdir(folder)).length > 0) await setImmediate();
});

test('a source that fails leaves no file', async () => {
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from('begun');
    throw new Error('the client hung up');
  }
  await expect(blobs.write(failing())).rejects.toThrow('the client hung up');
  expect(await readdir(folder)).toEqual([]);
});

function write(content: string) {
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from(content);
  }
  return blobs.write(source());
}
