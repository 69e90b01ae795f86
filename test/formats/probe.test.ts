import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Bytes } from '../../lambda/formats/reading/bytes.ts';
import { Probe } from '../../lambda/formats/reading/probe.ts';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';

/** A file in memory that notes which ranges are read. */
function counted(bytes: Buffer) {
  const ranges: string[] = [];
  const file = bytesReader(bytes);
  const reader: RangeReader = {
    size: file.size,
    read(offset, length) {
      ranges.push(`${offset}+${length}`);
      return file.read(offset, length);
    },
  };
  return { bytes, ranges, reader };
}

const open = (bytes: number) => Probe.open(bytesReader(Buffer.alloc(bytes)));

describe('a probe', () => {
  test.each([
    [1, 1, 1],
    [4096, 4096, 4096],
    [5000, 5000, 4096],
    [65537, 65536, 4096],
  ])('of %i bytes holds %i bytes of head and %i of tail', async (size, head, tail) => {
    const probe = await open(size);
    expect([probe.head.length, probe.tail.length]).toEqual([head, tail]);
  });

  test('fetches head and tail in parallel', async () => {
    let waiting = 0;
    let most = 0;
    await Probe.open({
      size: 100_000,
      async read(_offset, length) {
        waiting += 1;
        most = Math.max(most, waiting);
        await new Promise(setImmediate);
        waiting -= 1;
        return Buffer.alloc(length);
      },
    });
    expect(most).toBe(2);
  });

  test('reads eight times at most', async () => {
    const probe = await open(100_000);
    for (let read = 3; read <= 8; read++) await probe.read(70_000 + read, 1);
    await expect(probe.read(80_000, 1)).rejects.toMatchObject({ code: 'corrupt-header' });
  });

  test('reads one MiB at most', async () => {
    const probe = await open(2 ** 21);
    const left = 2 ** 20 - 65536 - 4096;
    await probe.read(65536, left);
    await expect(probe.read(65536 + left, 1)).rejects.toMatchObject({ code: 'corrupt-header' });
  });

  test('reads nothing twice', async () => {
    const file = counted(randomBytes(300_000));
    const probe = await Probe.open(file.reader);
    expect(file.ranges).toEqual(['0+65536', '295904+4096']);
    await probe.read(65_536, 1000);
    const across = await probe.read(65_000, 1000);
    expect(across.slice(0, 1000)).toEqual(file.bytes.subarray(65_000, 66_000));
    await probe.read(299_990, 10);
    expect(file.ranges).toEqual(['0+65536', '295904+4096', '65536+1000']);
  });

  test('reads a small file once', async () => {
    const file = counted(randomBytes(5000));
    const probe = await Probe.open(file.reader);
    expect(probe.tail.slice(0, 4096)).toEqual(file.bytes.subarray(904));
    expect(file.ranges).toEqual(['0+5000']);
  });

  test('fetches ahead only what is in the file and not there yet', async () => {
    const file = counted(randomBytes(300_000));
    const probe = await Probe.open(file.reader);
    await probe.prefetch([
      { offset: 10, length: 20 },
      { offset: 200_000, length: 2000 },
      { offset: 200_500, length: 1000 },
      { offset: 295_000, length: 2 ** 20 },
      { offset: 2 ** 40, length: 1 },
    ]);
    expect(file.ranges.slice(2)).toEqual(['200000+2000', '295000+5000']);
  });

  test('fetches nothing ahead that its bounds do not allow', async () => {
    const file = counted(Buffer.alloc(2 ** 21));
    const probe = await Probe.open(file.reader);
    const tooMuch = [{ offset: 70_000, length: 2 ** 20 }];
    expect(probe.affords(tooMuch)).toBe(false);
    await probe.prefetch(tooMuch);
    expect(file.ranges).toHaveLength(2);
    expect(probe.affords([{ offset: 70_000, length: 1000 }])).toBe(true);
  });

  test('reads nothing of negative length', async () => {
    const probe = await open(1000);
    await expect(probe.read(8, -8)).rejects.toMatchObject({ code: 'corrupt-header' });
  });

  test('calls a file truncated that points past its end', async () => {
    const probe = await open(1000);
    await expect(probe.read(999, 2)).rejects.toMatchObject({ code: 'truncated' });
    await expect(probe.read(Number.MAX_SAFE_INTEGER, 8)).rejects.toMatchObject({ code: 'truncated' });
  });
});

describe('bytes', () => {
  test('are read in both byte orders', () => {
    const bytes = new Bytes(Buffer.from([1, 2, 3, 4, 5, 6, 0, 0]), 0, 8);
    expect([bytes.u8(1), bytes.u16le(0), bytes.u16be(0), bytes.u32le(0), bytes.u32be(0)]).toEqual([
      2, 0x0201, 0x0102, 0x04030201, 0x01020304,
    ]);
    expect(bytes.u64le(0)).toBe(0x060504030201);
  });

  test('outside the area are a corrupt header inside the file and a truncated file past it', () => {
    const bytes = new Bytes(Buffer.alloc(8), 0, 10);
    expect(() => bytes.u32le(6)).toThrow(expect.objectContaining({ code: 'corrupt-header' }));
    expect(() => bytes.u32le(7)).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  test('beyond what a number holds exactly are a corrupt header', () => {
    const bytes = new Bytes(Buffer.from('0020000000000000', 'hex'), 0, 8);
    expect(() => bytes.u64be(0)).toThrow(expect.objectContaining({ code: 'corrupt-header' }));
    expect(new Bytes(Buffer.from('001fffffffffffff', 'hex'), 0, 8).u64be(0)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('have no signature where they end', () => {
    const bytes = new Bytes(Buffer.from('QFI'), 0, 3);
    expect(bytes.has(0, 'QFI')).toBe(true);
    expect(bytes.has(0, 'QFI\xfb')).toBe(false);
    expect(bytes.has(-1, 'Q')).toBe(false);
  });
});

test('a reader of memory throws a RangeError outside its bytes, as every reader does', async () => {
  await expect(bytesReader(Buffer.alloc(4)).read(2, 3)).rejects.toThrow(RangeError);
});
