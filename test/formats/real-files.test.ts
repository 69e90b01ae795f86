import { describe, expect, test } from '@jest/globals';
import { hybridIso, udfBridge } from '../support/images/bootable-iso.ts';
import { gptDisk } from '../support/images/gpt.ts';
import { EFI_SYSTEM, gptStart, LINUX, mbrDisk } from '../support/images/partitioned.ts';
import { patched, u32le } from '../support/images/patched.ts';
import { found, refused } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { tarOfVersion7 } from '../support/images/tar.ts';
import { dynamicVhd, fixedVhd } from '../support/images/vhd.ts';
import { monolithicSparseVmdk, streamOptimizedVmdk, vmdkDescriptor } from '../support/images/vmdk.ts';

const MICROSOFT_RESERVED = 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE';
const MICROSOFT_DATA = 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7';
const SECTORS = DISK.length / 512;

/** What stands in the descriptor of a stream instead of the usual. */
function stream(usual: string, instead: string): Buffer {
  const descriptor = vmdkDescriptor('streamOptimized', SECTORS).replace(usual, instead);
  return streamOptimizedVmdk(DISK, { descriptor });
}

describe('a VMDK in one file is accepted', () => {
  test('whose extent is read-only and has another name, as vSphere and VirtualBox write it', async () => {
    const image = stream(`RW ${SECTORS} SPARSE "disk.vmdk"`, `RDONLY ${SECTORS} SPARSE "generated-stream.vmdk"`);
    expect(await found(image)).toMatchObject({ subformat: 'streamOptimized', virtualSize: DISK.length });
  });

  test('whose content ID is a decimal number of ten digits', async () => {
    expect(await found(stream('2af1c3d4', '3841617148'))).toMatchObject({ virtualSize: DISK.length });
  });

  test("whose extent has no name, as FreeBSD's mkimg writes it", async () => {
    const descriptor = vmdkDescriptor('monolithicSparse', SECTORS).replace('"disk.vmdk"', '""');
    const image = await found(monolithicSparseVmdk(DISK, { descriptor }));
    expect(image).toMatchObject({ subformat: 'monolithicSparse', virtualSize: DISK.length });
    expect(image.warnings).toBeUndefined();
  });
});

describe('the descriptor of a VMDK in one file', () => {
  const extent = `RW ${SECTORS} SPARSE "disk.vmdk"`;
  const warningsOf = async (usual: string, instead: string) => (await found(stream(usual, instead))).warnings;

  test.each([
    ['a comment that speaks of its keys', '#DDB', '# parentCID and createType are above\n#DDB'],
    ['an entry of the disk data base twice', '#DDB', '#DDB\nddb.adapterType = "lsilogic"'],
    ['a content ID with more than digits', '2af1c3d4', '1234 (old)'],
  ])('may have %s', async (_what, usual, instead) => {
    expect(await warningsOf(usual, instead)).toBeUndefined();
  });

  test.each([
    ['UTF-8', 'd\xc3\xafsk.vmdk'],
    ['GBK', '\xb4\xc5\xc5\xcc.vmdk'],
  ])('may have a name in %s, which Glance refuses', async (_encoding, name) => {
    const warnings = await warningsOf(extent, `RW ${SECTORS} SPARSE "${name}"`);
    expect(warnings).toEqual([expect.stringContaining('its VMDK descriptor is not plain ASCII')]);
  });
});

