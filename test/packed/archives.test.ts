import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { diskInTar } from '../../lambda/packed/tar-disk.ts';
import { openPacked } from '../../lambda/packed/unpack.ts';
import { failure } from '../support/outcome.ts';
import { innerDisk } from '../support/packed/disk.ts';
import { FIXTURES } from '../support/packed/fixtures.ts';
import { inside, packedFile, paxRecord, type TarEntry, tarOf, zipOf } from '../support/packed/packed-files.ts';

const DISK = innerDisk();
const disk: TarEntry = { name: 'disk.raw', bytes: DISK };
const readme: TarEntry = { name: 'README', bytes: Buffer.from('How to boot this disk.\n') };
const LONG = `${'folder/'.repeat(30)}disk.raw`;

/** Archives with the one disk, by the way in which their headers say its name and size. */
const ARCHIVES: readonly (readonly [variant: string, name: string, archive: Buffer])[] = [
  ['ustar', 'disk.raw', tarOf([readme, disk, { name: 'empty', bytes: Buffer.alloc(0) }])],
  ['ustar with a prefix', 'a/b/disk.raw', tarOf([{ ...disk, header: (header) => header.write('a/b', 345) }])],
  [
    'GNU tar with a long name',
    LONG,
    tarOf([
      { name: '././@LongLink', type: 'L', bytes: Buffer.from(`${LONG}\0`) },
      { ...disk, header: gnu },
    ]),
  ],
  [
    'GNU tar with a size in base 256',
    'disk.raw',
    tarOf([
      {
        ...disk,
        header(header) {
          gnu(header);
          header.fill(0, 124, 136);
          header[124] = 0x80;
          header.writeUInt32BE(DISK.length, 132);
        },
      },
    ]),
  ],
  [
    'pax with name and size',
    LONG,
    tarOf([
      { name: 'pax_global_header', type: 'g', bytes: paxRecord('comment', 'of git') },
      {
        name: 'PaxHeader/disk.raw',
        type: 'x',
        bytes: Buffer.concat([paxRecord('path', LONG), paxRecord('size', String(DISK.length))]),
      },
      { ...disk, header: (header) => header.fill('0', 124, 135) },
    ]),
  ],
  [
    'folders and links',
    'x/disk',
    tarOf([
      { name: 'x/', type: '5' },
      { ...disk, name: 'x/disk' },
      { name: 'l', type: '2' },
    ]),
  ],
];

function gnu(header: Buffer): void {
  header.write('ustar  \0', 257);
}

describe('the disk of a tar archive', () => {
  test.each(ARCHIVES)('is a range of the file, of %s', async (_variant, name, archive) => {
    const unpacked = await openPacked(packedFile(archive), { maxBytes: 2 ** 40 });
    expect(unpacked).toMatchObject({ format: 'tar', expectedBytes: DISK.length });
    expect(unpacked?.memberName()).toBe(name);
    const { offset = 0, length = 0 } = unpacked?.range ?? {};
    expect(archive.subarray(offset, offset + length).equals(DISK)).toBe(true);
    expect((await inside(archive))?.bytes.equals(DISK)).toBe(true);
  });

  test.each(ARCHIVES)('comes out of a compressed archive, of %s', async (_variant, name, archive) => {
    for (const chunkBytes of [13, 65_536]) {
      const found = await inside(gzipSync(archive), { chunkBytes });
      expect(found).toMatchObject({ format: 'tar.gz', member: name });
      expect(found?.bytes.equals(DISK)).toBe(true);
    }
  });
});

const descriptor: TarEntry = { name: 'box.ovf', bytes: Buffer.from('<?xml version="1.0"?><Envelope/>') };
const sparse: TarEntry = { name: 'PaxHeader', type: 'x', bytes: paxRecord('GNU.sparse.major', '1') };

const REFUSED: readonly (readonly [what: string, code: string, words: string, archive: Buffer])[] = [
  [
    'two disks',
    'several-images',
    'a.img, b.vmdk',
    tarOf([
      { ...disk, name: 'a.img' },
      { ...disk, name: 'b.vmdk' },
    ]),
  ],
  ['no disk', 'no-image-inside', 'README, box.ovf', tarOf([readme, descriptor])],
  ['no members', 'no-image-inside', 'no files', tarOf([{ name: 'folder/', type: '5' }])],
  ['a compressed disk', 'packed-twice', 'disk.raw, a gzip file', tarOf([{ name: 'disk.raw', bytes: gzipSync(DISK) }])],
  ['a sparse member', 'unsupported-variant', 'disk.raw is sparse', tarOf([{ ...disk, type: 'S', header: gnu }])],
  ['a sparse member of pax', 'unsupported-variant', 'disk.raw is sparse', tarOf([sparse, disk])],
  ['a member in two archives', 'unsupported-variant', 'continues', tarOf([{ ...disk, type: 'M', header: gnu }])],
  ['no end', 'truncated', 'end is missing', tarOf([disk]).subarray(0, -1024)],
  ['a cut member', 'truncated', 'end is missing', tarOf([disk]).subarray(0, 2000)],
  [
    'a broken header',
    'corrupt-data',
    'begins no member',
    Buffer.concat([tarOf([disk]).subarray(0, -1024), DISK.subarray(0, 512)]),
  ],
  [
    'a pax record that is cut',
    'corrupt-data',
    'pax record',
    tarOf([{ ...sparse, bytes: Buffer.from('99 a=b\n') }, disk]),
  ],
];

