import { describe, expect, test } from '@jest/globals';
import { rawDisk } from '../support/disk.ts';
import { patched, u64le } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { guidBytes, type VhdxOptions, vhdxImage } from '../support/images/vhdx.ts';

const MIB = 1024 * 1024;
const ITEMS = 65536;
const image = vhdxImage(DISK);
const PARENT_LOCATOR = guidBytes('A8D35F2D-B30B-454D-ABF7-D3D84834AB0C');
const UNKNOWN = guidBytes('00112233-4455-6677-8899-AABBCCDDEEFF');

/** Puts a sixth item into the metadata table. */
function itemAdded(guid: Buffer, flags: number) {
  return (region: Buffer) => {
    region.writeUInt16LE(6, 10);
    guid.copy(region, 32 + 5 * 32);
    region.writeUInt32LE(flags, 32 + 5 * 32 + 24);
  };
}

function regionAdded(isRequired: number) {
  return (table: Buffer) => {
    table.writeUInt32LE(3, 8);
    UNKNOWN.copy(table, 80);
    table.writeBigUInt64LE(BigInt(MIB), 96);
    table.writeUInt32LE(isRequired, 108);
  };
}

const refused: [name: string, options: VhdxOptions, code: string][] = [
  ['with an unreplayed log', { header: (bytes) => bytes.writeUInt8(1, 48) }, 'unreplayed-log'],
  ['of version 2', { header: (bytes) => bytes.writeUInt16LE(2, 66) }, 'unsupported-variant'],
  ['without a header', { header: (bytes) => bytes.write('gone') }, 'corrupt-header'],
  [
    'with two current headers that differ',
    {
      header: (bytes, number) => {
        bytes.writeBigUInt64LE(7n, 8);
        bytes.writeUInt8(number, 16);
      },
    },
    'corrupt-header',
  ],
  ['without a region table', { regions: (table) => table.write('gone') }, 'corrupt-header'],
  ['with 2048 regions', { regions: (table) => table.writeUInt32LE(2048, 8) }, 'corrupt-header'],
  ['with one region', { regions: (table) => table.writeUInt32LE(1, 8) }, 'corrupt-header'],
  ['with a region twice', { regions: (table) => table.copy(table, 48, 16, 48) }, 'corrupt-header'],
  ['with a region in the headers', { regions: (table) => table.writeBigUInt64LE(0n, 32) }, 'corrupt-header'],
  ['with an unknown region that it needs', { regions: regionAdded(1) }, 'unknown-feature'],
  ['with a region past the end', { regions: (table) => table.writeBigUInt64LE(BigInt(5 * MIB), 32) }, 'truncated'],
  ['with a small metadata region', { regions: (table) => table.writeUInt32LE(4096, 72) }, 'corrupt-header'],
  ['without metadata', { metadata: (region) => region.write('gone') }, 'corrupt-header'],
  ['with 2048 metadata items', { metadata: (region) => region.writeUInt16LE(2048, 10) }, 'corrupt-header'],
  ['with one metadata item', { metadata: (region) => region.writeUInt16LE(1, 10) }, 'corrupt-header'],
  ['with its size of 4 bytes', { metadata: (region) => region.writeUInt32LE(4, 64 + 20) }, 'corrupt-header'],
  ['with an item twice', { metadata: (region) => region.copy(region, 64, 32, 64) }, 'corrupt-header'],
  ['with an item outside its region', { metadata: (region) => region.writeUInt32LE(MIB, 48) }, 'corrupt-header'],
  ['with an item in the table', { metadata: (region) => region.writeUInt32LE(0, 48) }, 'corrupt-header'],
  ['with a parent', { metadata: (region) => region.writeUInt32LE(2, ITEMS + 4) }, 'parent-image'],
  ['with a parent locator', { metadata: itemAdded(PARENT_LOCATOR, 4) }, 'parent-image'],
  ['with an unknown item that it needs', { metadata: itemAdded(UNKNOWN, 4) }, 'unknown-feature'],
  ['with unknown flags', { metadata: (region) => region.writeUInt32LE(4, ITEMS + 4) }, 'unknown-feature'],
  ['with blocks of 512 KiB', { metadata: (region) => region.writeUInt32LE(MIB / 2, ITEMS) }, 'corrupt-header'],
  ['with blocks of 512 MiB', { metadata: (region) => region.writeUInt32LE(512 * MIB, ITEMS) }, 'corrupt-header'],
  ['with sectors of 1 KiB', { metadata: (region) => region.writeUInt32LE(1024, ITEMS + 48) }, 'corrupt-header'],
  ['with a disk of 0 bytes', { metadata: (region) => region.fill(0, ITEMS + 16, ITEMS + 24) }, 'corrupt-header'],
  ['with a disk of half a sector', { metadata: (region) => region.writeUInt8(1, ITEMS + 16) }, 'corrupt-header'],
  [
    'with a disk of more than 64 TiB',
    { metadata: (region) => region.writeBigUInt64LE(2n ** 46n + 512n, ITEMS + 16) },
    'corrupt-header',
  ],
  [
    'with a disk larger than its block table',
    { metadata: (region) => region.writeBigUInt64LE(2n ** 38n, ITEMS + 16) },
    'corrupt-header',
  ],
];

