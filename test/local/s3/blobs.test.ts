import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Blobs } from '../../../local/s3/blobs.ts';
import type { StoredBytes } from '../../../local/s3/stored-bytes.ts';

/** More than is read or written at once. */
const MANY_BYTES = 700_000;

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
  expect((await sent(blobs.read(parts, range))).toString()).toBe(expected);
});

test('a range of many bytes goes across the parts', async () => {
  const bytes = randomBytes(2 * MANY_BYTES);
  const parts = [await write(bytes.subarray(0, MANY_BYTES)), await write(bytes.subarray(MANY_BYTES))];
  const range = { start: 17, end: 2 * MANY_BYTES - 19 };
  expect((await sent(blobs.read(parts, range))).equals(bytes.subarray(17, -18))).toBe(true);
  expect((await buffer(blobs.read(parts, range))).equals(bytes.subarray(17, -18))).toBe(true);
});

test('parts that are being read are removed when all their readers are done', async () => {
  const parts = [await write('one'), await write('two')];
  const [first, second] = [blobs.read(parts, { start: 0, end: 5 }), blobs.read(parts, { start: 0, end: 5 })];
  await blobs.remove(parts);
  expect(await text(first)).toBe('onetwo');
  expect(await readdir(folder)).toHaveLength(2);
  expect((await sent(second)).toString()).toBe('onetwo');
  await empty();
});

describe('parts that no one reads any more are removed', () => {
  test('when they were never begun', async () => {
    const parts = [await write('one')];
    const bytes = blobs.read(parts, { start: 0, end: 2 });
    await blobs.remove(parts);
    bytes.close();
    await empty();
  });

  test('when the client has left in the middle', async () => {
    const parts = [await write(randomBytes(MANY_BYTES))];
    const client = new PassThrough();
    const sending = blobs.read(parts, { start: 0, end: MANY_BYTES - 1 }).sendTo(client);
    await blobs.remove(parts);
    client.once('data', () => client.destroy());
    await expect(sending).rejects.toThrow('The client has hung up.');
    await empty();
  });

  test('when the client has left before', async () => {
    const parts = [await write(randomBytes(MANY_BYTES))];
    const client = new PassThrough();
    client.destroy();
    const sending = blobs.read(parts, { start: 0, end: MANY_BYTES - 1 }).sendTo(client);
    await blobs.remove(parts);
    await expect(sending).rejects.toThrow();
    await empty();
  });
});

test.each([3, MANY_BYTES])('of %d bytes that are not on disk any more none is made up', async (size) => {
  const parts = [await write(randomBytes(size))];
  const longer = parts.map((part) => ({ ...part, size: size + 1 }));
  await expect(sent(blobs.read(longer, { start: 0, end: size }))).rejects.toThrow('on disk');
});

test.each([10, MANY_BYTES])('a source that announces %d bytes and fails leaves no file', async (announced) => {
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from('begun');
    throw new Error('the client hung up');
  }
  await expect(blobs.write(failing(), announced)).rejects.toThrow('the client hung up');
  expect(await readdir(folder)).toEqual([]);
});

function write(content: string | Buffer) {
  const bytes = Buffer.from(content);
  async function* source(): AsyncGenerator<Buffer> {
    yield bytes;
  }
  return blobs.write(source(), bytes.length);
}

/** What a slow client gets, who looks at each piece only a moment before he is done with it. */
async function sent(bytes: StoredBytes): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const client = new Writable({
    write(piece: Buffer, _encoding, done) {
      void pause(5).then(() => {
        pieces.push(Buffer.from(piece));
        done();
      });
    },
  });
  await Promise.all([bytes.sendTo(client), finished(client)]);
  return Buffer.concat(pieces);
}

async function empty(): Promise<void> {
  while ((await readdir(folder)).length > 0) await setImmediate();
}
