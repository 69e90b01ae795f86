import { describe, expect, test } from '@jest/globals';
import { NotRead } from '../../lambda/formats/guest/disk.ts';
import { Probe } from '../../lambda/formats/reading/probe.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';
import { vmdkGrains } from '../../lambda/formats/vmdk/grains.ts';
import { parseHeader } from '../../lambda/formats/vmdk/header.ts';
import { patched, u32le, u64le } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import type { SparseFile } from '../support/images/sparse-file.ts';
import { frontStreamVmdk, monolithicSparseVmdk, streamOptimizedVmdk, vmdkDescriptor } from '../support/images/vmdk.ts';
import { largeVmdk } from '../support/images/vmdk-large.ts';
import { judged } from '../support/laws.ts';

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
    ['with grains of 7 sectors', { 20: u64le(7) }, 'corrupt-header'],
    ['with its grain directory in its descriptor', { 56: u64le(1) }, 'corrupt-header'],
    ['with a grain table in its descriptor', { [21 * 512]: u32le(20) }, 'corrupt-header'],
    ['with a grain in its descriptor', { [22 * 512]: u32le(20) }, 'corrupt-header'],
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
    ['with a flat extent in small letters', withExtent('rw 300 flat "disk.vmdk" 0'), 'unsafe-extent'],
    ['with a zero extent', withExtent('RW 300 ZERO'), 'unsafe-extent'],
    ['with an extent behind a lone carriage return', withLine('# x\rRW 1 FLAT "/etc/passwd" 0'), 'corrupt-header'],
    ['with a file of changed areas', withLine('changeTrackPath="../disk-ctk.vmdk"'), 'unsafe-extent'],
    ['of an unknown version', sound.replace('version=1', 'version=10'), 'unsupported-variant'],
    ['with a content ID that is a word', sound.replace('2af1c3d4', 'none'), 'corrupt-header'],
    ['without an extent', withExtent(''), 'unsafe-extent'],
    ['with two extents', withLine(EXTENT), 'unsafe-extent'],
    ['with a second extent that is flat', withLine('  RW 300 FLAT "/dev/sda" 0'), 'unsafe-extent'],
    ['of a flat type', vmdkDescriptor('monolithicFlat', 300), 'unsafe-extent'],
    ['of a flat type in small letters', vmdkDescriptor('monolithicflat', 300), 'unsafe-extent'],
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
    ['with a content ID of one digit', sound.replace('2af1c3d4', '9')],
    ['with an extent of a hidden name', withExtent('RW 300 SPARSE "..vmdk"')],
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

describe('behind the zero that ends its descriptor', () => {
  const verdictWith = (rest: string) => refusal(monolithicSparseVmdk(DISK, { descriptor: `${sound}\0${rest}` }));

  test.each([0, 1, 2, 3, 4, 5, 6])(
    'a VMDK may hold the last %i characters again, as QEMU leaves them',
    async (count) => {
      expect(await verdictWith(sound.slice(sound.length - count))).toBe('accepted');
    },
  );

  test('a VMDK may hold what several content IDs have left', async () => {
    const written = [8, 5, 3, 1].reduce((area, digits) => {
      const text = sound.replace('2af1c3d4', '2af1c3d4'.slice(0, digits));
      return `${text}\0${area.slice(text.length + 1)}`;
    }, '');
    expect(written.replaceAll('\0', '|')).toBe(`${sound.replace('2af1c3d4', '2')}|\n|\n|"\n|`);
    expect(await refusal(monolithicSparseVmdk(DISK, { descriptor: written }))).toBe('accepted');
  });

  test.each([
    ['7 characters of its end', sound.slice(-7)],
    ['a character further on', `\0\0\0\0\0\0\n`],
    ['an entry', 'CID=1\n'],
    ['the start of an extent', 'RW 1 F'],
    ['characters that are not its last', sound.slice(-6, -1)],
    ['no text', '\xff'],
  ])('a VMDK must not hold %s', async (_name, rest) => {
    expect(await verdictWith(rest)).toBe('corrupt-header');
  });
});