describe('a disk of more than 8 GiB in a tar archive', () => {
  const BYTES = 9 * 2 ** 30 + 512;
  const sized = tarOf([
    {
      name: 'disk.raw',
      header(header) {
        header.fill(0, 124, 136);
        header[124] = 0x80;
        header.writeBigUInt64BE(BigInt(BYTES), 128);
      },
    },
  ]).subarray(0, 512);
  const pax = tarOf([
    { name: 'PaxHeader', type: 'x', bytes: paxRecord('size', String(BYTES)) },
    { name: 'disk.raw', header: (header) => header.fill('0', 124, 135) },
  ]).subarray(0, 1536);

  test.each([
    ['base 256', sized],
    ['a pax record', pax],
  ])('is found by its size in %s, in few reads', async (_how, headers) => {
    let reads = 0;
    const size = headers.length + BYTES + 1024;
    const read = async (offset: number, length: number) => {
      reads += 1;
      const bytes = Buffer.alloc(length);
      headers.copy(bytes, 0, Math.min(offset, headers.length));
      return bytes;
    };
    const found = await diskInTar({ size, read });
    expect(found).toMatchObject({ name: 'disk.raw', offset: headers.length, size: BYTES });
    expect(reads).toBe(2);
  });
});

describe('a tar archive is refused', () => {
  test.each(REFUSED)('with %s: %s', async (_what, code, words, archive) => {
    for (const bytes of [archive, gzipSync(archive)]) {
      const error = await failure(inside(bytes));
      expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringContaining(words) });
    }
  });

  test('with a disk above the limit', async () => {
    for (const bytes of [tarOf([disk]), gzipSync(tarOf([disk]))]) {
      expect((await failure(inside(bytes, { maxBytes: DISK.length - 1 }))).code).toBe('too-large');
    }
  });

  test('where the compression around it is cut behind its end', async () => {
    const { code } = await failure(inside(gzipSync(tarOf([disk])).subarray(0, -4)));
    expect(code).toBe('truncated');
  });
});

const DISK_FILE = { name: 'disk.img', bytes: DISK };
const README = { name: 'README.txt', bytes: Buffer.from('How to boot this disk.\n'.repeat(100)) };
const FOLDER = { name: 'folder/', bytes: Buffer.alloc(0), method: 0 };

describe('the disk of a zip file', () => {
  test.each([
    ['deflate', zipOf([FOLDER, README, DISK_FILE])],
    ['stored', zipOf([{ ...DISK_FILE, method: 0 }, README])],
    ['sizes behind the data', zipOf([{ ...DISK_FILE, flags: 8 }])],
    ['ZIP64', zipOf([README, { ...DISK_FILE, isZip64: true }])],
    ['a comment', zipOf([DISK_FILE], 'published in 2026')],
    ['a disk without an ending', zipOf([README, { ...DISK_FILE, name: 'disk' }])],
    ['companions that cannot be unpacked', zipOf([{ ...README, method: 14 }, DISK_FILE])],
    ['what macOS adds', zipOf([DISK_FILE, { name: '__MACOSX/._disk.img', bytes: Buffer.alloc(600) }])],
  ])('comes out: %s', async (_variant, archive) => {
    for (const chunkBytes of [7, 65_536]) {
      const found = await inside(archive, { chunkBytes });
      expect(found).toMatchObject({ format: 'zip', expectedBytes: DISK.length });
      expect(found?.bytes.equals(DISK)).toBe(true);
    }
  });

  const zip = zipOf([DISK_FILE]);
  const flipped = Buffer.from(zip);
  flipped[200] = (flipped[200] ?? 0) ^ 1;

  test.each([
    [
      'two disks',
      'several-images',
      'a.vhd, b.vhd',
      zipOf([
        { ...DISK_FILE, name: 'a.vhd' },
        { ...DISK_FILE, name: 'b.vhd' },
      ]),
    ],
    ['no disk', 'no-image-inside', 'README.txt', zipOf([README])],
    ['no files', 'no-image-inside', 'no files', zipOf([FOLDER])],
    [
      'a disk that is packed again',
      'packed-twice',
      'disk.img, an xz file',
      zipOf([{ ...DISK_FILE, bytes: FIXTURES.xz }]),
    ],
    ['an encrypted disk', 'unsupported-variant', 'encrypted', zipOf([{ ...DISK_FILE, flags: 1 }])],
    ['LZMA', 'unsupported-variant', 'LZMA', zipOf([{ ...DISK_FILE, method: 14 }])],
    ['a cut directory', 'truncated', 'end is missing', zip.subarray(0, -10)],
    ['a cut disk', 'truncated', 'end is missing', zip.subarray(0, 1000)],
    ['other bytes behind its end', 'trailing-bytes', `byte ${zip.length}`, Buffer.concat([zip, Buffer.from('more')])],
    ['a flipped bit', 'corrupt-data', 'disk.img', flipped],
    [
      'a hole before its directory',
      'corrupt-data',
      'directory',
      Buffer.concat([zip.subarray(0, 900), zip.subarray(1000)]),
    ],
  ])('is refused: %s', async (_what, code, words, archive) => {
    const error = await failure(inside(archive));
    expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringContaining(words) });
  });

  test('is refused above the limit', async () => {
    expect((await failure(inside(zip, { maxBytes: DISK.length - 1 }))).code).toBe('too-large');
  });
});
