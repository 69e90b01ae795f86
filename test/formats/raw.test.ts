import { describe, expect, test } from '@jest/globals';
import { rawDisk } from '../support/disk.ts';
import { gptDisk } from '../support/images/gpt.ts';
import { DISK_TABLE, gptTable } from '../support/images/guest-tables.ts';
import { patched, u32be, u32le, u64be, u64le } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';

const BYTES = 256 * 1024;
const blank = Buffer.alloc(BYTES);

/** File systems that fill `bytes`, none of them with partitions. */
const fileSystems: [name: string, signs: (bytes: number) => Record<number, readonly number[] | string>][] = [
  ['ext', (bytes) => ({ 1028: u32le(bytes / 4096), 1048: u32le(2), 1080: [0x53, 0xef] })],
  ['xfs', (bytes) => ({ 0: 'XFSB', 4: u32be(4096), 8: u64be(bytes / 4096) })],
  ['btrfs', (bytes) => ({ 65600: '_BHRfS_M', 65745: u64le(bytes) })],
  ['squashfs', (bytes) => ({ 0: 'hsqs', 40: u64le(bytes) })],
  ['LVM', (bytes) => ({ 512: 'LABELONE', 536: 'LVM2 001', 576: u64le(bytes) })],
];

describe.each(fileSystems)('a raw disk with %s on it', (_name, signs) => {
  test('is accepted without a word of the user', async () => {
    expect(await found(patched(blank, signs(BYTES)))).toEqual({ format: 'raw', virtualSize: BYTES });
  });

  test('is refused when the file system goes on past the end', async () => {
    expect(await refusal(patched(blank, signs(BYTES + 4096)), { claimedFormat: 'raw' })).toBe('truncated');
  });
});

test('the high half of the size of a large ext file system counts', async () => {
  const signs = { 1028: u32le(1), 1080: [0x53, 0xef], 1120: u32le(0x80), 1360: u32le(1) };
  expect(await refusal(patched(blank, signs))).toBe('truncated');
});

describe('a raw disk with a GPT', () => {
  test.each([512, 4096])('in sectors of %i bytes is accepted', async (sectorBytes) => {
    const image = await found(gptDisk(BYTES, 1, { sectorBytes }));
    expect(image).toMatchObject({ format: 'raw', virtualSize: BYTES, partitionTable: gptTable(BYTES, sectorBytes) });
  });

  test.each([512, 4096])('in sectors of %i bytes is refused when its partition is cut', async (sectorBytes) => {
    const disk = gptDisk(BYTES, 1, { sectorBytes });
    const behind = 16384 + sectorBytes;
    expect(await refusal(disk.subarray(0, -behind))).toBe('accepted');
    expect(await refusal(disk.subarray(0, -behind - 1), { claimedFormat: 'raw' })).toBe('truncated');
  });
});

describe('a raw disk with an MBR', () => {
  test('is accepted without a word of the user', async () => {
    expect(await found(DISK)).toEqual({ format: 'raw', virtualSize: DISK.length, partitionTable: DISK_TABLE });
  });

  test('is accepted with a warning when its partition goes on past the end', async () => {
    const { warnings } = await found(DISK.subarray(0, -512));
    expect(warnings).toEqual([expect.stringContaining('past the end')]);
  });

  test.each([
    ['boot flags that no partition has', { 446: [1] }],
    ['no partition', { 450: [0] }],
    ['a partition of no sectors', { 458: u32le(0) }],
    ['a partition at the MBR itself', { 454: u32le(0) }],
    ['a partition that begins past the end', { 454: u32le(300) }],
    ['no signature', { 510: [0] }],
  ])('is not a sign of a disk with %s', async (_name, changes) => {
    expect(await refusal(patched(rawDisk(300 * 512), changes))).toBe('not-a-disk-image');
  });

  test('that announces nothing but a GPT which is not there is refused, whatever the user says', async () => {
    const image = patched(DISK, { 450: [0xee], 458: u32le(0xffffffff) });
    expect(await refusal(image, { claimedFormat: 'raw' })).toBe('corrupt-header');
    expect(await refusal(image.subarray(0, 8191))).toBe('truncated');
  });

  test('is not called an ISO by its name alone', async () => {
    expect(await refusal(DISK, { fileName: 'disk.iso' })).toBe('accepted');
    expect(await refusal(DISK.subarray(0, 34815), { fileName: 'disk.iso' })).toBe('truncated');
    expect(await refusal(DISK.subarray(0, 34815), { fileName: 'disk.iso', claimedFormat: 'raw' })).toBe('accepted');
  });
});

describe('bytes that bear no sign of a disk', () => {
  test('are refused', async () => {
    expect(await refusal(blank)).toBe('not-a-disk-image');
    expect(await refusal(blank, { fileName: 'disk.bin' })).toBe('not-a-disk-image');
    expect(await refusal(blank, { fileName: 'img' })).toBe('not-a-disk-image');
  });

  test('are not called text when they are none, though no byte is zero', async () => {
    await expect(found(Buffer.alloc(BYTES, 0x80))).rejects.toThrow('neither a partition table nor');
  });

  test.each(['a.raw', 'b/c.img', 'D.IMG', 'e.dd'])('are accepted with a warning by the name %s', async (fileName) => {
    const { format, warnings } = await found(blank, { fileName });
    expect(format).toBe('raw');
    expect(warnings).toEqual([expect.stringMatching(/The disk is blank.*will probably not boot/)]);
  });

  test('are refused by their name when they are not whole sectors', async () => {
    expect(await refusal(blank.subarray(1), { fileName: 'disk.img' })).toBe('not-a-disk-image');
  });

  test('are accepted at the word of the user, whatever their size', async () => {
    const { warnings } = await found(blank.subarray(1), { claimedFormat: 'Raw' });
    expect(warnings).toEqual([
      expect.stringContaining('The disk is blank'),
      expect.stringContaining('not a multiple of 512'),
    ]);
  });

  test('may not be claimed to be a format with a signature', async () => {
    expect(await refusal(blank, { claimedFormat: 'qcow2', fileName: 'disk.img' })).toBe('wrong-format');
  });
});
