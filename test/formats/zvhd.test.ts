import { describe, expect, test } from '@jest/globals';
import { patched } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { zvhd2Image, zvhdImage } from '../support/images/zvhd.ts';

describe.each([
  ['ZVHD', zvhdImage],
  ['ZVHD2', zvhd2Image],
] as const)('a %s image', (_name, build) => {
  test.each([
    ['of another version', (header: Buffer) => header.writeUInt32LE(0x20000, 12), 'unsupported-variant'],
    ['of an unknown driver', (header: Buffer) => header.writeUInt32LE(0x10005, 32), 'unsupported-variant'],
    ['with other features', (header: Buffer) => header.writeUInt32LE(3, 8), 'corrupt-header'],
    ['with an offset to data', (header: Buffer) => header.writeUInt8(0, 16), 'corrupt-header'],
    ['of another program', (header: Buffer) => header.write('win ', 28), 'corrupt-header'],
    ['of another type', (header: Buffer) => header.writeUInt32LE(3, 60), 'corrupt-header'],
    ['with a disk of 0 bytes', (header: Buffer) => header.fill(0, 48, 56), 'corrupt-header'],
  ] as const)('is refused %s', async (_case, change, code) => {
    const header = (bytes: Buffer) => void change(bytes);
    expect(await refusal(build(DISK, { header }))).toBe(code);
  });

  test('is refused with a wrong checksum', async () => {
    expect(await refusal(patched(build(DISK), { 200: [1] }))).toBe('corrupt-header');
  });

  test('is refused when its signature is all there is', async () => {
    const image = Buffer.alloc(65536);
    build(DISK).copy(image, 0, 0, 8);
    expect(await refusal(image, { fileName: 'disk.img' })).toBe('unsupported-variant');
  });

  test('is refused when the first header is the only one', async () => {
    expect(await refusal(build(DISK).subarray(0, 4096))).toBe('truncated');
  });

  test('is accepted from the older driver', async () => {
    const header = (bytes: Buffer) => void bytes.writeUInt32LE(0x10003, 32);
    expect(await refusal(build(DISK, { header }))).toBe('accepted');
  });

  test('has the current size, not the original one', async () => {
    const header = (bytes: Buffer) => void bytes.writeBigUInt64LE(5n * 2n ** 30n, 48);
    expect(await found(build(DISK, { header }))).toMatchObject({ virtualSize: 5 * 2 ** 30 });
  });
});

test('a ZVHD image is refused when its headers differ', async () => {
  const image = zvhdImage(DISK, { header: (bytes, place) => void bytes.writeUInt8(place === 'end' ? 1 : 0, 70) });
  expect(await refusal(image)).toBe('truncated');
});

describe('a ZVHD2 image, by the header at its end,', () => {
  test.each([
    ['of another version', (header: Buffer) => header.writeUInt8(2, 87), 'unsupported-variant'],
    ['of another size', (header: Buffer) => header.writeUInt8(9, 50), 'corrupt-header'],
    ['with blocks of 64 MiB', (header: Buffer) => header.writeUInt32LE(2 ** 26, 88), 'corrupt-header'],
    ['with blocks of no power of two', (header: Buffer) => header.writeUInt32LE(3 * 2 ** 20, 88), 'corrupt-header'],
    ['with a gap behind the index', (header: Buffer) => header.writeUInt32LE(511, 112), 'corrupt-header'],
    ['with a gap behind the bitmap', (header: Buffer) => header.writeUInt32LE(63, 116), 'corrupt-header'],
    ['with an index beyond all bounds', (header: Buffer) => header.fill(0xff, 96, 104), 'corrupt-header'],
  ] as const)('is refused %s', async (_case, change, code) => {
    const header = (bytes: Buffer, place: string) => void (place === 'end' && change(bytes));
    expect(await refusal(zvhd2Image(DISK, { header }))).toBe(code);
  });
});