describe('a VHDX image', () => {
  test.each(refused)('is refused %s', async (_name, options, code) => {
    expect(await refusal(vhdxImage(DISK, options))).toBe(code);
  });

  test.each([
    ['headers', 0x10020, 0x20020],
    ['region tables', 0x30020, 0x40020],
  ])('is refused with wrong checksums of both %s, and accepted with one', async (_name, first, second) => {
    for (const offset of [first, second]) {
      expect(await refusal(patched(image, { [offset]: [0xee] }))).toBe('accepted');
    }
    expect(await refusal(patched(image, { [first]: [0xee], [second]: [0xee] }))).toBe('corrupt-header');
  });

  test('is refused with a block past the end', async () => {
    expect(await refusal(patched(image, { [3 * MIB]: u64le((5n << 20n) | 6n) }))).toBe('truncated');
    expect(await refusal(patched(image, { [3 * MIB]: u64le(((2n ** 43n) << 20n) | 6n) }))).toBe('truncated');
  });

  test('may have a short block only at the end of its disk', async () => {
    const two = vhdxImage(rawDisk(1.5 * MIB));
    const [first, last] = [two.subarray(3 * MIB, 3 * MIB + 8), two.subarray(3 * MIB + 8, 3 * MIB + 16)];
    expect(await refusal(two.subarray(0, 5.5 * MIB))).toBe('accepted');
    expect(await refusal(two.subarray(0, 5.5 * MIB - 1))).toBe('truncated');
    const swapped = patched(two, { [3 * MIB]: [...last, ...first] });
    expect(await refusal(swapped)).toBe('accepted');
    expect(await refusal(swapped.subarray(0, -1))).toBe('truncated');
  });

  test('is accepted when only its outdated header has a log', async () => {
    const header = (bytes: Buffer, number: 1 | 2) => void bytes.writeUInt8(number === 1 ? 1 : 0, 48);
    expect(await refusal(vhdxImage(DISK, { header }))).toBe('accepted');
  });

  test('is accepted with an unknown region and an unknown item that it does not need', async () => {
    expect(await refusal(vhdxImage(DISK, { regions: regionAdded(0) }))).toBe('accepted');
    expect(await refusal(vhdxImage(DISK, { metadata: itemAdded(UNKNOWN, 0) }))).toBe('accepted');
  });

  test('is fixed when its blocks stay allocated', async () => {
    const metadata = (region: Buffer) => void region.writeUInt32LE(1, ITEMS + 4);
    expect(await found(vhdxImage(DISK, { metadata }))).toMatchObject({ subformat: 'fixed' });
  });
});