describe('a raw disk is accepted', () => {
  test('as one for UEFI though Windows has code in its protective MBR', async () => {
    const disk = gptStart(8192, [
      [EFI_SYSTEM, 2048, 4095],
      [MICROSOFT_RESERVED, 4096, 4127],
      [MICROSOFT_DATA, 4128, 8100],
    ]);
    const { partitionTable, warnings } = await found(patched(disk, { 0: [0x33, 0xc0, 0x8e, 0xd0, 0xbc, 0, 0x7c] }));
    expect(partitionTable).toMatchObject({ scheme: 'gpt', firmware: 'uefi' });
    expect(warnings).toBeUndefined();
  });

  test('by its MBR, where a GPT of a larger disk is left over', async () => {
    const disk = mbrDisk(24_576, [[0x83, 2048, 16_384]]);
    gptStart(81_920, [[LINUX, 2048, 22_527]]).copy(disk, 512, 512, 34 * 512);
    const { partitionTable, warnings } = await found(disk);
    expect(partitionTable).toMatchObject({ scheme: 'mbr', partitions: [{ offset: 2 ** 20, length: 2 ** 23 }] });
    expect(warnings).toBeUndefined();
  });

  test('with a warning where only the copy of its GPT is intact', async () => {
    const disk = patched(gptDisk(2 ** 20), { 512: '\0'.repeat(92) });
    const { partitionTable, warnings } = await found(disk);
    expect(partitionTable).toMatchObject({ scheme: 'gpt', partitions: [{ type: LINUX }] });
    expect(warnings).toEqual([expect.stringContaining('its copy at the end is intact')]);
  });

  test('with a warning where Glance refuses its protective MBR after the upload', async () => {
    const { glanceRefusal, warnings } = await found(patched(gptDisk(2 ** 20), { 447: [0, 1, 0] }));
    expect(warnings).toEqual([glanceRefusal]);
    expect(glanceRefusal).toMatch(/Glance refuses .* CHS 0\/0\/2\. Convert it with `qemu-img convert -O qcow2/);
  });

  test('with a warning and for no firmware where its GPT counts sectors of 4096 bytes', async () => {
    const disk = gptStart(2048, [[EFI_SYSTEM, 256, 1000]], { sectorBytes: 4096 });
    const { partitionTable, warnings } = await found(disk);
    expect(partitionTable).toMatchObject({ scheme: 'gpt', sectorBytes: 4096 });
    expect(partitionTable?.firmware).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('sectors of 4096 bytes')]);
  });
});

test('a hybrid ISO is truncated where its partition and boot image for UEFI are behind the end', async () => {
  const { iso, volumeBytes } = hybridIso();
  expect(await found(iso)).toMatchObject({ format: 'iso', virtualSize: volumeBytes });
  expect(await refused(iso.subarray(0, volumeBytes))).toMatchObject({ code: 'truncated' });
  // Without the partition, the boot catalog still tells.
  expect(await refused(patched(iso, { 446: '\0'.repeat(66) }).subarray(0, volumeBytes))).toMatchObject({
    code: 'truncated',
    message: expect.stringContaining('a boot image'),
  });
});

test('an ISO with UDF is truncated where its UDF partition is behind the end, whatever ISO 9660 says', async () => {
  const iso = udfBridge();
  expect(await found(iso)).toMatchObject({ format: 'iso', subformat: 'udf', virtualSize: iso.length });
  expect(await refused(iso.subarray(0, -1))).toMatchObject({
    code: 'truncated',
    message: expect.stringContaining('UDF partition'),
  });
});

test('a VHD is accepted with a footer of 511 bytes, by its content and not by its name', async () => {
  const options = { fileName: 'disk.img' };
  const dynamic = await found(dynamicVhd(DISK).subarray(0, -1), options);
  expect(dynamic).toEqual(expect.objectContaining({ format: 'vhd', subformat: 'dynamic', virtualSize: DISK.length }));
  const fixed = await found(fixedVhd(DISK).subarray(0, -1), options);
  expect(fixed).toEqual(expect.objectContaining({ format: 'vhd', subformat: 'fixed', virtualSize: DISK.length }));
});

describe('a file that is recognised as something else is refused, whatever the metadata claim', () => {
  const beginning = (start: readonly number[] | string): Buffer => patched(Buffer.alloc(66_560), { 0: start });
  const unknownSize = [...u32le(2 ** 32 - 1), ...u32le(2 ** 32 - 1)];

  test.each([
    ['an lzma file', 'compressed', beginning([0x5d, 0, 0, 0x80, 0, ...unknownSize, 0, 0x19])],
    ['a Proxmox backup archive', 'not-a-disk-image', beginning([0x56, 0x4d, 0x41, 0, 0, 0, 0, 1])],
    ['a tar archive', 'compressed', tarOfVersion7('rb')],
    ['a forensic image', 'unsupported-variant', beginning('EVF\x09\x0d\x0a\xff\x00')],
    ['a Bochs disk', 'unsupported-variant', beginning([0xce, 0x8a, 0x46, 0x02])],
    ['an Android sparse image', 'unsupported-variant', beginning([0x3a, 0xff, 0x26, 0xed])],
    ['an ELF program', 'not-a-disk-image', beginning('\x7fELF')],
    ['text', 'not-a-disk-image', Buffer.from('hello\n'.repeat(100))],
  ])('%s (%s), and the next step is not to call it raw', async (name, code, file) => {
    for (const options of [{ fileName: 'disk.img' }, { claimedFormat: 'raw' }]) {
      const error = await refused(file, options);
      expect(error).toMatchObject({ code, message: expect.stringContaining(name) });
      expect(error.nextStep).not.toContain('raw');
    }
  });
});

test('a part of a split VMDK is an unsupported variant, and the next step names the whole disk', async () => {
  const error = await refused(monolithicSparseVmdk(DISK, { descriptor: '' }), { fileName: 'disk-s001.vmdk' });
  expect(error).toMatchObject({ code: 'unsupported-variant', nextStep: expect.stringContaining('names all parts') });
  expect(error.message).not.toContain('CVE');
});
