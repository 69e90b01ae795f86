import { describe, expect, test } from '@jest/globals';
import { patched, u32le, u64le } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { monolithicSparseVmdk, streamOptimizedVmdk, vmdkDescriptor } from '../support/images/vmdk.ts';

const sparse = monolithicSparseVmdk(DISK);
const stream = streamOptimizedVmdk(DISK);
const sound = vmdkDescriptor('monolithicSparse', DISK.length / 512);
const EXTENT = `RW ${DISK.length / 512} SPARSE "disk.vmdk"`;
const withExtent = (line: string): string => sound.replace(EXTENT, line);
const withLine = (line: string): string => `${sound}${line}\n`;

describe('a sparse VMDK is refused', () => {
  test.each([
    ['of version 0', { 4: u32le(0) }, 'unsupported-variant'],
    ['of version 4', { 4: u32le(4) }, 'unsupported-variant'],
    ['that was transferred as text', { 74: [10] }, 'corrupt-header'],
    ['with unknown compression', { 77: [2, 0] }, 'unsupported-variant'],
    ['compressed, but not by its type', { 77: [1, 0] }, 'corrupt-header'],
    ['without capacity', { 12: u64le(0) }, 'unsafe-extent'],
    ['with more capacity than a number holds', { 12: u64le(2 ** 50) }, 'corrupt-header'],
    ['with grains of 0 sectors', { 20: u64le(0) }, 'corrupt-header'],
    ['with tables of 0 entries', { 44: u32le(0) }, 'corrupt-header'],
    ['with tables of 513 entries', { 44: u32le(513) }, 'corrupt-header'],
    ['without a descriptor', { 28: u64le(0), 36: u64le(0) }, 'unsupported-variant'],
    ['with a descriptor elsewhere', { 28: u64le(2) }, 'unsupported-variant'],
    ['with an empty descriptor', { 36: u64le(0) }, 'corrupt-header'],
    ['with a descriptor of a MiB', { 36: u64le(2048) }, 'corrupt-header'],
    ['with bytes behind its descriptor', { 10000: 'createType="monolithicFlat"' }, 'corrupt-header'],
    ['without a grain directory', { 56: u64le(0) }, 'corrupt-header'],
    ['with a grain directory past the end', { 56: u64le(512) }, 'truncated'],
    ['with data past the end', { 64: u64le(513) }, 'truncated'],
    ['of the old ESX kind', { 0: 'COWD' }, 'unsupported-variant'],
    ['of the seSparse kind', { 0: [0xbe, 0xba, 0xfe, 0xca, 0, 0, 0, 0] }, 'unsupported-variant'],
  ] as const)('%s', async (_name, changes, code) => {
    expect(await refusal(patched(sparse, changes))).toBe(code);
  });
});

