import { describe, expect, test } from '@jest/globals';
import { Bytes } from '../../lambda/formats/bytes.ts';
import { bytesReader } from '../../lambda/formats/memory-reader.ts';
import { Probe } from '../../lambda/formats/probe.ts';

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
    for (let read = 3; read <= 8; read++) await probe.read(0, 1);
    await expect(probe.read(0, 1)).rejects.toMatchObject({ code: 'corrupt-header' });
  });

  test('reads one MiB at most', async () => {
    const probe = await open(2 ** 21);
    const left = 2 ** 20 - 65536 - 4096;
    await probe.read(0, left);
    await expect(probe.read(0, 1)).rejects.toMatchObject({ code: 'corrupt-header' });
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
