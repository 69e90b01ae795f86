import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { padded, patched } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';

/** A file that begins so, of the size of a disk. */
function beginning(bytes: readonly number[] | string): Buffer {
  return patched(Buffer.alloc(8192), { 0: bytes });
}

function tar(name: string): Buffer {
  return patched(Buffer.alloc(10240), { 0: name, 257: 'ustar\x0000' });
}

const text = (words: string): Buffer => Buffer.from(words.padEnd(1024, '\n'));

const LOOK_ALIKES: [name: string, file: Buffer, code: string][] = [
  ['LUKS', beginning([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe, 0, 1]), 'encrypted'],
  ['gzip', gzipSync(DISK), 'compressed'],
  ['gzip, over a partition table', patched(DISK, { 0: [0x1f, 0x8b, 8] }), 'compressed'],
  ['Zstandard', zstdCompressSync(DISK), 'compressed'],
  ['xz', beginning([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'compressed'],
  ['zip', beginning('PK\x03\x04'), 'compressed'],
  ['empty zip', beginning('PK\x05\x06'), 'compressed'],
  ['bzip2', beginning('BZh91AY&SY'), 'compressed'],
  ['7z', beginning([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), 'compressed'],
  ['lz4', beginning([0x04, 0x22, 0x4d, 0x18]), 'compressed'],
  ['lzip', beginning('LZIP\x01'), 'compressed'],
  ['RAR', beginning('Rar!\x1a\x07'), 'compressed'],
  ['tar', tar('disk.raw'), 'compressed'],
  ['OVA', tar('machine.ovf'), 'compressed'],
  ['cpio', beginning('070701'), 'not-a-disk-image'],
  ['WIM', beginning('MSWIM\0\0\0'), 'not-a-disk-image'],
  ['ELF', beginning('\x7fELF'), 'not-a-disk-image'],
  ['Parallels', beginning('WithoutFreeSpace'), 'unsupported-variant'],
  ['Parallels, extended', beginning('WithouFreSpacExt'), 'unsupported-variant'],
  ['Bochs', beginning('Bochs Virtual HD Image'), 'unsupported-variant'],
  ['Apple disk image', patched(Buffer.alloc(8192), { 7680: 'koly' }), 'unsupported-variant'],
  ['Android sparse image', beginning([0x3a, 0xff, 0x26, 0xed]), 'unsupported-variant'],
  ['HTML', text('<!DOCTYPE html><html><body>404 Not Found</body></html>'), 'not-a-disk-image'],
  ['XML', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), 'not-a-disk-image'],
  ['UTF-8', text('Grüße, “world”'), 'not-a-disk-image'],
  ['UTF-8 cut in a character by the end of the head', Buffer.from(`x${'ä'.repeat(40_447)}y`), 'not-a-disk-image'],
  ['UTF-16', Buffer.from('\ufeffhello world, '.repeat(32), 'utf16le'), 'not-a-disk-image'],
];

describe('a file that is not a disk image, though it is called disk.img, is refused', () => {
  test.each(LOOK_ALIKES)('%s', async (_name, file, code) => {
    expect(await refusal(file, { fileName: 'disk.img' })).toBe(code);
  });

  test('even where the user says that it is raw', async () => {
    for (const [, file, code] of LOOK_ALIKES) expect(await refusal(file, { claimedFormat: 'raw' })).toBe(code);
  });
});

/** A header of an entry: name, bytes of content, type. */
function tarEntry(name: string, content: string, type: string): Buffer {
  const size = content.length.toString(8).padStart(11, '0');
  const header = patched(Buffer.alloc(512), { 0: name, 124: size, 156: type, 257: 'ustar\x0000' });
  return Buffer.concat([header, padded(Buffer.from(content), 512)]);
}

describe('an archive is called what it is', () => {
  const end = Buffer.alloc(1024);
  test.each([
    ['an OVA', tar('machine.ovf'), 'an OVA (a tar archive)'],
    ['an OVA in capitals', tar('MACHINE.OVF'), 'an OVA (a tar archive)'],
    [
      'an OVA with an extended header before its first file',
      Buffer.concat([tarEntry('PaxHeaders/x', 'x'.repeat(600), 'x'), tarEntry('machine.ovf', '<Envelope/>', '0'), end]),
      'an OVA (a tar archive)',
    ],
    ['a tar archive', tar('disk.raw'), 'a tar archive'],
    [
      'a tar archive with an OVF that is not the first',
      Buffer.concat([tarEntry('disk.vmdk', 'x', '0'), tarEntry('machine.ovf', 'x', '0'), end]),
      'a tar archive',
    ],
    [
      'a tar archive of headers alone',
      Buffer.concat(Array.from({ length: 9 }, () => tarEntry('x', '', 'g'))),
      'a tar archive',
    ],
    ['a LUKS volume', beginning([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe, 0, 1]), 'a LUKS encrypted volume'],
  ])('%s', async (_name, file, name) => {
    await expect(found(file)).rejects.toThrow(`The file is ${name}.`);
  });
});

test('the next step for an Android sparse image names its own tool', async () => {
  await expect(found(beginning([0x3a, 0xff, 0x26, 0xed]))).rejects.toMatchObject({
    nextStep: expect.stringContaining('simg2img'),
  });
});