describe('a VMDK is refused by its descriptor', () => {
  test.each([
    ['with a flat extent', withExtent('RW 300 FLAT "disk.vmdk" 0'), 'unsafe-extent'],
    ['with an extent by its path', withExtent('RW 300 SPARSE "/etc/passwd"'), 'unsafe-extent'],
    ['with an extent by a Windows path', withExtent('RW 300 SPARSE "..\\disk.vmdk"'), 'unsafe-extent'],
    ['with an extent by a URL or drive', withExtent('RW 300 SPARSE "nbd:host"'), 'unsafe-extent'],
    ['with a read-only extent', withExtent('RDONLY 300 SPARSE "disk.vmdk"'), 'unsafe-extent'],
    ['with an extent in small letters', withExtent('rw 300 SPARSE "disk.vmdk"'), 'unsafe-extent'],
    ['with a zero extent', withExtent('RW 300 ZERO'), 'unsafe-extent'],
    ['with an extent without a name', withExtent('RW 300 SPARSE ""'), 'unsafe-extent'],
    ['without an extent', withExtent(''), 'unsafe-extent'],
    ['with two extents', withLine(EXTENT), 'unsafe-extent'],
    ['with a second extent that is flat', withLine('  RW 300 FLAT "/dev/sda" 0'), 'unsafe-extent'],
    ['of a flat type', vmdkDescriptor('monolithicFlat', 300), 'unsafe-extent'],
    ['of a type in small letters', vmdkDescriptor('monolithicsparse', 300), 'unsafe-extent'],
    ['without a type', sound.replace(/createType.*/, ''), 'corrupt-header'],
    ['with two types', withLine('createType="monolithicFlat"'), 'corrupt-header'],
    ['with two types in different case', withLine('CREATETYPE="monolithicFlat"'), 'corrupt-header'],
    ['with a type in a comment', withLine('# createType="monolithicFlat"'), 'corrupt-header'],
    ['with any key twice', withLine('cid=00000000'), 'corrupt-header'],
    ['without a version', sound.replace('version=1', ''), 'corrupt-header'],
    ['with a line of no sense', withLine('include other.vmdk'), 'corrupt-header'],
    ['with more than ASCII', withLine('# \xe4'), 'corrupt-header'],
    ['with a parent', sound.replace('ffffffff', '2af1c3d4'), 'parent-image'],
    ['with the file of a parent', withLine('parentFileNameHint="/etc/passwd"'), 'parent-image'],
    ['with the file of a parent in a comment', withLine('#PARENTFILENAMEHINT="base.vmdk"'), 'parent-image'],
    ['with two parents', withLine('#parentCID=2af1c3d4'), 'corrupt-header'],
    ['of the streamOptimized type, but not compressed', vmdkDescriptor('streamOptimized', 300), 'corrupt-header'],
  ])('%s', async (_name, descriptor, code) => {
    expect(await refusal(monolithicSparseVmdk(DISK, { descriptor }))).toBe(code);
  });

  test.each([
    ['as the tools write it', sound],
    ['with comments behind', withLine('# RW 1 FLAT "x"')],
    ['with the newlines of Windows', sound.replaceAll('\n', '\r\n')],
    ['with blanks around', sound.replace('version=1', ' version = 1 ')],
  ])('is not the case of a VMDK whose descriptor is %s', async (_name, descriptor) => {
    const code = await refusal(monolithicSparseVmdk(DISK, { descriptor }));
    expect(code).toBe('accepted');
  });

  test.each([
    ['with its heading', sound],
    ['without its heading', sound.replace('# Disk DescriptorFile\n', '')],
    ['as QEMU knows it', '# a comment\n\nversion=1\nRW 300 FLAT "/etc/passwd" 0\n'],
    ['with binary data behind', `${sound}\0\0\xff\xff`],
    ['with its keys in capitals', 'encoding="UTF-8"\nVERSION=1\nCREATETYPE="monolithicFlat"\n'],
  ])('when it is alone, %s', async (_name, text) => {
    const file = Buffer.alloc(1024);
    file.write(text, 'latin1');
    expect(await refusal(file, { fileName: 'disk.img' })).toBe('unsafe-extent');
    expect(await refusal(Buffer.from(text, 'latin1'))).toBe('unsafe-extent');
  });
});

test('a VMDK is refused with a descriptor that fills its area', async () => {
  const descriptor = withLine('#'.repeat(512));
  const image = monolithicSparseVmdk(DISK, { descriptor });
  expect(await refusal(image)).toBe('accepted');
  expect(await refusal(patched(image, { 36: u64le(1) }))).toBe('corrupt-header');
});

describe('a streamOptimized VMDK', () => {
  const footer = stream.length - 1024;

  test.each([
    ['with another capacity in its footer', { [footer + 12]: u64le(0) }, 'corrupt-header'],
    ['with another descriptor in its footer', { [footer + 28]: u64le(5) }, 'corrupt-header'],
    ['with other tables in its footer', { [footer + 44]: u32le(1) }, 'corrupt-header'],
    ['without compression in its footer', { [footer + 77]: [0, 0] }, 'corrupt-header'],
    ['with a footer that points to a footer', { [footer + 56]: u64le(2n ** 64n - 1n) }, 'corrupt-header'],
    ['without its footer marker', { [footer - 512 + 12]: [2] }, 'truncated'],
    ['without its footer', { [footer]: 'gone' }, 'truncated'],
    ['without its end-of-stream marker', { [footer + 600]: [1] }, 'truncated'],
    ['with a grain directory past the end', { [footer + 56]: u64le(10_000) }, 'truncated'],
  ] as const)('is refused %s', async (_name, changes, code) => {
    expect(await refusal(patched(stream, changes))).toBe(code);
  });

  test('is accepted with its grain directory at the front, as qemu-img writes it', async () => {
    const directory = stream.subarray(footer + 56, footer + 64);
    expect(await refusal(patched(stream, { 56: [...directory] }))).toBe('accepted');
  });
});

test('a VMDK that was not closed cleanly is accepted with a warning', async () => {
  const { warnings } = await found(patched(sparse, { 72: [1] }));
  expect(warnings).toEqual([expect.stringContaining('not closed cleanly')]);
});
