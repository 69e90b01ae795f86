import { describe, expect, test } from '@jest/globals';
import { inspect } from '../../lambda/formats/inspect.ts';
import { gptDisk } from '../support/images/gpt.ts';
import { isoImage } from '../support/images/iso.ts';
import { patched } from '../support/images/patched.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { fixedVhd } from '../support/images/vhd.ts';

const qcow2 = qcow2Image(DISK);
const iso = isoImage(DISK);

test('an empty file is refused without a read', async () => {
  const reader = { size: 0, read: () => Promise.reject(new Error('must not be read')) };
  await expect(inspect(reader)).rejects.toMatchObject({ code: 'empty' });
});

test('an error of the reader passes as it is', async () => {
  const lost = new Error('lost');
  await expect(inspect({ size: 10, read: () => Promise.reject(lost) })).rejects.toBe(lost);
});

test('vpc is another name of vhd', async () => {
  expect(await refusal(fixedVhd(DISK), { claimedFormat: 'VPC' })).toBe('accepted');
});

test.each(['ploop', '', 'constructor', '__proto__'])(
  '%j is not a format and is refused as a claim',
  async (claimedFormat) => {
    await expect(found(qcow2, { claimedFormat })).rejects.toMatchObject({
      code: 'wrong-format',
      message: `The metadata says that the file is "${claimedFormat}", but it is qcow2 (CVE-2015-1851).`,
    });
  },
);

describe('a file with two signatures', () => {
  test.each([
    ['qcow2 and VDI', patched(qcow2, { 64: [0x7f, 0x10, 0xda, 0xbe] })],
    ['qcow2 and ISO', patched(qcow2, { 32769: 'CD001' })],
    ['qcow2 and fixed VHD', fixedVhd(qcow2)],
    ['ISO and VHD', fixedVhd(iso)],
    ['VMDK and ISO', patched(iso, { 0: 'KDMV' })],
    ['qcow2 and MBR', Buffer.concat([qcow2.subarray(0, 446), DISK.subarray(446, 512), qcow2.subarray(512)])],
    ['qcow2 and GPT', patched(qcow2, { 512: 'EFI PART' })],
    ['qcow2 and GPT of a disk with sectors of 4096 bytes', patched(qcow2, { 4096: 'EFI PART' })],
    ['ISO and zip', patched(iso, { 0: 'PK\x03\x04' })],
    ['fixed VHD and LUKS', fixedVhd(patched(DISK, { 0: [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe] }))],
  ])('is refused: %s', async (_name, image) => {
    expect(await refusal(image)).toBe('two-formats');
  });

  test('is accepted as an ISO with a partition table', async () => {
    const hybrid = Buffer.concat([DISK.subarray(0, 512), iso.subarray(512)]);
    expect(await found(hybrid)).toMatchObject({ format: 'iso' });
  });

  test('is accepted as a fixed VHD of a partitioned disk', async () => {
    expect(await found(fixedVhd(gptDisk(512 * 512)))).toMatchObject({ format: 'vhd', subformat: 'fixed' });
  });
});