describe('a VMDK of a large disk', () => {
  const verdictOn = async (file: SparseFile) => (await judged(file)).verdict;

  test.each([
    ['whose data are at its start', 64, [0, 1, 2, 3]],
    ['whose data reach over several tables', 64, [0, 600, 2000, 60_000]],
    ['whose last grain is stored', 64, [0, 64 * 2 ** 14 - 1]],
    ['of 1 TiB', 1024, [0, 1024 * 2 ** 14 - 1]],
    ['of more tables than are looked at', 4096, [0, 5]],
  ])('is refused when its last grain is not whole: %s', async (_name, gibibytes, grains) => {
    const { file, placeOf } = largeVmdk(gibibytes, grains);
    const last = placeOf(grains.at(-1) ?? 0);
    expect(await verdictOn(file)).toBe('accepted');
    expect(await verdictOn(file.resized(file.size - 1))).toBe('truncated');
    expect(await verdictOn(file.resized(last))).toBe('truncated');
  });

  test.each([
    ['whose data are at its start', 64, [0, 1, 2, 3]],
    ['whose last grain is stored', 64, [0, 64 * 2 ** 14 - 1]],
  ])('is refused when its last packed grain is not whole: %s', async (_name, gibibytes, grains) => {
    const { file, placeOf } = largeVmdk(gibibytes, grains, 1000);
    const end = placeOf(grains.at(-1) ?? 0) + 12 + 1000;
    expect(await verdictOn(file.resized(end))).toBe('accepted');
    expect(await verdictOn(file.resized(end - 1))).toBe('truncated');
    expect(await verdictOn(file.resized(end - 1001))).toBe('truncated');
  });

  test('is refused by the grains behind the cut, though there are others at its end that came first', async () => {
    const grains = [64 * 2 ** 14 - 1, ...Array.from({ length: 3000 }, (_, grain) => grain)];
    const { file, placeOf } = largeVmdk(64, grains);
    expect(await verdictOn(file)).toBe('accepted');
    expect(await verdictOn(file.resized(placeOf(1500)))).toBe('truncated');
  });

  test('is accepted, as docs/formats.md says, when what is missing is in tables that are not looked at', async () => {
    const { file, placeOf } = largeVmdk(64, [0, 32 * 2 ** 14]);
    expect(await verdictOn(file.resized(placeOf(32 * 2 ** 14)))).toBe('accepted');
  });

  test('has its place in the file not looked up when no reads are left', async () => {
    const probe = await Probe.open(bytesReader(Buffer.concat([sparse, Buffer.alloc(2 ** 17)])));
    const header = parseHeader(probe);
    for (let read = 0; read < 6; read++) await probe.read(2 ** 17 + read, 1);
    await expect(vmdkGrains(probe, header, 2 ** 18).locate(0, 1)).rejects.toThrow(NotRead);
  });
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

  test('is accepted with its grain directory named by its header', async () => {
    const directory = stream.subarray(footer + 56, footer + 64);
    expect(await refusal(patched(stream, { 56: [...directory] }))).toBe('accepted');
  });

  test('is refused with a footer that does not end with a sector', async () => {
    const trailer = stream.subarray(-1536);
    expect(await refusal(Buffer.concat([stream.subarray(0, -1536), Buffer.alloc(100), trailer]))).toBe(
      'corrupt-header',
    );
  });

  const front = frontStreamVmdk(DISK);
  const lastGrain = front.readUInt32LE(22 * 512 + 8) * 512;

  test('is accepted with its tables at the front, as qemu-img writes it', async () => {
    expect(await found(front)).toMatchObject({ subformat: 'streamOptimized', virtualSize: DISK.length });
  });

  test.each([
    ['cut in half', front.subarray(0, front.length / 2), 'truncated'],
    ['cut before its last grain', front.subarray(0, lastGrain), 'truncated'],
    ['cut in the marker of its last grain', front.subarray(0, lastGrain + 11), 'truncated'],
    ['cut in its last grain', front.subarray(0, lastGrain + 12), 'truncated'],
    ['whose last grain has no bytes', patched(front, { [lastGrain + 8]: u32le(0) }), 'corrupt-header'],
    ['whose last grain is too long', patched(front, { [lastGrain + 8]: u32le(2 ** 17 + 1) }), 'corrupt-header'],
    ['without markers, cut before its last grain', withoutMarkers(front.subarray(0, lastGrain)), 'truncated'],
  ])('with its tables at the front is refused %s', async (_name, image, code) => {
    expect(await refusal(image)).toBe(code);
  });

  test('without markers is accepted from the first byte of its last grain on, as nothing tells its length', async () => {
    expect(await refusal(withoutMarkers(front.subarray(0, lastGrain + 1)))).toBe('accepted');
  });
});

function withoutMarkers(image: Buffer): Buffer {
  return patched(image, { 8: u32le(0x10001) });
}

test('a VMDK that was not closed cleanly is accepted with a warning', async () => {
  const { warnings } = await found(patched(sparse, { 72: [1] }));
  expect(warnings).toEqual([expect.stringContaining('not closed cleanly')]);
});
