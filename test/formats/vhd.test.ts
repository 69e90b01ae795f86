import { describe, expect, test } from '@jest/globals';
import { patched } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { dynamicVhd, fixedVhd } from '../support/images/vhd.ts';

const fixed = fixedVhd(DISK);
const dynamic = dynamicVhd(DISK);
const GIB = 1024 ** 3;

/** Geometry of 1,000 sectors more than the disk has. */
function largerGeometry(creator: string) {
  return (footer: Buffer) => {
    footer.write(creator, 28, 'latin1');
    footer.writeUInt16BE(1300, 56);
    footer.writeUInt8(1, 58);
    footer.writeUInt8(1, 59);
  };
}

describe.each([
  ['fixed', fixedVhd],
  ['dynamic', dynamicVhd],
] as const)('a %s VHD', (_kind, vhd) => {
  test.each([
    ['of another version', (footer: Buffer) => footer.writeUInt32BE(0x20000, 12), 'unsupported-variant'],
    ['with unknown features', (footer: Buffer) => footer.writeUInt32BE(6, 8), 'unknown-feature'],
    ['of the differencing kind', (footer: Buffer) => footer.writeUInt32BE(4, 60), 'parent-image'],
    ['of an unknown kind', (footer: Buffer) => footer.writeUInt32BE(5, 60), 'unsupported-variant'],
    ['of more than 2040 GiB', (footer: Buffer) => footer.writeBigUInt64BE(BigInt(2041 * GIB), 48), 'corrupt-header'],
  ] as const)('is refused %s', async (_name, change, code) => {
    const footer = (bytes: Buffer) => void change(bytes);
    expect(await refusal(vhd(DISK, { footer }))).toBe(code);
  });
});

describe('a fixed VHD', () => {
  test('is refused with a wrong checksum', async () => {
    expect(await refusal(patched(fixed, { [fixed.length - 512 + 69]: [0] }))).toBe('corrupt-header');
  });

  test('is refused when it points to a header', async () => {
    const footer = (bytes: Buffer) => void bytes.writeBigUInt64BE(512n, 16);
    expect(await refusal(fixedVhd(DISK, { footer }))).toBe('corrupt-header');
  });

  test('is refused when it is shorter than it says', async () => {
    const image = Buffer.concat([fixed.subarray(0, 1024), fixed.subarray(-512)]);
    expect(await refusal(image)).toBe('truncated');
  });

  test('is refused when it is longer than it says', async () => {
    expect(await refusal(Buffer.concat([fixed.subarray(0, 512), fixed]))).toBe('corrupt-header');
  });

  test('is refused when its disk begins with a VHD footer', async () => {
    expect(await refusal(fixedVhd(dynamic))).toBe('two-formats');
  });

  test('that lost its footer is known by its name', async () => {
    const cut = fixed.subarray(0, -512);
    expect(await refusal(cut, { fileName: 'disk.VHD' })).toBe('truncated');
    expect(await refusal(cut, { fileName: 'disk.vhd', claimedFormat: 'raw' })).toBe('accepted');
    expect(await refusal(cut, { fileName: 'disk.vhd', claimedFormat: 'vhd' })).toBe('wrong-format');
  });
});

describe('a dynamic VHD', () => {
  test.each([
    ['with a parent UUID', (header: Buffer) => header.writeUInt8(1, 40), 'parent-image'],
    ['without its signature', (header: Buffer) => header.write('c', 1), 'corrupt-header'],
    ['with blocks of no power of two', (header: Buffer) => header.writeUInt32BE(65536 + 512, 32), 'corrupt-header'],
    ['with fewer blocks than its disk', (header: Buffer) => header.writeUInt32BE(2, 28), 'corrupt-header'],
    ['with its table past the end', (header: Buffer) => header.writeBigUInt64BE(2n ** 40n, 16), 'truncated'],
  ] as const)('is refused %s', async (_name, change, code) => {
    const header = (bytes: Buffer) => void change(bytes);
    expect(await refusal(dynamicVhd(DISK, { header }))).toBe(code);
  });

  test('is refused with a wrong checksum in its header', async () => {
    expect(await refusal(patched(dynamic, { 560: [1] }))).toBe('corrupt-header');
  });

  test('is refused without its footer when a part of a block is missing too', async () => {
    expect(await refusal(dynamic.subarray(0, -512))).toBe('accepted');
    expect(await refusal(dynamic.subarray(0, -513))).toBe('truncated');
  });

  test('is refused when its head is not its tail', async () => {
    expect(await refusal(patched(dynamic, { 24: [1] }))).toBe('corrupt-header');
    expect(await refusal(patched(dynamic, { 0: [0] }))).toBe('corrupt-header');
  });

  test('is refused when its header is past the end', async () => {
    const footer = (bytes: Buffer) => void bytes.writeBigUInt64BE(2n ** 40n, 16);
    expect(await refusal(dynamicVhd(DISK, { footer }))).toBe('truncated');
  });
});

describe('the virtual size of a VHD', () => {
  test('is that of its geometry where readers would take that and it is larger', async () => {
    const image = fixedVhd(DISK, { footer: largerGeometry('vpc ') });
    expect(await found(image)).toMatchObject({ virtualSize: 1300 * 512 });
  });

  test.each(['win ', 'qem2', 'd2v ', 'tap\0', 'CTXS'])('is what the creator "%s" says', async (creator) => {
    const image = fixedVhd(DISK, { footer: largerGeometry(creator) });
    expect(await found(image)).toMatchObject({ virtualSize: DISK.length });
  });

  test('is what the footer says where the geometry is maximal', async () => {
    const footer = (bytes: Buffer) => {
      bytes.write('vpc ', 28, 'latin1');
      Buffer.from([0xff, 0xff, 16, 255]).copy(bytes, 56);
    };
    expect(await found(fixedVhd(DISK, { footer }))).toMatchObject({ virtualSize: DISK.length });
  });
});
